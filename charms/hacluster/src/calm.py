# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster told to touch nothing while its members stop, and its work taken up again afterwards."""

import logging

import agent
import crm_mon
import pacemaker
import reach
import release
import remotes
import spare
from actions import ActionError
from config import Config
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_NOTICE = 30.0  # seconds for all members to see what the coordinator has been told
_CONNECT = 60.0  # seconds for remotes to be connected again


def obstacle(units: frozenset[int]) -> str:
    """Return why the cluster cannot be told so now; empty if it can.

    Args:
        units: Ids in the ring of all units.
    """
    text = pacemaker.status_xml(fencing=True)
    status = None if text is None else crm_mon.parse(text)
    if text is None or status is None or not status.works:
        return "the cluster has no quorum"
    events = crm_mon.fence_events(text)
    pending = sorted({event.target for event in events if event.status == "pending"})
    if pending:
        return f"being fenced: {', '.join(pending)}"
    configuration = pacemaker.configuration()
    if agent.is_held(configuration) and not spare.holds(configuration):
        return "fencing is held"
    return unsound(status, units)


def unsound(status: crm_mon.Status, units: frozenset[int]) -> str:
    """Return who is not well, so that it would be left behind or be fenced; empty if all are."""
    online = {node.id for node in status.members if node.online and not node.unclean}
    away = [str(number) for number in sorted(units) if str(number) not in online]
    away += [node.name for node in status.remotes if not node.online or node.unclean]
    if away:
        return f"not online, and would be left behind: {', '.join(away)}"
    known = {str(number) for number in units}
    foreign = [node.name for node in status.members if node.id not in known]
    return f"no units any more: {', '.join(foreign)}; run update-ring" if foreign else ""


def begin() -> None:
    """Have the cluster touch nothing, and return when it does so.

    Raises:
        CommandError: It cannot be told, or does not take note.
        ConfigurationError: It does not accept that.
    """
    if pacemaker.commit(spare.everything):
        pacemaker.settle(timeout=_NOTICE)
    if not pacemaker.wait(_is_calm, timeout=_NOTICE):
        raise CommandError("pacemaker", None, "maintenance mode is not in force")


def _is_calm() -> bool:
    status = pacemaker.status()
    return status is not None and status.maintenance


def end(config: Config, *, late: bool) -> bool:
    """Have the cluster take up its work again. Return whether it has.

    Args:
        config: The operator's wishes, maintenance mode among them.
        late: Whether to let fencing go on although hosts that answer are not connected yet.
    """
    status = pacemaker.status()
    if status is None or not status.works:
        logger.warning("no quorum; the cluster goes on touching nothing")
        return False
    mode = config.maintenance_mode
    # Members that have just started look for what runs, and the configuration moves on with every answer.
    pacemaker.settle(timeout=_NOTICE)
    if not pacemaker.wait(lambda: _resume(maintenance=mode), timeout=_NOTICE):
        return False
    try:
        if spare.holds(pacemaker.configuration()):
            if not (mode or _connected() or late):
                return False
            pacemaker.set_property(agent.HOLD, None)
    except CommandError as error:
        logger.warning("the order to hold fencing cannot be taken back: %s", error)
        return False
    return True


def _resume(*, maintenance: bool) -> bool:
    try:
        pacemaker.commit(lambda present: spare.nothing(present, maintenance=maintenance))
    except (CommandError, pacemaker.ConfigurationError) as error:
        logger.warning("the cluster cannot be told to take up its work: %s", error)
        return False
    return True


def _connected() -> bool:
    """Return whether every remote that answers is connected, after a while and some help."""
    if pacemaker.wait(lambda: not _unconnected(), timeout=_CONNECT):
        return True
    left = _unconnected()
    back = sorted(reach.answering(left))
    logger.warning("not connected: %s; of these answer: %s", [host.name for host in left], back)
    if not back:
        return True  # they are lost, and not for what we did
    try:
        release.connect_again(back)
    except ActionError as error:
        logger.warning("%s", error)
        return False
    return True


def _unconnected() -> list[remotes.Watched]:
    status, configuration = pacemaker.status(), pacemaker.configuration()
    return [
        host
        for host in remotes.present(configuration)
        if remotes.is_managed(host.name, configuration)
        if status is None or not remotes.is_really_online(host.name, configuration, status)
    ]
