# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether this machine can run the lab at all, asked before anything is started."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from lab.settings import Lab

# A lab with all its machines uses about 6 GiB of memory and, with the cached image, 8 GiB of disk.
MEMORY_GIB = 7.0
DISK_GIB = 10.0

# Tries in one go what machines are made of: namespaces for mounts, network, names and processes, an
# overlay, a pair of virtual NICs and a bridge. All of it is gone when the shell ends.
_TRIAL = """
set -e
directory=$(mktemp -d)
trap 'umount "$directory" 2>/dev/null; rmdir "$directory"' EXIT
mount -t tmpfs tmpfs "$directory"
cd "$directory"
mkdir lower upper work merged
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged || { echo 'no overlay file system'; exit 1; }
umount merged
cd /
ip link add lab-a type veth peer name lab-b 2>/dev/null || { echo 'no virtual NICs (veth)'; exit 1; }
ip link add lab-br type bridge 2>/dev/null || { echo 'no bridges'; exit 1; }
"""


def problems(lab: Lab | None = None) -> list[str]:
    """Return what keeps this machine from running the lab, one sentence each; empty is good."""
    found = [*_basics(), *_room((lab or Lab()).parent)]
    return found or list(_kernel())


def _basics() -> Iterator[str]:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        yield f"it needs Linux on x86_64, and this is {platform.system()} on {platform.machine()}"
    if os.geteuid() != 0:
        yield "it needs root, for namespaces, mounts and virtual NICs; run it with sudo"
    if not shutil.which("apt-get"):
        yield "it needs Debian 12, Ubuntu 22.04 or newer, and there is no apt-get"


def _room(directory: Path) -> Iterator[str]:
    present = next(path for path in (directory, *directory.parents) if path.exists())
    free = shutil.disk_usage(present).free / 2**30
    # What an earlier run left in the cache need not be free any more.
    if free < DISK_GIB and not (directory / "cache").is_dir():
        yield f"it needs {DISK_GIB:.0f} GiB of disk under {present}, and {free:.1f} GiB are free"
    memory = available_memory(Path("/proc/meminfo").read_text())
    if memory < MEMORY_GIB:
        yield f"it needs {MEMORY_GIB:.0f} GiB of memory, and {memory:.1f} GiB are available"


def available_memory(meminfo: str) -> float:
    """Return the GiB that /proc/meminfo calls available."""
    for line in meminfo.splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) / 2**20
    return 0.0


def _kernel() -> Iterator[str]:
    if not shutil.which("ip"):
        # Installed before the lab starts; what the kernel can do is seen then.
        return
    argv = ["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "sh", "-c", _TRIAL]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        reason = (done.stdout or done.stderr).strip().splitlines()[-1:] or ["unshare failed"]
        yield f"the kernel or the container around it does not allow what machines need: {reason[0]}"
