# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Telling a dead engine from a slow one, and what has to be undone after it. Pure.

Masakari does not notice that an engine died in the middle of a recovery: the notification stays
``running`` for a day, the host on maintenance, and further reports are refused. What an engine that
lives does shows from outside: it begins every move by an order to nova, which then has a task for
the instance, and sees within seconds that nova has done with it. So when nova has nothing to do for
any instance, and nothing has changed for minutes, nobody is at work.
"""

import dataclasses

from fencing_monitor import tracking
from fencing_monitor.cloud import World
from fencing_monitor.failure import Failure, Instance
from fencing_monitor.requests import Answer
from fencing_monitor.rules import Rules

# How old an answer may be for silence to count: what is not seen may well be at work.
_CURRENT = 30.0


def watch(failure: Failure, world: World, rules: Rules, now: float) -> Failure:
    """Return the failure, called stalled once nobody can be at work on it any more."""
    unfinished = failure.status in tracking.UNFINISHED
    if failure.stalled or not unfinished or not _is_seen(failure, world, now):
        return failure
    idle = now - (failure.progress or now)
    if idle < _limit(failure, world, rules):
        return failure
    stalled = dataclasses.replace(failure, stalled=True)
    why = "no engine takes it up" if failure.status == "new" else "the engine that had it is dead"
    return stalled.note(now, "stalled", f"no progress for {int(idle)} s: {why}")


def _limit(failure: Failure, world: World, rules: Rules) -> float:
    """Return how long it may be silent about what is not settled yet."""
    unsettled = [one for one in failure.instances if not one.outcome]
    if any(one.task for one in unsettled):
        return rules.evacuation_grace
    sights = (tracking.newest(world, failure.host, one.uuid) for one in unsettled)
    if any(seen and seen.value and seen.value.status == "ERROR" for seen in sights):
        # The engine sees no failure in an instance that was in error before: it waits to the end.
        return max(rules.engine_patience, rules.evacuation_timeout)
    return rules.engine_patience


def is_abandoned(failure: Failure, rules: Rules, now: float) -> bool:
    """Return whether the notification has to be given up.

    One in ``error`` is waiting for its second attempt, which the periodic task of every engine makes:
    two of them may do so at once. Reported anew it is for one engine. Of a host that is back no
    attempt must begin at all.
    """
    if failure.status == "new":
        return failure.returned is not None or _is_unheard(failure, rules, now)
    return failure.status == "error" or (failure.stalled and failure.status == "running")


def _is_unheard(failure: Failure, rules: Rules, now: float) -> bool:
    """Return whether the API's word to the engines is lost, as with a RabbitMQ that is just starting.

    Who has it after all finds the notification given up and does nothing. Left alone, it would be taken up by
    the periodic task of every engine once it is a minute old: later, and possibly by two at once. That
    RabbitMQ keeps the word for an engine whose power was cut is over sooner (``heartbeat_timeout_threshold``).
    Only the first of a failure, lest engines that are away for long use up the reports.
    """
    waiting = any(not one.outcome for one in failure.instances)
    if failure.handed is None or len(failure.notifications) > 1 or not waiting:
        return False
    return now - failure.handed >= rules.hearing


def given_up(failure: Failure, answer: Answer) -> Failure:
    """Return the failure after its notification was given up, its instances suspected of locks."""
    if not answer.value:
        return failure  # its status has changed meanwhile, which a list will tell
    suspected = tuple(
        one if one.locked else dataclasses.replace(one, is_suspect=True)
        for one in failure.instances
    )
    failure = dataclasses.replace(failure, instances=suspected, stalled=False, progress=answer.at)
    return failure.note(answer.at, "notification given up", failure.notification)


def suspects(failure: Failure) -> tuple[Instance, ...]:
    """Return the instances that may still have a dead engine's lock."""
    if failure.status not in tracking.TERMINAL:
        return ()
    return tuple(one for one in failure.instances if one.is_suspect)


def clear_suspects(failure: Failure, world: World, rules: Rules, now: float) -> Failure:
    """Return the failure without suspicion of instances that are seen not to be locked."""
    since = failure.status_since or now
    done = {
        one.uuid
        for one in suspects(failure)
        if _is_free(world, failure.host, one.uuid, since) or now - since > rules.evacuation_grace
    }
    if not done:
        return failure
    cleared = tuple(
        dataclasses.replace(one, is_suspect=False) if one.uuid in done else one
        for one in failure.instances
    )
    return dataclasses.replace(failure, instances=cleared)


def is_locked(failure: Failure, world: World, uuid: str) -> bool:
    """Return whether an instance is seen locked, by a look since its notification ended."""
    seen = tracking.newest(world, failure.host, uuid)
    since = failure.status_since or 0.0
    return bool(seen and seen.asked >= since and seen.value and seen.value.locked)


def _is_free(world: World, host: str, uuid: str, since: float) -> bool:
    seen = tracking.newest(world, host, uuid)
    return seen is not None and seen.asked >= since and not (seen.value and seen.value.locked)


def _is_seen(failure: Failure, world: World, now: float) -> bool:
    """Return whether nova and Masakari have told the present state of everything."""
    since = now - _CURRENT
    moves, listed = world.moves.get(failure.notification), world.servers.get(failure.host)
    if moves is None or moves.asked < since or listed is None or listed.asked < since:
        return False
    unsettled = (one for one in failure.instances if not one.outcome)
    sights = (tracking.newest(world, failure.host, one.uuid) for one in unsettled)
    return all(seen is not None and seen.asked >= since for seen in sights)
