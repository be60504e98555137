# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""Removes a whole lab, by what the kernel knows of it and not by what was written down."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import time

from lab.machines import cgroups, host, network
from lab.settings import INVENTORY, Lab

_CONTAINER = re.compile(r"juju-[0-9a-f]+-.+-lxd-\d+")


def destroy(lab: Lab) -> None:
    """End every process of the lab's machines and network, and delete its files; keep the cache."""
    cgroups.kill_lab(lab.name)
    for namespace in [*_machine_namespaces(lab), lab.switch]:
        if network.exists(namespace):
            # Here live also those who only visit: the MAAS simulator, a forgotten shell.
            _end([int(pid) for pid in host.run("ip", "netns", "pids", namespace).split()])
            network.remove_namespace(namespace)
    cgroups.remove(lab.name)
    shutil.rmtree(lab.root, ignore_errors=True)
    with contextlib.suppress(OSError):
        lab.root.parent.rmdir()


def remains(lab: Lab) -> list[str]:
    """Return what there is of a lab, one phrase each; nothing when it was torn down."""
    found = [f"network namespace {name}" for name in _machine_namespaces(lab)]
    if network.exists(lab.switch):
        found.append(f"network namespace {lab.switch}")
    found += [f"control group {path}" for path in cgroups.lab_groups(lab.name)]
    with open("/proc/self/mounts") as mounts:
        found += [f"mount {line.split()[1]}" for line in mounts if f"{lab.root}/" in line]
    if lab.root.exists():
        found.append(f"directory {lab.root}")
    return found


def _machine_namespaces(lab: Lab) -> list[str]:
    hostnames = {machine.hostname for machine in INVENTORY}
    names = {name: name.removeprefix(f"{lab.switch}-") for name in network.namespaces(lab)}
    # The names of another lab may begin like ours.
    return [
        name
        for name, hostname in names.items()
        if hostname in hostnames or _CONTAINER.fullmatch(hostname)
    ]


def _end(pids: list[int], patience: float = 3.0) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
