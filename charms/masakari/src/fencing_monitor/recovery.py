# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How a failure advances: from confirmed to down, reported and ended. Pure.

``conclude`` takes in what came of an order of ours, ``advance`` what else is known. The order of
the steps is the point: nova is told before Masakari (else the engine's first call waits 60 s for
the dead host), and Masakari only after a fresh list of its notifications shows that nobody else
has told it.
"""

import dataclasses

from fencing_monitor import adoption, returning, stall, tracking
from fencing_monitor.cloud import Notification, World
from fencing_monitor.failure import PROVISIONAL, Failure, Host, Outcome, Phase
from fencing_monitor.requests import (
    Answer,
    GiveUp,
    Problem,
    Report,
    ReturnHost,
    SetForcedDown,
    SetMaintenance,
    Unlock,
)
from fencing_monitor.rules import Rules

# A report that nobody answered may still be on its way through a proxy; only a list asked for
# this much later shows whether it arrived.
UNCERTAIN = 15.0
_CONFLICT = 409
_UNREPORTED = frozenset({Phase.CONFIRMED, Phase.DOWN})


def advance(failure: Failure, host: Host, world: World, rules: Rules, now: float) -> Failure:
    """Return the failure as far as what is known allows."""
    if failure.returned is None and not failure.listed and failure.phase is not Phase.LOST:
        listed = world.servers.get(failure.host)
        if listed is not None and listed.asked >= failure.lost:
            failure = tracking.remember(failure, listed.value)
    failure = returning.remember(failure, world)
    failure = stall.clear_suspects(failure, world, rules, now)
    if failure.phase is Phase.CONFIRMED:
        failure = _tell_nova(failure, world, now)
    if failure.phase is Phase.DOWN:
        failure = _find_report(failure, host, world, rules, now)
    if failure.phase is Phase.REPORTED:
        failure = _follow(failure, host, world, rules, now)
    if adoption.may_be_repeated(failure):
        failure = _look_again(failure, host, world, now)
    return failure


def conclude(failure: Failure, answer: Answer) -> Failure:
    """Return the failure after an order was carried out, refused or lost."""
    request, problem = answer.request, answer.problem
    if isinstance(request, Report):
        return _reported(failure, answer)
    if isinstance(request, SetForcedDown) and problem is None:
        return _forced(failure, request, answer.at)
    if isinstance(request, SetMaintenance) and problem is None:
        return failure.note(answer.at, "maintenance cleared, to report again")
    if isinstance(request, GiveUp) and problem is None:
        return stall.given_up(failure, answer)
    if isinstance(request, ReturnHost) and problem is None:
        failure = dataclasses.replace(failure, restored=answer.at, homecoming=returning.IN_SERVICE)
        return failure.note(answer.at, "returned to service by itself", str(answer.value))
    if isinstance(request, Unlock) and problem is None:
        return failure.note(answer.at, "unlocked, as it was before the engine died", request.uuid)
    if request.changes and problem is not None:
        return _note_problem(failure, answer.at, type(request).__name__, problem)
    return failure


def needs_list_since(failure: Failure) -> float:
    """Return from when on a list of notifications can tell whether the failure was reported."""
    attempted = (failure.attempted or 0.0) + (UNCERTAIN if failure.uncertain else 0.0)
    others = (failure.confirmed, failure.refused, failure.retry_after)
    return max(attempted, *(one or 0.0 for one in others))


def _tell_nova(failure: Failure, world: World, now: float) -> Failure:
    since = failure.confirmed or now
    if world.services is None or world.services.asked < since:
        return failure
    service = world.service(failure.host)
    if service is None:
        return failure.end(now, Outcome.NOT_A_HYPERVISOR, "nova has no nova-compute of that name")
    if failure.outcome is Outcome.NOT_A_HYPERVISOR:
        failure = dataclasses.replace(failure, outcome=None)
    if not service.forced_down:
        return failure
    down = dataclasses.replace(failure, phase=Phase.DOWN, down=now)
    return down.note(now, "nova already counts the host as down")


def _forced(failure: Failure, request: SetForcedDown, now: float) -> Failure:
    if not request.down:
        up = dataclasses.replace(failure, forced_by_us=False, cleared=now)
        return up.note(now, "nova no longer counts the host as forced down")
    failure = dataclasses.replace(failure, forced_by_us=True)
    if failure.phase is not Phase.CONFIRMED:
        return failure
    down = dataclasses.replace(failure, phase=Phase.DOWN, down=now, outcome=None)
    return down.note(now, "forced down in nova")


def _find_report(failure: Failure, host: Host, world: World, rules: Rules, now: float) -> Failure:
    """Adopt a notification that exists already, or name the reason why there can be none."""
    known = world.segment_host(failure.host)
    if known is None:
        if world.hosts is None or world.hosts.asked < (failure.down or now):
            return failure
        return failure.end(now, Outcome.NOT_IN_A_SEGMENT, "register the host to have it recovered")
    if failure.outcome in PROVISIONAL:
        failure = dataclasses.replace(failure, outcome=None)
        failure = failure.note(now, "registered in a segment")
    listed = world.notifications.get(known.uuid)
    if listed is None or listed.asked < needs_list_since(failure):
        return failure
    found = adoption.find(failure, host, listed.value)
    if found is not None:
        return adoption.adopt(failure, found, now).note(now, "found reported", found.uuid)
    if failure.refused is None or world.hosts is None or world.hosts.asked < failure.refused:
        return failure
    if not known.on_maintenance:
        # Masakari took it for a duplicate: within duplicate_notification_detection_interval (180 s
        # unless configured) it does not tell a host's second failure from its first.
        return dataclasses.replace(
            failure, refused=None, refusal="", retry_after=now + rules.duplicate_delay
        )
    if failure.notifications:  # a further report was refused; what the former left is the outcome
        return failure.end(now, Outcome.INCOMPLETE, failure.refusal)
    return failure.end(now, Outcome.ON_MAINTENANCE, failure.refusal)


def _reported(failure: Failure, answer: Answer) -> Failure:
    problem = answer.problem
    unreported = failure.phase in _UNREPORTED or failure.outcome is Outcome.RETURNED
    if not unreported:
        return failure
    failure = dataclasses.replace(failure, attempted=answer.asked)
    if problem is None:
        found: Notification = answer.value
        adopted = adoption.adopt(failure, found, answer.at)
        adopted = dataclasses.replace(adopted, handed=answer.at)
        return adopted.note(answer.at, "reported to Masakari", found.uuid)
    failure = _note_problem(failure, answer.at, "report", problem)
    if problem.code == _CONFLICT:
        return dataclasses.replace(
            failure, refused=answer.at, refusal=problem.message, uncertain=False
        )
    return dataclasses.replace(failure, uncertain=not problem.refused)


def _note_problem(failure: Failure, now: float, what: str, problem: Problem) -> Failure:
    detail = f"{problem.code or 'no answer'}: {problem.message}"
    if failure.moments and failure.moments[-1].detail == detail:
        return failure
    return failure.note(now, f"{what} failed", detail)


def _follow(failure: Failure, host: Host, world: World, rules: Rules, now: float) -> Failure:
    failure = _watch_status(failure, world, now)
    before = failure.instances
    failure = tracking.follow(failure, world, now, rules.evacuation_grace)
    if failure.instances != before:
        failure = dataclasses.replace(failure, progress=now, stalled=False)
    outcome = tracking.verdict(failure)
    if outcome is None or stall.suspects(failure):
        return stall.watch(failure, world, rules, now)
    if _may_retry(failure, host, rules) and tracking.unmoved(failure):
        return _retry(failure, rules, now)
    return failure.end(now, outcome, _describe(failure))


def _look_again(failure: Failure, host: Host, world: World, now: float) -> Failure:
    """Take in what somebody did about a recovery that had not ended well."""
    failure = adoption.reopen(failure, host, world, now)
    if failure.is_open:
        return failure
    mended = tracking.catch_up(failure, world, now)
    outcome = tracking.verdict(mended) if mended.instances != failure.instances else None
    return mended.end(now, outcome, _describe(mended)) if outcome else mended


def _watch_status(failure: Failure, world: World, now: float) -> Failure:
    everything = (one for seen in world.notifications.values() for one in seen.value)
    found = next((one for one in everything if one.uuid == failure.notification), None)
    if found is None or found.status == failure.status:
        return failure
    changed = dataclasses.replace(
        failure, status=found.status, status_since=now, progress=now, stalled=False
    )
    return changed.note(now, f"notification {found.status}")


def _may_retry(failure: Failure, host: Host, rules: Rules) -> bool:
    return (
        failure.status in {"finished", "failed"}
        and len(failure.notifications) < rules.max_reports
        and failure.returned is None
        and host.is_certain
    )


def _retry(failure: Failure, rules: Rules, now: float) -> Failure:
    names = ", ".join(one.name or one.uuid for one in tracking.unmoved(failure))
    delay = rules.retry_delay * 2 ** (len(failure.notifications) - 1)
    again = dataclasses.replace(tracking.retry(failure), phase=Phase.DOWN, retry_after=now + delay)
    return again.note(now, f"to be reported again in {int(delay)} s", f"not moved: {names}")


def _describe(failure: Failure) -> str:
    counts: dict[str, int] = {}
    for one in failure.instances:
        counts[one.outcome] = counts.get(one.outcome, 0) + 1
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
