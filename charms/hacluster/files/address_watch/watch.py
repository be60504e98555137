# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Removes from this member the addresses that stayed when the cluster stopped them.

Looks every two seconds for a while after an interface went down or came up, and twice a minute otherwise. What
two looks agree on is removed. Without an answer of the cluster nothing is.
"""

import logging
import pathlib
import select
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

from address_watch import stale
from address_watch.stale import Held, Stale

logger = logging.getLogger(__name__)

_CIB = ("/usr/sbin/cibadmin", "--query", "--local")
_NODE = ("/usr/sbin/crm_node", "--name")
_PROC = pathlib.Path("/proc")
_INSTANCE = b"OCF_RESOURCE_INSTANCE="  # what every agent is told
_IP = "/usr/sbin/ip"  # on Ubuntu 22.04 as well: /usr/sbin is where /sbin leads
_PROMOTE = "/proc/sys/net/ipv4/conf/{}/promote_secondaries"
_TIMEOUT = 20  # seconds
_QUICK = 2.0  # seconds between two looks that may follow each other
_SLOW = 30.0  # seconds without an event, between two looks
_ATTENTION = 120.0  # seconds after an event; loss of quorum and stops of other resources come before the address's
_RTMGRP_LINK = 1  # linux/rtnetlink.h


def look() -> frozenset[Stale]:
    """Return the addresses that the cluster has stopped here and that are here."""
    text, addresses = _output(*_CIB), _output(_IP, "-json", "address", "show")
    if not text or not addresses:
        return frozenset()
    cib = ET.fromstring(text)
    found = stale.virtual(cib, stale.held(addresses))
    node = (_output(*_NODE) or "").strip() if found else ""
    stopped = stale.stale(cib, found, node) if node else frozenset[Stale]()
    return stale.settled(stopped, at_work()) if stopped else stopped


def at_work() -> frozenset[str]:
    """Return the resources whose agents run on this machine now, asked after all else.

    A start that has not ended is nowhere else to be seen: Pacemaker is told not to record it, and it takes
    ``IPv6addr`` seven seconds, and a busy machine as long.
    """
    found: set[str] = set()
    for path in _PROC.glob("[0-9]*/environ"):
        try:
            variables = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended
        found.update(
            each.removeprefix(_INSTANCE).decode(errors="replace")
            for each in variables
            if each.startswith(_INSTANCE)
        )
    return frozenset(found)


def step(before: frozenset[Stale]) -> frozenset[Stale]:
    """Look, and remove what was to be removed the last time as well. Return what was found."""
    found = look()
    for each in found & before:
        names = ", ".join(sorted(name for name, _ in each.evidence))
        if _remove(each.held):
            logger.warning("%s: stopped, but left on %s; removed", names, each.held.device)
    return found


def _remove(held: Held) -> bool:
    # With the first IPv4 address of a network the kernel takes the others along, the member's own.
    is_first = held.address.version == 4 and not held.is_secondary
    if is_first and not _promotes(held.device):
        logger.error("%s: left where it is, %s does not promote", held.address, held.device)
        return False
    what = f"{held.address}/{held.prefix}"
    return _output(_IP, "address", "delete", what, "dev", held.device) is not None


def _promotes(device: str) -> bool:
    """Return whether further addresses of a network outlive its first one, as systemd sets it by default."""
    try:
        for name in ("all", device):
            if pathlib.Path(_PROMOTE.format(name)).read_text().strip() == "1":
                return True
        pathlib.Path(_PROMOTE.format(device)).write_text("1")
    except OSError as error:
        logger.warning("%s: %s", device, error)
        return False
    return True


def _output(*argv: str) -> str | None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.debug("%s: %s", argv[0], error)
        return None
    # As a rule Pacemaker is not running.
    logger.debug("%s: %s", argv[0], done.stderr)
    return done.stdout if done.returncode == 0 else None


def heard(events: socket.socket, *, quick: bool) -> bool:
    """Wait, at least the time between two looks. Return whether an interface changed meanwhile."""
    select.select([events], [], [], 0 if quick else _SLOW)
    time.sleep(_QUICK)
    found = False
    while select.select([events], [], [], 0)[0]:
        found = True
        try:
            events.recv(65536)
        except OSError:  # more than the buffer holds, which is as good as one of them
            continue
    return found


def main() -> int:
    """Watch until somebody ends it."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    events.bind((0, _RTMGRP_LINK))
    found = frozenset[Stale]()
    attentive = time.monotonic() + _ATTENTION
    while True:
        found = step(found)
        if heard(events, quick=bool(found) or time.monotonic() < attentive):
            attentive = time.monotonic() + _ATTENTION


if __name__ == "__main__":
    sys.exit(main())
