# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""Whether this host can run the lab, and what to do when it cannot."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from lab.machines import archive, cgroups, host
from lab.machines.errors import CommandError
from lab.settings import Lab

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "gcc": "gcc",
    "openssl": "openssl",
}
"""The programs that the lab calls on the host, and the Debian packages that bring them."""

DISK_GIB = 10
MEMORY_GIB = 6
KERNEL = (5, 14)
"""The first with cgroup.kill, which is how a machine loses its power."""


def check(lab: Lab) -> list[str]:
    """Return what is missing, one line each with what to do; nothing when the lab can run."""
    return [*_privileges(), *_kernel(), *_resources(lab), *_programs(), *_archive()]


def missing_packages() -> list[str]:
    """Return the packages of the host that install_host_packages() would bring."""
    absent = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    if not Path("/usr/include/stdio.h").exists():
        absent.add("libc6-dev")
    return sorted(absent)


def install_host_packages() -> None:
    """Install the programs that the lab calls, with the host's own apt.

    Raises:
        CommandError: apt failed.
    """
    if absent := missing_packages():
        host.install_packages(absent)


def _privileges() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "not root: run this with sudo, since the lab makes namespaces and mounts"
        return
    try:
        host.run("unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "true")
    except CommandError as error:
        yield f"no namespaces ({error}): use a virtual machine, not a container or a chroot"


def _kernel() -> Iterator[str]:
    release = os.uname().release
    found = re.match(r"(\d+)\.(\d+)", release)
    if not found or (int(found[1]), int(found[2])) < KERNEL:
        yield f"Linux {release} is too old: the lab needs {KERNEL[0]}.{KERNEL[1]} or newer"
    if "overlay" not in Path("/proc/filesystems").read_text() and not host.succeeds(
        "modprobe", "overlay"
    ):
        yield "no overlayfs: load the module overlay"
    groups = cgroups.hierarchies()
    if not groups:
        yield f"no control groups at {cgroups.ROOT}: mount cgroup2 there"
    elif not any((group / "cgroup.controllers").exists() for group in groups):
        yield f"only control groups v1: mount cgroup2 at {cgroups.ROOT / 'unified'}"
    elif not os.access(groups[0], os.W_OK):
        yield f"{groups[0]} cannot be written: the lab gives each machine a control group"
    if not Path("/dev/net/tun").exists():
        yield "no /dev/net/tun: load the module tun"


def _resources(lab: Lab) -> Iterator[str]:
    place = lab.parent
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    used = lab.parent if lab.cache.exists() else None
    if used is None and free < DISK_GIB:
        yield (
            f"{free:.0f} GiB are free at {place}: the lab needs {DISK_GIB}; free some, "
            "or set INSTANCE_HA_LAB_DIR to another disk"
        )
    text = Path("/proc/meminfo").read_text()
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    available = int(found[1]) / 2**20 if found else 0.0
    if available < MEMORY_GIB:
        yield f"{available:.1f} GiB of memory are available: the lab needs {MEMORY_GIB}"


def _programs() -> Iterator[str]:
    absent = missing_packages()
    if absent:
        yield f"missing programs: apt-get install {' '.join(absent)}"


def _archive() -> Iterator[str]:
    try:
        chosen = archive.choose(archive.read_sources(), archive.read_os_release())
    except archive.ArchiveError as error:
        yield str(error)
        return
    if not Path(chosen.keyring).exists():
        yield f"{chosen.keyring} is missing: apt-get install its keyring package"
