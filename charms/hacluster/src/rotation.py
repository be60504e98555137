# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""New keys for a cluster that runs: nothing restarts, nobody leaves, nobody is fenced.

Every member writes the new keys to its disk and says so; then the leader has the ring take them up,
all members at the same moment. Remotes write theirs in between. As long as not all have it, a
connection that had to be made anew would fail, and a healthy host would count as lost; so the
cluster leaves their connections alone meanwhile (to put the hosts into maintenance is not enough: a
connection that breaks is a reason to fence all the same). All of it is in the databags: a leader
that is lost is replaced.
"""

import logging
import time
from collections.abc import Iterator

import ops
import pydantic

import actions
import corosync
import keys
import pacemaker
from inputs import Inputs
from instance_ha.command import CommandError
from instance_ha.interfaces import pacemaker_remote

logger = logging.getLogger(__name__)

_SPARED = "keys-spared"  # in the application's databag: remotes left alone for our sake
# Seconds. Pacemaker's daemons go on using a key that they have read for 60 (lrmd_client.c).
_CACHE = 65.0


def begin(charm: ops.CharmBase, given: Inputs) -> dict[str, str]:
    """Replace the keys. Members and remotes follow in the hooks that this wakes.

    Raises:
        ActionError: Somebody is away who would be left behind, or it has begun already.
    """
    relation = charm.model.get_relation("hanode")
    status = pacemaker.status()
    if relation is None or status is None or not status.quorate:
        raise actions.ActionError("the cluster has no quorum")
    if given.keys_pending or relation.data[charm.app].get(_SPARED):
        raise actions.ActionError("the keys are being replaced already")
    online = {node.id for node in status.members if node.online}
    away = [str(number) for number in sorted(given.peer_ids) if str(number) not in online]
    away += [node.name for node in status.remotes if not node.online]
    if away:
        raise actions.ActionError(f"not online, and would be left behind: {', '.join(away)}")
    silent = [name for name, key in _remotes(charm.model) if not key]
    if silent:
        raise actions.ActionError(f"pacemaker-remote is too old on {', '.join(sorted(silent))}")
    spared = [node.name for node in status.remotes if not node.maintenance]
    for name in spared:
        pacemaker.set_managed(name, managed=False)
    keys.set_loaded(charm.app, relation, given.keys.id)
    new = keys.renew(charm.model, relation, given.config, given.keys)
    relation.data[charm.app][_SPARED] = " ".join(spared)
    # Wakes the others, who do not hear of a change of their own application's secret.
    relation.data[charm.app]["keys-wanted"] = new.id
    return {
        "result": f"new keys are made; {len(given.peers)} members and {len(spared)} remotes follow"
    }


def advance(charm: ops.CharmBase, given: Inputs) -> None:
    """Do the next step of replacing the keys, if it is time for one; the leader's work."""
    relation = charm.model.get_relation("hanode")
    if relation is None:
        return
    if given.keys_pending:
        waiting = behind(given)
        if waiting:
            logger.info("the keys are not on the disks of %s yet", ", ".join(waiting))
            return
        corosync.reload()
        keys.set_loaded(charm.app, relation, given.keys.id)
        logger.info("the ring has taken up new keys")
    spared = relation.data[charm.app].get(_SPARED, "").split()
    if not spared:
        return
    present = dict(_remotes(charm.model))
    late = [name for name in spared if present.get(name, "") not in ("", given.keys.pacemaker_id)]
    if late:
        logger.info("%s have not taken up the new key yet", ", ".join(late))
        return
    outlast_caches()
    if not charm.unit.is_leader():
        return  # another one goes on from here; who has lost the lead meanwhile may write nothing
    for name in spared:
        try:
            pacemaker.set_managed(name, managed=True)
        except CommandError as error:
            logger.warning("%s is gone: %s", name, error)
    relation.data[charm.app][_SPARED] = ""


def behind(given: Inputs) -> tuple[str, ...]:
    """Return the members whose disks do not have the keys yet that they should."""
    late = [peer for peer in given.others if peer.member_ready and peer.keys != given.keys.id]
    return tuple(peer.unit for peer in late)


def outlast_caches() -> None:
    """Wait until no daemon uses a key any more that its file does not hold."""
    time.sleep(_CACHE)


def spared(model: ops.Model) -> tuple[str, ...]:
    """Return the remotes that are left alone until everybody has the new key."""
    relation = model.get_relation("hanode")
    return tuple(relation.data[relation.app].get(_SPARED, "").split()) if relation else ()


def _remotes(model: ops.Model) -> Iterator[tuple[str, str]]:
    """Yield the names of remotes, and which key each says it has."""
    for relation in model.relations["pacemaker-remote"]:
        for unit in relation.units:
            try:
                name = pacemaker_remote.read_remote(relation.data[unit]).hostname
            except pydantic.ValidationError:
                continue
            yield name, pacemaker_remote.read_key_id(relation.data[unit])
