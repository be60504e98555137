#!/usr/bin/python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Restart an instance monitor that has gone deaf. systemd runs this twice a minute.

The monitor can lose its connection to libvirt for good and stay "active": an error while it connects ends
its loop and not its process, and a wedged event loop reads nothing any more (libvirt's own keepalive then
waits unread). What counts is what the kernel says of its socket, at two looks in a row.
Runs under the distribution's Python, on the standard library.
"""

import json
import pathlib
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence

UNIT = "masakari-instance-monitor"
SOCKETS = ("/run/libvirt/libvirt-sock-ro", "/run/libvirt/libvirt-sock")
STATE = pathlib.Path("/run/masakari-monitors-watch.json")
_TIMEOUT = 60.0  # seconds


def complaint(listing: str, pids: Iterable[int]) -> str:
    """Return why a process does not hear libvirt, or nothing.

    Args:
        listing: What ``ss -xnp`` says: one line for each end of a connection, with its queue of unread
            bytes, its own inode, that of the other end, and whose it is.
        pids: The monitor's processes.
    """
    rows = [row for line in listing.splitlines() if (row := line.split())[:1] and len(row) >= 8]
    libvirt = {row[5] for row in rows if "libvirt" in row[4]}
    owned = re.compile(r"pid=(\d+)\b")
    own = [
        row
        for row in rows
        if row[7] in libvirt and set(map(int, owned.findall(" ".join(row[8:])))) & set(pids)
    ]
    if not own:
        return "has no connection to libvirt"
    if all(int(row[2]) > 0 for row in own):
        return "leaves unread what libvirt sends"
    return ""


def main() -> int:
    """Look once, and restart the monitor if the look before found it deaf, too."""
    fault = _look()
    process, before = _property("MainPID"), _remembered()
    # It may be another fault: libvirt ends a connection that nobody reads.
    if fault and before[:1] == [process] and any(before[1:]):
        print(f"{UNIT} {fault}; restarting it", file=sys.stderr)
        STATE.unlink(missing_ok=True)
        return subprocess.run(
            ("/usr/bin/systemctl", "try-restart", UNIT), check=False, timeout=_TIMEOUT
        ).returncode
    STATE.write_text(json.dumps([process, fault]))
    return 0


def _look() -> str:
    if _property("ActiveState") != "active" or not _is_served():
        return ""  # not wanted, or libvirt itself is away: a restart would not help
    group = pathlib.Path(f"/sys/fs/cgroup{_property('ControlGroup')}/cgroup.procs")
    pids = [int(_property("MainPID") or 0)]
    if group.exists():
        pids += map(int, group.read_text().split())
    return complaint(
        _run("/usr/bin/ss", "--unix", "--numeric", "--processes", "--no-header"), pids
    )


def _is_served() -> bool:
    for path in SOCKETS:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5.0)
            try:
                probe.connect(path)
            except OSError:
                continue
            return True
    return False


def _remembered() -> Sequence[str]:
    try:
        return json.loads(STATE.read_text())
    except (OSError, ValueError):
        return []


def _property(name: str) -> str:
    return _run("/usr/bin/systemctl", "show", f"--property={name}", "--value", UNIT).strip()


def _run(*argv: str) -> str:
    return subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=_TIMEOUT
    ).stdout


if __name__ == "__main__":
    sys.exit(main())
