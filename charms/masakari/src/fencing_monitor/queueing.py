# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which of two hosts that fail at once is reported first, where reserves are at stake. Pure.

An engine lists a segment's free reserves when it begins and takes the first. Two engines that begin
together take the same one, though there are two; one engine alone fails the second recovery, because it
holds the reserve for the first. So where the method takes reserves, one host of a segment is reported
after the other has been recovered, or has had the time for it.
"""

from fencing_monitor import tracking
from fencing_monitor.failure import Failure, Host, Phase
from fencing_monitor.machine import State
from fencing_monitor.rules import Rules

_RESERVE_FIRST = frozenset({"reserved_host", "rh_priority"})


def is_held(host: Host, state: State, rules: Rules, now: float) -> bool:
    """Return whether the report of a failed host waits for another host's recovery."""
    mine, failure = state.world.segment_host(host.name), host.failure
    if failure is None or mine is None or mine.method not in _RESERVE_FIRST:
        return False
    for other in state.hosts.values():
        theirs = state.world.segment_host(other.name)
        rival = other.failure if theirs and theirs.segment == mine.segment else None
        if rival is None or other.name == host.name:
            continue
        if _is_recovered(rival, rules, now) or _goes_first(rival, failure, rules, now):
            return True
    return False


def _is_recovered(failure: Failure, rules: Rules, now: float) -> bool:
    """Return whether an engine is at work on a host, and has not been for too long."""
    since = max(failure.attempted or 0.0, failure.status_since or 0.0)
    unfinished = failure.status not in tracking.TERMINAL
    return (
        failure.phase is Phase.REPORTED and unfinished and now - since < rules.evacuation_timeout
    )


def _goes_first(rival: Failure, mine: Failure, rules: Rules, now: float) -> bool:
    """Return whether another host is about to be reported, and was lost earlier."""
    about = rival.phase is Phase.DOWN and rival.refused is None and rival.outcome is None
    due = rival.retry_after is None or now >= rival.retry_after
    soon = now - (rival.down or now) < rules.evacuation_timeout
    return about and due and soon and (rival.lost, rival.host) < (mine.lost, mine.host)
