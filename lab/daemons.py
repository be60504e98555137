# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The lab's programs on the host: the stand-in for Juju, the MAAS simulator and the machines' BMCs.

Each is started once, outlives the command that started it, and is ended by the pid that was written
down. A pid alone can belong to somebody else by then, so the time its process began stands beside it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lab.settings import Lab

_CHECKOUT = Path(__file__).resolve().parents[1]


class DaemonError(Exception):
    """A program did not start; the message says why and where its log is."""


@dataclasses.dataclass(frozen=True)
class Daemon:
    """A program of a lab.

    Attributes:
        name: Of its module below ``lab`` and of its files.
        lab: Whose it is.
        ready: Whether it answers.
        command: What it is told on its command line, behind the lab's name.
    """

    name: str
    lab: Lab
    ready: Callable[[], bool]
    command: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.lab.root / "logs" / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """Where its pid is written down."""
        return self.lab.root / "run" / f"{self.name}.json"

    def pid(self) -> int | None:
        """Return its pid, if it runs."""
        try:
            written = json.loads(self.record.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return written["pid"] if begun(written["pid"]) == written["begun"] else None

    def start(self, timeout: float = 60.0) -> int:
        """Start it if it does not run, wait until it answers, and return its pid.

        Raises:
            DaemonError: It ended, or did not answer in time.
        """
        pid = self.pid() or self._spawn()
        deadline = time.monotonic() + timeout
        while not self.ready():
            if self.pid() is None:
                raise DaemonError(
                    f"{self.name} ended at once: {self._last_words()} (see {self.log})"
                )
            if time.monotonic() > deadline:
                raise DaemonError(
                    f"{self.name} does not answer after {timeout:.0f} s (see {self.log})"
                )
            time.sleep(0.1)
        return pid

    def _spawn(self) -> int:
        for path in (self.log, self.record):
            path.parent.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", f"lab.{self.name}", "--lab", self.lab.name, *self.command]
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        # Not subprocess.Popen, which wants to be waited for: this child outlives us.
        pid = os.posix_spawn(
            argv[0],
            argv,
            {**os.environ, "PYTHONPATH": str(_CHECKOUT)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log), append, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
        self.record.write_text(json.dumps({"pid": pid, "begun": begun(pid)}))
        return pid

    def stop(self, patience: float = 10.0) -> bool:
        """End it, with force when it does not listen; say whether it ran."""
        pid = self.pid()
        if pid is None:
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + patience
            while self.pid() is not None and time.monotonic() < deadline:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                time.sleep(0.05)
            if self.pid() is None:
                break
        return True

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        return next((line for line in reversed(lines) if line), "it said nothing")[:200]


def begun(pid: int) -> str | None:
    """Return when a process began, in the kernel's ticks; none if it has ended."""
    try:
        # Field 22 of proc(5); the name, field 2, may hold spaces.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
