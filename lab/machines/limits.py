# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The host's limits that a lab outgrows, because all its machines share one kernel and one root."""

from __future__ import annotations

from pathlib import Path

WANTED = {
    # A machine with its services takes about six, and the default is 128 for all of root's: without
    # more, the systemd of some twentieth machine dies of "Too many open files" before it can say so.
    "fs/inotify/max_user_instances": 4096,
    "fs/inotify/max_user_watches": 262144,
}


def raise_limits(root: Path = Path("/proc/sys")) -> list[str]:
    """Raise what is too low, lower nothing, and name what was changed."""
    changed: list[str] = []
    for name, wanted in WANTED.items():
        path = root / name
        if int(path.read_text()) < wanted:
            path.write_text(f"{wanted}\n")
            changed.append(name)
    return changed
