# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Following a recovery to its end: what became of each instance. Pure.

Masakari's word is not enough. Its engine can finish with moves still pending, or count as failed
what nova completes a little later; so nova is asked about every instance that was on the host.
"""

import dataclasses

from fencing_monitor.cloud import Move, Seen, Server, World
from fencing_monitor.failure import Failure, Instance, Outcome

# Notification statuses after which the engine does nothing more. ``error`` is not one of them:
# the engine tries once more within two minutes and then says ``failed``.
TERMINAL = frozenset({"finished", "failed", "ignored"})
UNFINISHED = frozenset({"new", "running", "error"})
# Instances for which a further attempt of the engine can do something.
UNMOVED = frozenset({"failed", "dropped"})
# What somebody may have put right since.
_UNFORTUNATE = UNMOVED | {"error", "unfinished"}
_FINE = frozenset({"moved", "deleted", "not-selected", "skipped"})


def follow(failure: Failure, world: World, now: float, grace: float) -> Failure:
    """Return the failure with what is now known about its instances.

    Args:
        failure: A reported failure.
        world: The newest answers of nova and Masakari.
        now: Seconds since 1970.
        grace: Seconds that nova may still work on an instance after the notification ended.
    """
    moves = _moves(failure, world)
    names = {one.uuid: one for one in failure.instances}
    for uuid, move in moves.items():
        names.setdefault(uuid, Instance(uuid, move.name))
    updated = tuple(
        one if one.outcome else _update(one, failure, world, moves.get(one.uuid), now, grace)
        for one in names.values()
    )
    for before, after in zip(names.values(), updated, strict=True):
        if after.outcome and not before.outcome:
            detail = " ".join(filter(None, (after.destination, after.detail)))
            failure = failure.note(
                now, f"instance {after.name or after.uuid}: {after.outcome}", detail
            )
    return dataclasses.replace(failure, instances=updated)


def remember(failure: Failure, servers: tuple[Server, ...]) -> Failure:
    """Return the failure with the instances that nova lists on its host."""
    known = {one.uuid: one for one in failure.instances}
    for server in servers:
        known.setdefault(server.uuid, Instance(server.uuid, server.name, locked=server.locked))
    return dataclasses.replace(failure, instances=tuple(known.values()), listed=True)


def verdict(failure: Failure) -> Outcome | None:
    """Return how a failure ended, once its notification and all its instances are settled.

    Before nova has listed them, none may be known, and an engine that failed at once does not name any.
    """
    if failure.status not in TERMINAL or any(not one.outcome for one in failure.instances):
        return None
    if not failure.listed and failure.returned is None:
        return None
    if failure.status == "ignored":
        return Outcome.IGNORED
    bad = [one for one in failure.instances if one.outcome not in _FINE]
    if bad:
        return Outcome.FAILED if len(bad) == len(failure.instances) else Outcome.INCOMPLETE
    if not any(one.outcome == "moved" for one in failure.instances):
        # An engine that failed before it looked at any instance has not failed one.
        return Outcome.NOTHING_TO_MOVE if failure.status == "finished" else Outcome.FAILED
    return Outcome.RECOVERED


def newest(world: World, host: str, uuid: str) -> Seen[Server | None] | None:
    """Return the newest sight of an instance: by itself, or in the list of the failed host."""
    alone, listed = world.server.get(uuid), world.servers.get(host)
    if listed is not None and (alone is None or listed.asked > alone.asked):
        found = next((one for one in listed.value if one.uuid == uuid), None)
        if found is not None:
            return Seen(listed.asked, found)
        return None  # it has left the list; only a look at itself says where to
    return alone


def unmoved(failure: Failure) -> tuple[Instance, ...]:
    """Return the instances that a further notification could still move."""
    return tuple(one for one in failure.instances if one.outcome in UNMOVED)


def retry(failure: Failure) -> Failure:
    """Return the failure with its unmoved instances unsettled, for another notification."""
    fresh = tuple(
        dataclasses.replace(one, outcome="", detail="", move="", started=None, ended=None)
        if one in unmoved(failure)
        else one
        for one in failure.instances
    )
    return dataclasses.replace(failure, instances=fresh)


def unfortunate(failure: Failure) -> tuple[Instance, ...]:
    """Return the instances that somebody has to look after."""
    return tuple(one for one in failure.instances if one.outcome in _UNFORTUNATE)


def catch_up(failure: Failure, world: World, now: float) -> Failure:
    """Return a failure that has ended with what has become of its unfortunate instances since."""
    since = failure.status_since or failure.lost
    for one in unfortunate(failure):
        seen = world.server.get(one.uuid)
        if seen is None or seen.asked < since or (seen.value and seen.value.task):
            continue
        after = _elsewhere(one, failure.host, seen.value, now)
        if after.outcome != one.outcome:
            updated = tuple(after if each is one else each for each in failure.instances)
            failure = dataclasses.replace(failure, instances=updated)
            what = f"instance {after.name or after.uuid}: {after.outcome}, by other means"
            failure = failure.note(now, what, after.destination)
    return failure


def _elsewhere(instance: Instance, host: str, server: Server | None, now: float) -> Instance:
    if server is None:
        return dataclasses.replace(instance, outcome="deleted", ended=now)
    if server.host == host or server.status == "ERROR":
        return instance
    return dataclasses.replace(
        instance, outcome="moved", destination=server.host, ended=now, detail=server.status
    )


def _moves(failure: Failure, world: World) -> dict[str, Move]:
    seen = world.moves.get(failure.notification)
    return {move.instance: move for move in (seen.value or ())} if seen else {}


def _update(
    instance: Instance, failure: Failure, world: World, move: Move | None, now: float, grace: float
) -> Instance:
    if move is not None:
        instance = dataclasses.replace(
            instance,
            name=instance.name or move.name,
            move=move.status,
            destination=move.destination,
            started=move.started,
            ended=move.ended,
            detail=move.message,
        )
    since = failure.status_since or now
    seen = newest(world, failure.host, instance.uuid)
    if seen is not None and seen.value is not None:
        instance = dataclasses.replace(instance, task=seen.value.task)
    ended = failure.status in TERMINAL
    if seen is None or seen.asked < (since if ended else failure.attempted or 0.0):
        return instance
    return _settle(instance, failure, seen.value, now, late=ended and now - since > grace)


def _settle(
    instance: Instance, failure: Failure, server: Server | None, now: float, *, late: bool
) -> Instance:
    if server is None:
        return dataclasses.replace(instance, outcome="deleted", ended=now)
    if server.task and not late:
        return instance
    if server.host != failure.host:
        if server.status == "ERROR" and failure.status not in TERMINAL:
            return instance
        outcome = "error" if server.status == "ERROR" else "moved"
        ended = instance.ended or now
        return dataclasses.replace(
            instance, outcome=outcome, destination=server.host, ended=ended, detail=server.status
        )
    if failure.status not in TERMINAL:
        return instance
    if server.task:
        detail = f"nova is still at it: {server.task}"
        return dataclasses.replace(instance, outcome="unfinished", detail=detail)
    return _stayed(instance, failure, late=late)


def _stayed(instance: Instance, failure: Failure, *, late: bool) -> Instance:
    """Name the outcome of an instance that is where it was, with the engine done."""
    if instance.move == "succeeded" and not late:
        return instance
    outcomes = {
        "failed": "failed",
        "pending": "dropped",
        "ongoing": "dropped",
        "ignored": "skipped",
    }
    # No move at all: the engine had nothing in mind with it (HA_Enabled), or never got that far.
    without = "not-selected" if failure.status in {"finished", "ignored"} else "failed"
    return dataclasses.replace(instance, outcome=outcomes.get(instance.move, without))
