# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What this unit tells the others: its peers, its principal, the remotes."""

import ops

import hanode
import pacemaker
from instance_ha.interfaces import hacluster, pacemaker_remote


def to_peers(charm: ops.CharmBase, me: hanode.Peer) -> None:
    """Tell the other units of this one."""
    relation = charm.model.get_relation("hanode")
    if relation is not None:
        relation.data[charm.unit].update(hanode.write(me))


def members(charm: ops.CharmBase, ring: frozenset[int]) -> None:
    """Write down who is in the ring; the leader's work."""
    relation = charm.model.get_relation("hanode")
    if relation is not None:
        relation.data[charm.app].update(hanode.write_members(ring))


def to_principal(charm: ops.CharmBase) -> None:
    """Tell the principal that it is clustered."""
    for relation in charm.model.relations["ha"]:
        relation.data[charm.unit].update(hacluster.write_answer(hacluster.Answer()))


def to_remotes(charm: ops.CharmBase, key: bytes) -> None:
    """Tell the remotes the key that they share with the cluster."""
    for relation in charm.model.relations["pacemaker-remote"]:
        relation.data[charm.unit].update(pacemaker_remote.write_key(key))


def change(charm: ops.CharmBase) -> None:
    """Wake the other units: their statuses tell of the cluster, which changes without them."""
    relation = charm.model.get_relation("hanode")
    if relation is not None:
        relation.data[charm.unit]["configuration"] = pacemaker.version()
