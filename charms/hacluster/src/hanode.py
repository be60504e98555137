# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the units of this application tell each other (`hanode`), in bare words as ever."""

import dataclasses
from collections.abc import Iterable, Mapping

import ops

import corosync

# The predecessor's: a member's id in the ring is this plus the number of its unit.
_FIRST_ID = 1000
_RING = "ring"


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
    transport: str = ""
    """Of the ring that it was made a member of; a predecessor does not tell."""
    switch: str = ""
    """What it says of a switch to another transport; see ``switching.Switch.word``."""

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
        ring=members_of(databag),
        keys=databag.get("keys", ""),
        transport=databag.get("transport", ""),
        switch=databag.get("switch", ""),
    )


def write(peer: Peer) -> dict[str, str]:
    """Return the databag content of what a unit says of itself."""
    return {
        "hostname": peer.hostname,
        "private-address": peer.address,
        "links": " ".join(peer.more),
        "ready": "True" if peer.ready else "",
        "member_ready": "True" if peer.member_ready else "",
        _RING: " ".join(str(member) for member in sorted(peer.ring)),
        "keys": peer.keys,
        "transport": peer.transport,
        "switch": peer.switch,
    }


def others(relation: ops.Relation) -> Iterable[Peer]:
    """Return what the other units say of themselves, in the order of their names."""
    units = sorted(relation.units, key=lambda unit: unit.name)
    return [read(unit.name, relation.data[unit]) for unit in units]


def unrefreshed(peers: Iterable[Peer]) -> tuple[str, ...]:
    """Return the members that are units of the predecessor still.

    Ours tell which keys they have as soon as they have joined, with all that fencing needs in place.
    """
    return tuple(peer.unit for peer in peers if peer.member_ready and not peer.keys)


def first_nodes(
    peers: Iterable[Peer], *, count: int, ring: frozenset[int] = frozenset()
) -> frozenset[corosync.Node]:
    """Return the ring that a unit comes into; nobody as long as there are not enough for one.

    Where there are members it is theirs, without others who wait: whoever expects more votes than there are
    thinks itself without quorum.

    Args:
        peers: All units that it has heard of, the one that comes first.
        count: Members that a cluster must have when it forms.
        ring: Ids of the members, as the leader has written them down; empty if it has not.
    """
    me, *others = peers
    known = [peer for peer in peers if peer.node and (peer.ready or peer.member_ready)]
    told = ring.union(*(peer.ring for peer in others if peer.member_ready))
    if len(known) < count or not _may_join(me, others, ring):
        return frozenset()
    return _nodes(peer for peer in known if not told or peer.node_id in told | {me.node_id})


def ring_nodes(peers: Iterable[Peer], *, present: frozenset[int]) -> frozenset[corosync.Node]:
    """Return who makes up a ring that has formed: whoever is left, and one newcomer at a time.

    A newcomer's vote counts from when members know of it, and it needs a while to come. With three members
    and four newcomers there would be no quorum for as long.

    Args:
        peers: All units, this one first.
        present: Ids of the members that this one knows.
    """
    me, *others = [peer for peer in peers if peer.node]
    inside = [peer for peer in others if peer.member_ready or peer.node_id in present]
    known = [me, *inside]
    if all(peer.member_ready for peer in inside):
        new = (peer for peer in others if peer not in inside and peer.ready)
        known += sorted(new, key=lambda peer: peer.node_id)[:1]
    return _nodes(known)


def _nodes(peers: Iterable[Peer]) -> frozenset[corosync.Node]:
    return frozenset(peer.node for peer in peers if peer.node)


def transport(agreed: str, others: Iterable[Peer]) -> str:
    """Return the transport that a unit must have to join a ring; empty if there is no ring yet.

    Args:
        agreed: The one that the leader says the ring has; empty as long as it has not said so.
        others: The other units.
    """
    told = (peer.transport for peer in others if peer.member_ready and peer.transport)
    return agreed or next(told, "")


def _may_join(me: Peer, others: Iterable[Peer], ring: frozenset[int]) -> bool:
    """Return whether all members know of a unit that is about to join, and it knows of all of them.

    A ring in which one member does not listen to another falls apart again and again. A unit that
    comes to a cluster hears of its peers one after the other, and so of enough for a ring of its own
    before it has heard of everybody in the one that there is.

    Args:
        me: The unit.
        others: The peers that it has heard of.
        ring: Ids of the members, as the leader has written them down; empty if it has not.
    """
    heard = [peer for peer in others if peer.node]
    rings = [peer.ring for peer in heard if peer.member_ready and peer.ring]
    known = {me.node_id, *(peer.node_id for peer in heard)}
    return ring <= known and all(me.node_id in each and each <= known for each in rings)


def members_of(databag: Mapping[str, str]) -> frozenset[int]:
    """Return ids of members: all, from the application's databag, or those that a unit lets join."""
    return frozenset(int(word) for word in databag.get(_RING, "").split() if word.isdigit())


def write_members(ring: frozenset[int]) -> dict[str, str]:
    """Return what the leader writes down, where every unit sees it from its first hook on."""
    return {_RING: " ".join(str(member) for member in sorted(ring))}
