# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The one door to other programs: runs them, line by line into the log, and kills what is left."""

import dataclasses
import os
import pathlib
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

# A daemon that a hook started may hold the hook's output open; Juju too does not wait for it.
_DRAIN_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a program ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float


def run(
    argv: Sequence[str],
    *,
    on_line: Callable[[str, str], None] | None = None,
    cwd: pathlib.Path | None = None,
) -> Outcome:
    """Run a program to its end, without a time limit: a hook takes what it takes.

    Args:
        argv: The program, found on PATH or absolute, and its arguments.
        on_line: Called with ``stdout`` or ``stderr`` and each line as it comes.
        cwd: The directory to run in, for commands on this host.
    """
    begun = time.monotonic()
    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd=cwd,
    )
    texts = _Collector(process, on_line).collect()
    return Outcome(process.wait(), texts["stdout"], texts["stderr"], time.monotonic() - begun)


class _Collector:
    """Reads both outputs of a process until it has ended and they are dry."""

    def __init__(
        self, process: subprocess.Popen[bytes], on_line: Callable[[str, str], None] | None
    ):
        self._process = process
        self._on_line = on_line
        self._texts = {"stdout": b"", "stderr": b""}
        self._partial = {"stdout": b"", "stderr": b""}

    def collect(self) -> dict[str, str]:
        """Return everything that the process wrote."""
        pidfd = os.pidfd_open(self._process.pid)
        with selectors.DefaultSelector() as selector:
            for name in ("stdout", "stderr"):
                selector.register(getattr(self._process, name), selectors.EVENT_READ, name)
            selector.register(pidfd, selectors.EVENT_READ, "exit")
            self._read(selector)
        os.close(pidfd)
        for name in ("stdout", "stderr"):
            getattr(self._process, name).close()
            if self._partial[name]:
                self._tell(name, self._partial[name])
        return {name: text.decode(errors="replace") for name, text in self._texts.items()}

    def _read(self, selector: selectors.BaseSelector) -> None:
        deadline: float | None = None
        while selector.get_map():
            limit = None if deadline is None else deadline - time.monotonic()
            if limit is not None and limit <= 0:
                return
            for key, _ in selector.select(limit):
                if key.data == "exit":
                    selector.unregister(key.fileobj)
                    deadline = time.monotonic() + _DRAIN_SECONDS
                elif not self._take(key.data, os.read(key.fd, 65536)):
                    selector.unregister(key.fileobj)

    def _take(self, name: str, block: bytes) -> bool:
        self._texts[name] += block
        *lines, self._partial[name] = (self._partial[name] + block).split(b"\n")
        for line in lines:
            self._tell(name, line)
        return bool(block)

    def _tell(self, name: str, line: bytes) -> None:
        if self._on_line is not None:
            self._on_line(name, line.decode(errors="replace"))


def kill_leftovers(model_uuid: str) -> int:
    """Kill the processes of hooks whose daemon is gone; return how many there were.

    They are known by their environment. Services that a hook started through systemd do not have
    it.
    """
    killed = 0
    wanted = f"JUJU_MODEL_UUID={model_uuid}".encode()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
            if wanted in variables and any(v.startswith(b"JUJU_CONTEXT_ID=") for v in variables):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            # It ended meanwhile, or is a kernel's or another's.
            continue
    return killed
