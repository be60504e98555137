# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which ring this unit should be a member of."""

import corosync
import hanode
import member
import pacemaker
from inputs import Inputs


def wanted(given: Inputs, name: str) -> corosync.Ring | None:
    """Return the ring to be a member of; ``None`` as long as there is none.

    Args:
        given: What Juju tells.
        name: Of the cluster.
    """
    if member.is_formed():
        present = frozenset(node.id for node in corosync.present_nodes())
        nodes = hanode.ring_nodes(given.peers, present=present)
        nodes |= member.leavers(given.peer_ids)
    else:
        nodes = _first_nodes(given)
    if not nodes:
        return None
    return _ring(given, name, nodes, _transport(given))


def running(given: Inputs, name: str, transport: str) -> corosync.Ring:
    """Return the ring of those that are members already, with a transport of choice.

    Args:
        given: What Juju tells.
        name: Of the cluster.
        transport: Of the ring.
    """
    members = [given.me, *(peer for peer in given.others if peer.member_ready)]
    nodes = hanode.ring_nodes(members, present=frozenset())
    return _ring(given, name, nodes | member.leavers(given.peer_ids), transport)


def _first_nodes(given: Inputs) -> frozenset[corosync.Node]:
    """Return the ring that this unit may come into now; nobody if it has to wait."""
    members = any(peer.member_ready for peer in given.others)
    if given.switch is not None or (given.keys_pending and members):
        return (
            frozenset()
        )  # it would have the transport, or the keys, that the ring is about to have
    return hanode.first_nodes(given.peers, count=given.config.cluster_count, ring=given.ring)


def _ring(
    given: Inputs, name: str, nodes: frozenset[corosync.Node], transport: str
) -> corosync.Ring:
    return corosync.Ring(
        name=name,
        transport=transport,
        nodes=nodes,
        debug=given.config.debug,
        netmtu=given.config.netmtu,
        multicast=given.config.corosync_mcastaddr,
        multicast_port=given.config.corosync_mcastport,
        token=given.config.token,
        consensus=given.config.consensus,
        # Where three were wanted, two that lose each other must not both go on.
        two_node=given.config.cluster_count <= 2,
    )


def _transport(given: Inputs) -> str:
    present = corosync.present_transport()
    if present is None:
        return hanode.transport(given.transport, given.others) or given.config.corosync_transport
    # A member that was away while the others switched, or switched back, would never find them again. One that
    # is part of a cluster keeps what it has, whatever is said.
    if given.transport in ("", present):
        return present
    status = pacemaker.status()
    return present if status is not None and status.works else given.transport
