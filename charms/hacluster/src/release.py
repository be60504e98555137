# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Ending the holding of fencing: what runs is connected to again, what does not is fenced."""

import concurrent.futures
import itertools
import logging
import time
import xml.etree.ElementTree as ET

import agent
import cib
import crm_mon
import fencing
import fencing_report
import pacemaker
import reach
import remotes
from actions import ActionError
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_CONNECT = 120.0  # seconds for the cluster to give up fencing, forget a loss and connect
_PARALLEL = 16
_TIMEOUT = 120.0  # seconds; fencing-timeout's default


def release(
    configuration: ET.Element, status: crm_mon.Status, *, duration: int, reconnect: bool
) -> dict[str, str]:
    """End the holding of fencing, and return the action's results.

    Args:
        configuration: The cluster's.
        status: The cluster's.
        duration: Seconds for which the limit is lifted if that is needed.
        reconnect: Whether to spare lost hosts that answer again.

    Raises:
        ActionError: A lost host is neither back nor fenced.
    """
    # What an operator has put in maintenance is never fenced, but may be back as well.
    unclean = [node for node in status.remotes if node.unclean]
    lost = [node.name for node in unclean if not node.maintenance]
    names = {node.name for node in unclean}
    hosts = [host for host in remotes.present(configuration) if host.name in names]
    back = sorted(reach.answering(hosts)) if reconnect else []
    logger.warning("an operator releases fencing; lost: %s; of these back: %s", lost, back)
    # First, because as soon as the limit is lifted the cluster fences whatever is lost.
    if back:
        # With every loss that is forgotten fewer are lost, and the cluster would fence the others as
        # soon as they are no more than the limit. If we fail, the order stays, and the status tells.
        pacemaker.set_property(agent.HOLD, "true")
        connect_again(back)
    down = [name for name in lost if name not in back]
    if not down:
        # With nobody left to fence there is no limit to lift: the next storm is to be held again.
        pacemaker.set_property(agent.HOLD, None)
        told = f"{len(back)} hosts are back" if back else "no host is lost"
        return {"result": f"{told}; fencing is not held", "reconnected": " ".join(back)}
    return _lift(configuration, down, duration) | {"reconnected": " ".join(back)}


def connect_again(names: list[str], *, timeout: float = _CONNECT) -> None:
    """Have the cluster forget the loss of hosts that run, while fencing is held by order.

    It would never do so by itself: Pacemaker does not connect to a remote that it lost until that has been
    fenced.

    Raises:
        ActionError: They are not connected after a while.
    """
    for name in names:
        pacemaker.cleanup(name)

    # Not only until the loss is forgotten: a fencing that was asked for before goes on trying, and
    # would find one host alone lost and nothing held.
    if not pacemaker.wait(lambda: _are_back(names), timeout=timeout):
        raise ActionError(
            f"{', '.join(names)}: up, but the cluster does not get hold of them. Fencing stays held;"
            " repair the network, or fence them all the same with reconnect=false"
        )


def _are_back(names: list[str]) -> bool:
    """Return whether hosts are connected, and nobody is about to fence them any more."""
    text = pacemaker.status_xml(fencing=True)
    if text is None:
        return False
    status, configuration = crm_mon.parse(text), pacemaker.configuration()
    events = crm_mon.fence_events(text)
    pending = {each.target for each in events if each.status == "pending"}
    return not pending & set(names) and all(
        remotes.is_really_online(name, configuration, status) for name in names
    )


def _lift(configuration: ET.Element, down: list[str], duration: int) -> dict[str, str]:
    """Lift the limit for a while, and have hosts fenced."""
    fenceable = fencing.present(configuration).names
    until = fencing_report.moment(time.time() + duration)
    pacemaker.set_property(agent.HOLD, None)
    pacemaker.set_property(agent.RELEASE, str(int(time.time() + duration)))
    fenced = _fence([name for name in down if name in fenceable], _seconds(configuration))
    left = [name for name in down if not fenced.get(name)]
    results = {
        "until": until,
        "fenced": " ".join(name for name in down if name not in left),
        "not-fenced": " ".join(left),
    }
    if left:
        raise ActionError(
            f"released until {until}, but not fenced: {', '.join(left)}; see validate-fencing and"
            " the journal of pacemaker",
            results,
        )
    return {"result": f"released until {until}; {len(down)} hosts fenced", **results}


def _fence(names: list[str], timeout: float) -> dict[str, bool]:
    if not names:
        return {}
    # Pacemaker gives up on a host after ten refusals, so it must be told again.
    with concurrent.futures.ThreadPoolExecutor(_PARALLEL) as pool:
        done = pool.map(_try, names, itertools.repeat(timeout))
        return dict(zip(names, done, strict=True))


def _try(name: str, timeout: float) -> bool:
    try:
        return pacemaker.fence(name, timeout=timeout)
    except CommandError as error:
        logger.warning("%s: %s", name, error)
        return False


def _seconds(configuration: ET.Element) -> float:
    # What all levels of fencing may take together.
    pairs = cib.section(configuration, "crm_config").iter("nvpair")
    told = [pair.get("value", "") for pair in pairs if pair.get("name") == "stonith-timeout"]
    return float(told[0].removesuffix("s")) if told else _TIMEOUT
