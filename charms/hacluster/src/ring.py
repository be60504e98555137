# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which ring this unit should be a member of."""

import corosync
import hanode
import member
from inputs import Inputs


def wanted(given: Inputs, name: str) -> corosync.Ring | None:
    """Return the ring to be a member of; ``None`` as long as there is none.

    Args:
        given: What Juju tells.
        name: Of the cluster.
    """
    formed = member.is_formed()
    count = given.config.cluster_count
    nodes = hanode.ring_nodes(given.peers, count=count, formed=formed)
    if not nodes or not (formed or hanode.may_join(given.me, given.others, given.ring)):
        return None
    if not formed and given.keys_pending and any(peer.member_ready for peer in given.others):
        return None  # it would have the keys that the ring is about to have
    if formed:
        nodes |= member.leavers(given.peer_ids)
    return corosync.Ring(
        name=name,
        transport=corosync.present_transport() or given.config.corosync_transport,
        nodes=nodes,
        debug=given.config.debug,
        netmtu=given.config.netmtu,
        multicast=given.config.corosync_mcastaddr,
        multicast_port=given.config.corosync_mcastport,
        token=given.config.token,
        consensus=given.config.consensus,
        # Where three were wanted, two that lose each other must not both go on.
        two_node=count <= 2,
    )
