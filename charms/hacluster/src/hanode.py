# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the units of this application tell each other (`hanode`), in bare words as ever."""

import dataclasses
from collections.abc import Iterable, Mapping

import ops

import corosync

# The predecessor's: a member's id in the ring is this plus the number of its unit.
_FIRST_ID = 1000


@dataclasses.dataclass(frozen=True)
class Peer:
    """What one unit says of itself."""

    unit: str
    hostname: str = ""
    address: str = ""
    more: tuple[str, ...] = ()
    """Addresses of further links; a predecessor has none."""
    ready: bool = False
    """Whether it has all it needs to join a cluster."""
    member_ready: bool = False
    """Whether it has joined."""
    ring: frozenset[int] = frozenset()
    """Ids of the members that it lets join; empty with the predecessor, which does not tell."""
    keys: str = ""
    """Id of the keys that its files hold."""

    @property
    def node_id(self) -> int:
        """Its id in the ring."""
        return node_id(self.unit)

    @property
    def node(self) -> corosync.Node | None:
        """What it is in the ring; ``None`` until it has said enough."""
        if not (self.hostname and self.address):
            return None
        return corosync.Node(self.node_id, self.hostname, self.address, self.more)


def node_id(unit: str) -> int:
    """Return the id in the ring of a unit, given the unit's name."""
    return _FIRST_ID + int(unit.rpartition("/")[2])


def read(unit: str, databag: Mapping[str, str]) -> Peer:
    """Return what a unit's databag says."""
    return Peer(
        unit=unit,
        hostname=databag.get("hostname", ""),
        address=databag.get("private-address", ""),
        more=tuple(databag.get("links", "").split()),
        ready=databag.get("ready") == "True",
        member_ready=databag.get("member_ready") == "True",
        ring=frozenset(int(word) for word in databag.get("ring", "").split() if word.isdigit()),
        keys=databag.get("keys", ""),
    )


def write(peer: Peer) -> dict[str, str]:
    """Return the databag content of what a unit says of itself."""
    return {
        "hostname": peer.hostname,
        "private-address": peer.address,
        "links": " ".join(peer.more),
        "ready": "True" if peer.ready else "",
        "member_ready": "True" if peer.member_ready else "",
        "ring": " ".join(str(member) for member in sorted(peer.ring)),
        "keys": peer.keys,
    }


def others(relation: ops.Relation) -> Iterable[Peer]:
    """Return what the other units say of themselves, in the order of their names."""
    units = sorted(relation.units, key=lambda unit: unit.name)
    return [read(unit.name, relation.data[unit]) for unit in units]


def ring_nodes(peers: Iterable[Peer], *, count: int, formed: bool) -> frozenset[corosync.Node]:
    """Return who makes up the ring; nobody as long as there are not enough to form one.

    Args:
        peers: All units, this one included.
        count: Members that a cluster must have when it forms.
        formed: Whether this unit is a member already. A ring that has formed takes in whoever
            comes and goes on with whoever is left.
    """
    known = [peer for peer in peers if peer.node and (peer.ready or peer.member_ready or formed)]
    if not formed and len(known) < count:
        return frozenset()
    return frozenset(peer.node for peer in known if peer.node)


def may_join(me: Peer, others: Iterable[Peer]) -> bool:
    """Return whether all members know of a unit that is about to join.

    A ring in which one member does not listen to another falls apart again and again.
    """
    rings = [peer.ring for peer in others if peer.member_ready and peer.ring]
    return all(me.node_id in ring for ring in rings)
