# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Pack charms, several at a time; a charm that has not changed is packed already."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import filecmp
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.machines import locks
from lab.packing import builder, charms, pins, stage

OUTPUT = charms.ROOT / "build" / "charms"
LOGS = charms.ROOT / "build" / "logs" / "pack"

# Part of every charm's identity: raise it when packing itself changes what comes out.
VERSION = "1"


class PackError(Exception):
    """A charm could not be packed; the message says why and where the log is."""


@dataclasses.dataclass(frozen=True)
class Packed:
    """A packed charm."""

    charm: str
    path: Path
    seconds: float
    cached: bool

    def __str__(self) -> str:
        size = self.path.stat().st_size / 2**20
        how = "unchanged" if self.cached else f"{self.seconds:.1f} s"
        return f"{self.path.name}: {size:.1f} MiB, {how}"


@dataclasses.dataclass(frozen=True)
class Packer:
    """How and where charms are packed.

    Attributes:
        builder: The place charmcraft runs in.
        base: The base that the packed file is for, such as ``ubuntu@24.04``.
        uv: The uv program of this host.
        output: Where packed charms go.
        logs: Where charmcraft's output goes, one file for each charm.
    """

    builder: builder.Builder
    base: str
    uv: str
    output: Path = OUTPUT
    logs: Path = LOGS

    def pack_all(
        self, wanted: Sequence[charms.Charm], done: Callable[[Packed], None]
    ) -> list[Packed]:
        """Pack charms side by side, telling of each when it is done.

        Raises:
            PackError: One or more could not be packed; those that could are there all the same.
        """
        workers = min(4, os.cpu_count() or 1)
        packed: list[Packed] = []
        problems: list[str] = []
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            waiting = [pool.submit(self.pack, charm) for charm in wanted]
            for future in concurrent.futures.as_completed(waiting):
                try:
                    packed.append(future.result())
                    done(packed[-1])
                except (PackError, pins.PinError) as error:
                    problems.append(str(error))
        if problems:
            raise PackError("\n".join(sorted(problems)))
        return packed

    def pack(self, charm: charms.Charm) -> Packed:
        """Pack one charm.

        Raises:
            PackError: charmcraft refused it.
            PinError: Its pins do not fit.
        """
        started = time.monotonic()
        made_by = (VERSION, self.base, self.builder.version, self.builder.charmcraft.name)
        store = self.builder.cache / "charms"
        kept = store / charms.digest(charm, *made_by) / charm.filename(self.base)
        # Who comes second, from this checkout or another one, finds what the first has packed.
        with locks.hold(store / f".{kept.stem}.lock"):
            cached = zipfile.is_zipfile(kept)
            if not cached:
                self.craft(charm, kept)
        path = self.output / kept.name
        if not (path.exists() and filecmp.cmp(kept, path, shallow=False)):
            self.output.mkdir(parents=True, exist_ok=True)
            replace(kept, path)
        return Packed(charm.label, path, time.monotonic() - started, cached)

    def craft(self, charm: charms.Charm, kept: Path) -> None:
        """Pack one charm into a file, whatever was packed before.

        Raises:
            PackError: charmcraft refused it.
            PinError: Its pins do not fit.
        """
        parent = self.output.parent / "pack"
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{kept.stem}.", dir=parent) as directory:
            self._craft_in(Path(directory), charm, kept)

    def _craft_in(self, directory: Path, charm: charms.Charm, kept: Path) -> None:
        place = stage.lay_out(charm, directory, self.uv)
        stage.pretend(self.base, directory / "etc")
        log = self.logs / f"{kept.stem}.log"
        inside = f"/stage/{charm.place}"
        script = 'cd "$1" && exec /opt/charmcraft/bin/charmcraft pack --destructive-mode --verbose --platform "$2"'
        code = self.builder.run(
            ["/bin/sh", "-c", script, "sh", inside, f"{self.base}:amd64"],
            uv=self.uv,
            log=log,
            binds=(f"{directory}:/stage:rw", f"{self.builder.charmcraft}:/opt/charmcraft:ro"),
            env={"UNIXCONFDIR": "/stage/etc"},
        )
        result = place / charm.made(self.base)
        if code != 0 or not result.exists():
            reason = explain(log.read_text(errors="replace"))
            raise PackError(f"{charm.label} does not pack: {reason} (see {log})")
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace(result, kept)


def replace(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    partial = Path(name)
    try:
        shutil.copyfile(source, partial)
        partial.chmod(0o644)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def explain(log: str) -> str:
    """Return the line of charmcraft's output that says what is wrong."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Full execution log")]
    told = [
        line for line in lines if "error" in line.lower() or line.startswith(("Cannot", "Failed"))
    ]
    return ((told or lines)[-1:] or ["no output"])[0][:300]
