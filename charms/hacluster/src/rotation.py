# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""New keys for a cluster that runs: nothing restarts, nobody leaves, nobody is fenced.

Every member writes the new keys to its disk and says so; then the leader has the ring take them up,
all members at the same moment. Remotes write theirs in between. As long as not all have it, a
connection that had to be made anew would fail, and a healthy host would count as lost; so the
cluster leaves their connections alone meanwhile. All of it is in the databags and in the cluster's
configuration: a leader that is lost is replaced.
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
import spare
from inputs import Inputs
from instance_ha.command import CommandError
from instance_ha.interfaces import pacemaker_remote

logger = logging.getLogger(__name__)

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
    if given.switch is not None:
        raise actions.ActionError("the ring is being switched to another transport")
    if given.keys_pending or spare.names(pacemaker.configuration()):
        raise actions.ActionError("the keys are being replaced already")
    online = {node.id for node in status.members if node.online}
    away = [str(number) for number in sorted(given.peer_ids) if str(number) not in online]
    away += [node.name for node in status.remotes if not node.online]
    if away:
        raise actions.ActionError(f"not online, and would be left behind: {', '.join(away)}")
    silent = [name for name, key in _remotes(charm.model) if not key]
    if silent:
        raise actions.ActionError(f"pacemaker-remote is too old on {', '.join(sorted(silent))}")
    pacemaker.commit(spare.begin)
    keys.set_loaded(charm.app, relation, given.keys.id)
    new = keys.renew(charm.model, relation, given.config, given.keys)
    # Wakes the others, who do not hear of a change of their own application's secret.
    relation.data[charm.app]["keys-wanted"] = new.id
    count = len(status.remotes)
    return {"result": f"new keys are made; {len(given.peers)} members and {count} remotes follow"}


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
    try:
        _end_sparing(charm, given)
    except (CommandError, pacemaker.ConfigurationError) as error:
        logger.warning("remotes stay unwatched until the next attempt: %s", error)


def _end_sparing(charm: ops.CharmBase, given: Inputs) -> None:
    spared = spare.names(pacemaker.configuration())
    if not spared:
        return
    present = dict(_remotes(charm.model))
    late = [name for name in spared if present.get(name, "") not in ("", given.keys.pacemaker_id)]
    if late:
        logger.info("%s have not taken up the new key yet", ", ".join(late))
        return
    outlast_caches()
    if not charm.unit.is_leader():
        return  # another one goes on from here
    pacemaker.commit(spare.end)


def behind(given: Inputs) -> tuple[str, ...]:
    """Return the members whose disks do not have the keys yet that they should."""
    late = [peer for peer in given.others if peer.member_ready and peer.keys != given.keys.id]
    return tuple(peer.unit for peer in late)


def outlast_caches() -> None:
    """Wait until no daemon uses a key any more that its file does not hold."""
    time.sleep(_CACHE)


def _remotes(model: ops.Model) -> Iterator[tuple[str, str]]:
    """Yield the names of remotes, and which key each says it has."""
    for relation in model.relations["pacemaker-remote"]:
        for unit in relation.units:
            try:
                name = pacemaker_remote.read_remote(relation.data[unit]).hostname
            except pydantic.ValidationError:
                continue
            yield name, pacemaker_remote.read_key_id(relation.data[unit])
