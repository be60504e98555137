# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The control groups of machines, on hosts with one hierarchy (v2) and with several (v1, hybrid)."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")

# Not "cpu": with CONFIG_RT_GROUP_SCHED a child group of it has no real-time budget, and corosync
# could not get its SCHED_RR ("failed to set pid 0's policy: Operation not permitted").
_HIERARCHIES = ("unified", "systemd", "memory", "cpuacct", "pids")

_TOP = "instance-ha-lab"


def hierarchies(root: Path = ROOT) -> list[Path]:
    """Return the mount points in which a machine gets a group."""
    if (root / "cgroup.procs").exists():
        return [root]
    return [root / name for name in _HIERARCHIES if (root / name / "cgroup.procs").exists()]


def groups(lab: str, machine: str, root: Path = ROOT) -> list[Path]:
    """Return the groups of a machine, one in each hierarchy."""
    return [hierarchy / _TOP / lab / machine for hierarchy in hierarchies(root)]


def make(lab: str, machine: str) -> list[Path]:
    """Make the groups of a machine and return their ``cgroup.procs``."""
    made = groups(lab, machine)
    for group in made:
        group.mkdir(parents=True, exist_ok=True)
    return [group / "cgroup.procs" for group in made]


def kill(lab: str, machine: str) -> None:
    """Kill everything in a machine's group at once, where the kernel can (5.14)."""
    for group in groups(lab, machine):
        with contextlib.suppress(FileNotFoundError):
            switch = group / "cgroup.kill"
            if switch.exists():
                switch.write_text("1")


def lab_groups(lab: str) -> list[Path]:
    """Return the groups of a lab that exist."""
    tops = [hierarchy / _TOP / lab for hierarchy in hierarchies()]
    return [top for top in tops if top.is_dir()]


def kill_lab(lab: str, *, timeout: float = 10.0) -> None:
    """Kill everything in all groups of a lab, and wait for its end."""
    machines = {child.name for top in lab_groups(lab) for child in top.iterdir() if child.is_dir()}
    # Those who watch machines first, so that they do not tidy up beside us.
    for machine in sorted(machines, key=lambda name: not name.endswith(".watch")):
        kill(lab, machine)
    deadline = time.monotonic() + timeout
    while any(processes(lab, machine) for machine in machines) and time.monotonic() < deadline:
        time.sleep(0.01)


def processes(lab: str, machine: str) -> set[int]:
    """Return the processes of a machine, as the host numbers them."""
    found: set[int] = set()
    for group in groups(lab, machine):
        for procs in group.rglob("cgroup.procs"):
            # Groups come and go, and refuse to be read while they are being removed.
            with contextlib.suppress(OSError):
                found |= {int(pid) for pid in procs.read_text().split()}
    return found


def remove(lab: str, machine: str | None = None, *, timeout: float = 3.0) -> None:
    """Remove the empty groups of a machine, or of a lab and everything above it that is empty."""
    for hierarchy in hierarchies():
        top = hierarchy / _TOP
        if machine is None:
            _remove_tree(top / lab, timeout)
            with contextlib.suppress(OSError):
                top.rmdir()
        else:
            _remove_tree(top / lab / machine, timeout)


def _remove_tree(group: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while group.is_dir():
        # os.walk of a cgroup that vanishes is fine; rmdir is refused while a process is dying.
        for child in sorted(group.rglob("*/"), reverse=True):
            with contextlib.suppress(OSError):
                child.rmdir()
        with contextlib.suppress(OSError):
            group.rmdir()
        if time.monotonic() > deadline:
            return
        if group.is_dir():
            time.sleep(0.02)
