# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Lost hosts that the cluster does not come to terms with by itself: fenced again, or connected again."""

import logging
import xml.etree.ElementTree as ET

import agent
import cib
import crm_mon
import fencing
import pacemaker
import release
from actions import ActionError
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_CONNECT = 60.0  # seconds, in which nobody is fenced
_ORDER = "reconnect"  # value of the order to hold fencing while we have hosts connected again


def recover(
    configuration: ET.Element, status: crm_mon.Status, *, without_maas: bool, timeout: int
) -> None:
    """Try again to fence what could not be fenced before: Pacemaker gives up after ten tries.

    Args:
        configuration: The cluster's.
        status: The cluster's.
        without_maas: Whether MAAS is of no use: only hosts that it is not needed for are fenced then.
        timeout: Seconds for each host.
    """
    try:
        if cib.properties(configuration).get(agent.HOLD) == _ORDER:
            logger.warning("fencing was still held by a hook that has not ended")
            pacemaker.set_property(agent.HOLD, None)
            configuration = pacemaker.configuration()
        for name in (fencing.BMCS,) if without_maas else (fencing.HOSTS, fencing.BMCS):
            if status.is_failing(name):
                pacemaker.cleanup(name)
        fenced = fencing.present(configuration)
        able = frozenset(fenced.bmcs) if without_maas else fenced.names
        _settle(configuration, status, able, timeout)
    except CommandError as error:
        logger.warning("fencing could not be tried again: %s", error)


def _settle(
    configuration: ET.Element, status: crm_mon.Status, able: frozenset[str], timeout: int
) -> None:
    lost = _lost(status)
    found = agent.guard(configuration) if lost else None
    if found and found.refusal:
        return  # for an operator to release
    well = lost & set(found.alive) if found else set[str]()
    for name in sorted((lost & able) - well):
        # Each takes its time, in which another may have been fenced and come back.
        if name in _lost(pacemaker.status()):
            pacemaker.fence(name, timeout=timeout)
    if well and _lost(pacemaker.status()) <= well:
        _connect_again(sorted(well))


def _connect_again(names: list[str]) -> None:
    """Have the cluster forget the loss of hosts to which a member has had a connection since.

    A member that was cut off tells of it when it is back. The guard refuses to power such a host off, and Pacemaker
    keeps the failure "until fencing has occurred" (libpe_status): nobody would watch the host any more.
    """
    logger.warning("%s: lost for a member that was cut off, and well: connecting again", names)
    pacemaker.set_property(agent.HOLD, _ORDER)
    try:
        release.connect_again(names, timeout=_CONNECT)
    except ActionError as error:
        logger.warning("%s", error)
    finally:
        pacemaker.set_property(agent.HOLD, None)


def _lost(status: crm_mon.Status | None) -> set[str]:
    nodes = status.remotes if status else ()
    return {node.name for node in nodes if node.unclean and not node.maintenance}
