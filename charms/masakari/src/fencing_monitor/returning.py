# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a host that is back returns to service by itself. Pure.

Only what a recovery took out of service comes back so, and only after a recovery that went well: a
host that a person took out, before the failure or since, is that person's to return. The engine
writes its own reason over whatever nova said of the host, so what was before has to be remembered
from before it was reported; a monitor that does not know it leaves the host to an operator.
"""

import dataclasses

from fencing_monitor.cloud import World
from fencing_monitor.failure import Failure, Host, Outcome, Phase
from fencing_monitor.rules import Rules

IN_SERVICE = "in service"
# A host that fails again so soon after it returned by itself (seconds) is not repaired.
_RELAPSE = 86400.0
# What nova said longer ago than this (seconds) is not how things are.
_CURRENT = 30.0
_WELL = frozenset({Outcome.RECOVERED, Outcome.NOTHING_TO_MOVE})
_BEFORE = frozenset({Phase.LOST, Phase.CONFIRMED, Phase.DOWN})


def remember(failure: Failure, world: World) -> Failure:
    """Return the failure with what nova says of the host before anybody has reported it."""
    if failure.was_enabled is not None or failure.notifications or failure.phase not in _BEFORE:
        return failure
    service = world.service(failure.host, since=failure.lost)
    if service is None:
        return failure
    return dataclasses.replace(failure, was_enabled=service.enabled and not service.forced_down)


def is_awaited(failure: Failure, rules: Rules) -> bool:
    """Return whether it is still to be decided or done that the host returns to service."""
    back = failure.returned is not None and not failure.is_open
    return bool(rules.auto_return and back and failure.notifications and not failure.homecoming)


def advance(failure: Failure, host: Host, world: World, rules: Rules, now: float) -> Failure:
    """Return the failure with since when its host could return, or why it does not by itself."""
    if not is_awaited(failure, rules):
        return failure
    if _is_in_service(failure, world):
        return dataclasses.replace(failure, homecoming=IN_SERVICE).note(now, "back in service")
    if reason := _refusal(failure, host, world, rules):
        failure = dataclasses.replace(failure, homecoming=reason)
        return failure.note(now, "does not return to service by itself", reason)
    if not _is_ready(failure, host, world, now):
        return dataclasses.replace(failure, ready=None) if failure.ready else failure
    return dataclasses.replace(failure, ready=now) if failure.ready is None else failure


def is_due(failure: Failure, rules: Rules, now: float) -> bool:
    """Return whether the host has been well for long enough."""
    ready = failure.ready
    return is_awaited(failure, rules) and ready is not None and now - ready >= rules.return_after


def _refusal(failure: Failure, host: Host, world: World, rules: Rules) -> str:
    """Return why the host is left to an operator, or nothing."""
    if failure.outcome not in _WELL:
        return f"its recovery ended as {failure.outcome.value if failure.outcome else 'nothing'}"
    if failure.was_enabled is None:
        return "whether it was in service before it failed is not known"
    if not failure.was_enabled:
        return "it was disabled or forced down in nova before it was reported"
    if any(_is_relapse(former, failure) for former in host.former):
        return "it failed again within a day of its last return"
    since = max(failure.returned or failure.lost, failure.cleared or 0.0)
    service = world.service(failure.host, since)
    if service and service.forced_down:
        return "nova counts it as forced down, and not by this monitor"
    if service and not service.enabled and service.disabled_reason not in rules.return_reasons:
        return f"somebody disabled it in nova ({service.disabled_reason or 'no reason given'})"
    return ""


def _is_relapse(former: Failure, failure: Failure) -> bool:
    return former.restored is not None and failure.lost - former.restored < _RELAPSE


def _is_in_service(failure: Failure, world: World) -> bool:
    """Return whether nothing is left to do: an operator was sooner, or an order's answer was lost."""
    since = failure.returned or failure.lost
    service, registered = world.service(failure.host, since), world.segment_host(failure.host)
    if service is None or world.hosts is None or world.hosts.asked < since:
        return False
    serving = service.enabled and service.up and not service.forced_down
    return serving and not (registered and registered.on_maintenance)


def _is_ready(failure: Failure, host: Host, world: World, now: float) -> bool:
    service = world.service(failure.host, since=max(failure.returned or 0.0, now - _CURRENT))
    well = service is not None and service.up and not service.forced_down
    return well and host.really_online and host.is_watched
