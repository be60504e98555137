# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which of Masakari's notifications are about a failure, whoever made them. Pure."""

import dataclasses

from fencing_monitor import tracking
from fencing_monitor.cloud import Notification, World
from fencing_monitor.evidence import CLOCK_TOLERANCE
from fencing_monitor.failure import Failure, Host, Outcome, Phase

# Outcomes after which somebody may do what the recovery did not.
_UNFORTUNATE = frozenset({
    Outcome.FAILED, Outcome.IGNORED, Outcome.INCOMPLETE, Outcome.ON_MAINTENANCE
})  # fmt: skip


def may_be_repeated(failure: Failure) -> bool:
    """Return whether an operator may still bring a recovery to a better end: ``retry-recovery``."""
    return not failure.is_open and failure.returned is None and failure.outcome in _UNFORTUNATE


def reopen(failure: Failure, host: Host, world: World, now: float) -> Failure:
    """Return a failure that had ended with the notification that somebody made about it since."""
    known = world.segment_host(failure.host)
    listed = world.notifications.get(known.uuid) if known else None
    found = find(failure, host, listed.value) if listed else None
    if found is None or (found.uuid == failure.notification and found.status == failure.status):
        return failure
    return adopt(tracking.retry(failure), found, now).note(now, "found repeated", found.uuid)


def find(failure: Failure, host: Host, listed: tuple[Notification, ...]) -> Notification | None:
    """Return the newest notification that is about a failure and that it does not follow yet."""
    ours = set(failure.notifications)
    theirs = {one for former in host.former for one in former.notifications}
    earliest = failure.reference - CLOCK_TOLERANCE
    # One that is unfinished is about this failure whatever its age, and be it one that was given up
    # while an engine just took it up again: the engine will look for the host's instances when it
    # comes to it, and Masakari would refuse a second one.
    fitting = [
        one
        for one in listed
        if one.event == "STOPPED"
        and (
            one.status in tracking.UNFINISHED
            or (one.uuid not in ours | theirs and one.generated >= earliest)
        )
    ]
    return max(fitting, key=lambda one: one.generated, default=None)


def adopt(failure: Failure, found: Notification, now: float) -> Failure:
    """Return the failure as reported by a notification, which is followed from now on."""
    return dataclasses.replace(
        failure,
        phase=Phase.REPORTED,
        notifications=(*(one for one in failure.notifications if one != found.uuid), found.uuid),
        status="",
        status_since=now,
        progress=now,
        stalled=False,
        handed=None,
        uncertain=False,
        refused=None,
        refusal="",
        retry_after=None,
        outcome=None,
    )
