# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Who runs which instance, seen from outside: the processes of all machines, five times a second.

Nothing inside the lab can hide from it or tell it stories: it reads the host's own /proc, where the
qemu of every machine is one process with the instance's uuid among its arguments, and the machine's
name in its control group. An instance on two machines at once is the one thing that must never be.
"""

from __future__ import annotations

import dataclasses
import re
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab.settings import Lab

INTERVAL = 0.2
"""Seconds between looks."""

# The kernel keeps 15 characters of a program's name.
_QEMU = "qemu-system-x86"
_UUID = re.compile(r"\0-uuid\0([0-9a-f-]{36})\0")


@dataclasses.dataclass(frozen=True, order=True)
class Process:
    """A qemu that runs an instance on a machine."""

    instance: str
    machine: str
    pid: int


@dataclasses.dataclass(frozen=True)
class Sighting:
    """A process that ran from one time to another, in seconds since the epoch."""

    process: Process
    first: float
    last: float


@dataclasses.dataclass(frozen=True)
class Double:
    """An instance that ran on several machines in one and the same look."""

    instance: str
    machines: tuple[str, ...]
    at: float


class Ledger:
    """What was seen, look by look; it knows no clock and no kernel."""

    def __init__(self) -> None:
        self._sightings: dict[Process, Sighting] = {}
        self._doubles: dict[tuple[str, tuple[str, ...]], Double] = {}

    def enter(self, seen: Iterable[Process], at: float) -> None:
        """Enter one look."""
        machines: dict[str, set[str]] = {}
        for process in seen:
            known = self._sightings.get(process)
            self._sightings[process] = Sighting(process, known.first if known else at, at)
            machines.setdefault(process.instance, set()).add(process.machine)
        for instance, where in machines.items():
            if len(where) > 1:
                double = Double(instance, tuple(sorted(where)), at)
                self._doubles.setdefault((instance, double.machines), double)

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Every process that was seen, in the order of appearance."""
        return tuple(sorted(self._sightings.values(), key=lambda sighting: sighting.first))

    @property
    def doubles(self) -> tuple[Double, ...]:
        """Every instance that was seen on several machines at once, when it was first."""
        return tuple(self._doubles.values())


class Watch:
    """A thread that looks until it is stopped."""

    def __init__(self, lab: Lab, proc: Path = Path("/proc")) -> None:
        self._lab = lab
        self._proc = proc
        self._ledger = Ledger()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def now(self) -> list[Process]:
        """Look once, without remembering."""
        return sorted(look(self._lab.name, self._proc))

    def sightings(self) -> tuple[Sighting, ...]:
        """Return every process seen so far."""
        with self._lock:
            return self._ledger.sightings

    def doubles(self) -> tuple[Double, ...]:
        """Return every instance that was seen on several machines at once."""
        with self._lock:
            return self._ledger.doubles

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            seen = list(look(self._lab.name, self._proc))
            # A look takes some milliseconds, in which one process may end and another begin.
            alive = [process for process in seen if _identify(self._proc / str(process.pid))]
            with self._lock:
                self._ledger.enter(alive, time.time())


def look(lab: str, proc: Path) -> Iterator[Process]:
    """Yield the instances' processes of a lab's machines."""
    for entry in proc.iterdir():
        if entry.name.isdigit() and (instance := _identify(entry)):
            try:
                machine = find_machine(lab, (entry / "cgroup").read_text())
            except OSError:
                continue
            if machine:
                yield Process(instance, machine, int(entry.name))


def _identify(entry: Path) -> str | None:
    try:
        if (entry / "comm").read_text().strip() != _QEMU:
            return None
        # Empty in a process that has ended and is not buried yet.
        found = _UUID.search((entry / "cmdline").read_text(errors="replace"))
    except OSError:
        return None
    return found[1] if found else None


def find_machine(lab: str, cgroup: str) -> str | None:
    """Return the machine that a control group (the text of /proc/PID/cgroup) belongs to."""
    found = re.search(rf"/instance-ha-lab/{re.escape(lab)}/([^/\n]+)", cgroup)
    return found[1] if found else None
