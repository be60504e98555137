# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What this member knows of the cluster: who is in it, and what a lost member ran."""

import dataclasses
import pathlib
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator

# Where Corosync keeps the id of the present membership, one file for each id that this node had.
MEMBERSHIPS = pathlib.Path("/var/lib/corosync")

CRM_NODE = "/usr/sbin/crm_node"
CIBADMIN = ("/usr/sbin/cibadmin", "--query", "--local")
# The agents of resource-agents that bring addresses up, and what each calls its own.
AGENTS = {"IPaddr": "ip", "IPaddr2": "ip", "IPv6addr": "ipv6addr"}
# What may run twice for a moment: the one acts only on what a cluster with quorum has recorded, and a
# lost member has none; the other is no process of the member's but its connection to a host.
HARMLESS = frozenset({"masakari-fencing-monitor", "remote"})


class RefusedError(Exception):
    """What was asked for cannot be confirmed."""


@dataclasses.dataclass(frozen=True)
class Load:
    """What a member ran when it was lost."""

    addresses: tuple[str, ...] = ()
    """Virtual addresses, IPv4 or IPv6, without their prefix length."""

    other: bool = True
    """Whether it may have run anything else that is on one member only."""


def crm_node(*options: str) -> str:
    """Return what crm_node prints.

    Raises:
        RefusedError: It failed.
    """
    done = subprocess.run(
        [CRM_NODE, *options], capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode != 0:
        raise RefusedError(f"crm_node {' '.join(options)}: {done.stderr.strip()}")
    return done.stdout


def members() -> dict[str, str]:
    """Return the members' states by their names; ``crm_node`` never lists remotes."""
    rows = (line.split() for line in crm_node("--list").splitlines())
    return {row[1]: row[2] if len(row) > 2 else "" for row in rows if len(row) > 1}


def is_lost(target: str) -> bool:
    """Return whether a member has lost contact with us.

    Raises:
        RefusedError: It is no member.
    """
    states = members()
    if target not in states:
        raise RefusedError(f"{target} is not a member of this cluster")
    return states[target] != "member"


def require_quorum() -> None:
    """Refuse to speak for a part of the cluster that has no quorum."""
    if crm_node("--quorum").strip() != "1":
        raise RefusedError("this part of the cluster has no quorum")


def since_change() -> float:
    """Return how many seconds ago the present membership formed; 0 if nothing tells."""
    times = [file.stat().st_mtime for file in MEMBERSHIPS.glob("ringid_*")]
    return time.time() - max(times) if times else 0.0


def load(target: str) -> Load:
    """Return what a member ran when it was lost, as far as the configuration tells."""
    done = subprocess.run(CIBADMIN, capture_output=True, text=True, timeout=10, check=False)
    if done.returncode != 0:
        return Load()
    cib = ET.fromstring(done.stdout)
    path = f"status/node_state[@uname='{target}']/lrm/lrm_resources/lrm_resource"
    running = {each.get("id") for each in cib.iterfind(path) if _is_running(each)}
    single = [
        one
        for resources in cib.iterfind("configuration/resources")
        for one in _single(resources)
        if one.get("id") in running
    ]
    other = any(one.get("type") not in {*AGENTS, *HARMLESS} for one in single)
    return Load(tuple(address for one in single for address in _addresses(one)), other)


def _single(parent: ET.Element) -> Iterator[ET.Element]:
    """Yield the primitives that run on one member at a time: in no clone, and no fencing device."""
    for child in parent:
        if child.tag == "primitive" and child.get("class") != "stonith":
            yield child
        elif child.tag == "group":
            yield from _single(child)


def _addresses(primitive: ET.Element) -> Iterator[str]:
    name = AGENTS.get(primitive.get("type", ""))
    for pair in primitive.iterfind("instance_attributes/nvpair"):
        if pair.get("name") == name:
            yield pair.get("value", "").partition("/")[0]


def _is_running(history: ET.Element) -> bool:
    """Return whether the last that a member did with a resource has left it running."""
    last = max(history, key=lambda each: int(each.get("call-id") or 0), default=None)
    ends = (("stop", "0"), ("monitor", "7"))
    return last is not None and (last.get("operation"), last.get("rc-code")) not in ends
