# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Members and remotes that have left, and what the cluster remembers of them."""

import logging
import time
import xml.etree.ElementTree as ET
from collections.abc import Set

import crm_mon
import pacemaker
import remotes
from instance_ha import command
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_PATIENCE = 60.0  # seconds to be heard by the controller
_PAUSE = 0.1  # seconds for the controllers to do what one of them has heard


def await_gone(hosts: Set[str], members: Set[str], *, timeout: float) -> None:
    """Wait until hosts are no nodes any more, and members are away without being a danger.

    Not until the cluster is idle: it never is while it tries to connect to others that are gone.

    Args:
        hosts: Those that the configuration names no more.
        members: Those that have left the ring, or are about to.
        timeout: Seconds.
    """
    pacemaker.wait(lambda: _are_gone(hosts, members), timeout=timeout)


def _are_gone(hosts: Set[str], members: Set[str]) -> bool:
    status = pacemaker.status()
    if status is None:
        return False
    there = [node for node in status.members if node.online or node.unclean]
    present = {node.name for node in (*status.remotes, *there)}
    return present.isdisjoint(hosts | members)


def forget_departed(
    units: frozenset[int], configuration: ET.Element, status: crm_mon.Status
) -> None:
    """Remove members and remotes that are gone from the cluster's memory.

    Args:
        units: Ids in the ring of all units.
        configuration: The cluster's, with its state.
        status: What the cluster says of itself.
    """
    for node in status.members:
        is_unit = node.id.isdigit() and int(node.id) in units
        if not (is_unit or node.online or node.unclean):
            logger.info("member %s has left", node.name)
            forget(node.name)
    for name in remotes.forgotten(configuration, status):
        logger.info("remote %s is not watched any more", name)
        forget(name)


def forget(name: str) -> bool:
    """Remove what the cluster remembers of a node that is gone. Return whether that is all.

    ``crm_node`` tells the controller and hangs up, and the controller of Pacemaker 2.1 does not read what somebody
    has left behind who hung up: with 2.1.5 one of some fifteen was heard, and all of them were told of success. A
    controller that hears it has all the others forget as well. One that does not may put the node into the
    configuration again when it is the coordinator.

    Args:
        name: Of the member or remote.
    """
    end = time.monotonic() + _PATIENCE
    _remove(name)
    # Not once it is there again.
    while (remembered := name in _lost()) and time.monotonic() < end:
        _remove(name)
    if remembered:
        logger.warning("member %s has left, and the controller here does not forget it", name)
    # The history tells of a machine that is none of ours any more; that it stays does no harm.
    command.attempt(pacemaker.STONITH_ADMIN, "--cleanup", "--history", name)
    return not remembered


def forget_lost() -> None:
    """Forget who is lost and no member any more by the cluster's configuration, if nobody was heard before."""
    try:
        lost = _lost()
        if not lost:
            return  # as nearly always, and the whole configuration need not be read
        nodes = pacemaker.configuration().iterfind("configuration/nodes/node")
        for name in sorted(lost - {node.get("uname") for node in nodes}):
            logger.info("member %s has left, and is remembered here", name)
            forget(name)
    except CommandError as error:
        logger.warning("members that have left may still be remembered here: %s", error)


def _remove(name: str) -> None:
    command.run(pacemaker.CRM_NODE, "--force", "--remove", name)
    time.sleep(_PAUSE)


def _lost() -> set[str]:
    """Return the names of the members that the controller here remembers as lost."""
    rows = [row.split() for row in command.run(pacemaker.CRM_NODE, "--list").splitlines()]
    return {row[1] for row in rows if len(row) > 2 and row[2] == "lost"}
