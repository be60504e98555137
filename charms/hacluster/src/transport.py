# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The switch to another transport, between Juju's databags and this member; ``switching`` decides."""

import logging
import secrets
import time
from collections.abc import Iterable

import ops

import calm
import corosync
import hanode
import inputs
import member
import pacemaker
import ring
import spare
import switching
from actions import ActionError
from inputs import Inputs
from instance_ha.command import CommandError
from switching import Phase, Said, Switch

logger = logging.getLogger(__name__)

# Seconds that a member waits in its hook for all others to come into the ring. The leader only looks whether
# they are there: what it writes into its databag reaches them when its hook ends.
_PATIENCE, _LEADERS_PATIENCE = 120.0, 10.0


def begin(charm: ops.CharmBase, given: Inputs, wanted: str) -> dict[str, str]:
    """Switch the ring to another transport. Members follow in the hooks that this wakes.

    Raises:
        ActionError: Somebody is away who would be left behind, or something else is going on.
    """
    relation = charm.model.get_relation("hanode")
    present = corosync.present_transport()
    if relation is None or present is None:
        raise ActionError("this unit is no member of a cluster")
    if given.switch is not None:
        raise ActionError(f"the ring is being switched already, to {given.switch.wanted}")
    if wanted == present:
        relation.data[charm.app][inputs.SWITCH_FAILURE] = ""
        return {"result": f"the ring has {wanted} already"}
    problem = given.config.unfit_for(wanted) or _unfit(given) or calm.obstacle(given.peer_ids)
    if problem:
        raise ActionError(problem)
    switch = switching.begin(secrets.token_hex(4), present, wanted, time.time())
    logger.warning("an operator switches the ring from %s to %s", present, wanted)
    _write(charm, relation, switch)
    # A member that is alone has nobody to wait for, nor would anybody wake it.
    if not given.others and _go_on(charm, relation, given, switch) is None:
        return {"result": f"the ring has {corosync.present_transport()}"}
    count = len(given.peers)
    told = "its units' statuses tell how far it is, and how it ends"
    return {"result": f"the switch to {wanted} has begun on {count} members; {told}"}


def take_part(charm: ops.CharmBase, given: Inputs) -> bool:
    """Do what a switch asks of this member, and of the leader. Return whether it is still going on."""
    relation = charm.model.get_relation("hanode")
    if relation is None or given.switch is None or corosync.present_transport() is None:
        return False  # who is no member yet waits outside
    return _go_on(charm, relation, given, given.switch) is not None


def keep(charm: ops.CharmBase, given: Inputs) -> None:
    """Tell units that join which transport the ring has, and leave nothing of a switch behind; the leader's work."""
    relation = charm.model.get_relation("hanode")
    present = corosync.present_transport()
    status = pacemaker.status()
    if relation is None or present is None or status is None or not status.works:
        return
    if present != given.transport:
        relation.data[charm.app][inputs.TRANSPORT] = present
    if spare.holds(pacemaker.configuration()):
        # The hook in which it began broke off, and nobody knows of it.
        calm.end(given.config, late=True)


def waiting(given: Inputs) -> tuple[str, ...]:
    """Return the units that have not done yet what the present phase asks of them."""
    if given.switch is None or given.switch.phase is Phase.RESTORE:
        return ()
    said = _said(given.peers, given.switch)
    return tuple(sorted(unit for unit, word in said.items() if word != "done"))


def _go_on(
    charm: ops.CharmBase, relation: ops.Relation, given: Inputs, switch: Switch
) -> Switch | None:
    """Return where the switch stands after this hook; ``None`` if it is over."""
    leads = charm.unit.is_leader()
    patience = _LEADERS_PATIENCE if leads else _PATIENCE
    said: dict[str, Said] = _said(given.peers, switch)
    while True:
        me = charm.unit.name
        said[me] = _do(given, charm.app.name, switch, patience, said[me], may_fail=not leads)
        relation.data[charm.unit]["switch"] = switch.word(said[me])
        relation.data[charm.unit]["transport"] = corosync.present_transport() or ""
        # Whoever has lost the lead on the way may not write for all, and another one goes on from here.
        if not charm.unit.is_leader():
            return switch
        if switch.phase is Phase.RESTORE:
            late = time.time() >= switch.until
            if not (calm.end(given.config, late=late) and charm.unit.is_leader()):
                return switch
            _finish(charm, relation, switch)
            return None
        following = _following(given, switch, said)
        if following == switch or not charm.unit.is_leader():
            return switch
        _write(charm, relation, following)
        # Nobody else has heard of the new phase yet.
        switch, patience = following, 0.0
        said = {unit: "" for unit in said}


def _following(given: Inputs, switch: Switch, said: dict[str, Said]) -> Switch:
    status = pacemaker.status()
    found = switching.following(
        switch,
        said,
        time.time(),
        obstacle=calm.obstacle(given.peer_ids) if switch.phase is Phase.PREPARE else "",
        is_quorate=status is not None and status.works,
    )
    if (switch.phase, found.phase) == (Phase.PREPARE, Phase.STOP):
        try:
            calm.begin()
        except (CommandError, pacemaker.ConfigurationError) as error:
            logger.warning("the cluster cannot be told to touch nothing: %s", error)
            return switch
    return found


def _do(
    given: Inputs, app: str, switch: Switch, patience: float, before: Said, *, may_fail: bool
) -> Said:
    """Do what a phase asks of this member, and return what there is to say of it."""
    if switch.transport is None:
        try:
            member.wait_outside()
        except CommandError as error:
            logger.warning("the daemons do not stop: %s", error)
            return "failed"
        return "done"
    wanted = ring.running(given, app, switch.transport)
    try:
        done = member.switch(
            wanted, given.keys, given.me.hostname, patience=patience, strict=switch.is_strict
        )
    except CommandError as error:
        logger.warning("no member of a ring with %s: %s", switch.transport, error)
        done = False
    if done or before == "done":
        return "done"
    # The leader may just not have waited long enough.
    return "failed" if may_fail else ""


def _said(peers: Iterable[hanode.Peer], switch: Switch) -> dict[str, Said]:
    me, *others = peers
    members = [me, *(peer for peer in others if peer.member_ready)]
    return {peer.unit: switch.heard(peer.switch) for peer in members}


def _unfit(given: Inputs) -> str:
    """Return why the units cannot switch together; empty if they can."""
    outside = [peer.unit for peer in given.peers if not peer.member_ready]
    if outside:
        return f"no members yet: {', '.join(outside)}"
    silent = [peer.unit for peer in given.others if not peer.transport]
    if silent:
        return f"hacluster is too old on {', '.join(silent)}"
    other = [peer.unit for peer in given.others if peer.transport != given.me.transport]
    if other:
        return f"not of the same transport as the leader: {', '.join(other)}"
    if given.keys_pending or spare.names(pacemaker.configuration()):
        return "the keys are being replaced"
    return ""


def _write(charm: ops.CharmBase, relation: ops.Relation, switch: Switch) -> None:
    logger.info("switch to %s: %s %s", switch.wanted, switch.phase.value, switch.failure)
    relation.data[charm.app][inputs.SWITCH] = switch.model_dump_json()


def _finish(charm: ops.CharmBase, relation: ops.Relation, switch: Switch) -> None:
    logger.warning("the ring has %s", switch.transport)
    relation.data[charm.app].update(
        {
            inputs.SWITCH: "",
            inputs.SWITCH_FAILURE: switching.outcome(switch),
            inputs.TRANSPORT: switch.transport or "",
        }
    )
