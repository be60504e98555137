# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What to ask and what to order next: a function of the state alone. Pure.

Everything is wanted for as long as it is missing, so nothing is ever forgotten: an order that
failed is simply still wanted. The loop keeps the intervals and has one of each under way.
"""

from collections.abc import Iterator

from fencing_monitor import adoption, census, queueing, recovery, returning, stall, tracking
from fencing_monitor.cloud import Seen, SegmentHost, World
from fencing_monitor.failure import Failure, Host, Outcome, Phase
from fencing_monitor.machine import State
from fencing_monitor.requests import (
    GiveUp,
    LogIn,
    ReadHosts,
    ReadMoves,
    ReadNotifications,
    ReadServer,
    ReadServers,
    ReadServices,
    Report,
    ReturnHost,
    SetForcedDown,
    SetMaintenance,
    SyncHistory,
    Unlock,
    Wanted,
)
from fencing_monitor.rules import Rules

# An order rests on the present state of the cluster; one that is older than this is not present.
_FRESH = 10.0
# How old a login may be for keystone to count as there.
_LOGGED_IN = 30.0
_SOON, _FOLLOW, _SLOW, _RARE = 1.0, 2.0, 10.0, 60.0
# After this long a recovery is followed at a slower pace: every look costs the APIs something.
_HURRY = 300.0


def wanted(state: State, rules: Rules, now: float) -> tuple[Wanted, ...]:
    """Return every request that the state calls for, the most urgent host first."""
    cluster = state.cluster
    present = cluster is not None and cluster.quorate and now - cluster.at <= _FRESH
    found: dict[object, Wanted] = {}
    for host in sorted(
        state.hosts.values(), key=lambda one: one.failure.lost if one.failure else 0.0
    ):
        if host.failure is not None:
            held = queueing.is_held(host, state, rules, now)
            for one in _of(host, host.failure, state.world, rules, now, present=present):
                if not (held and isinstance(one.request, Report)):
                    found.setdefault(one.request, one)
    if present and state.hosts:
        for one in _census(state.world, now):
            found.setdefault(one.request, one)
    return tuple(found.values())


def _census(world: World, now: float) -> Iterator[Wanted]:
    since = now - census.INTERVAL
    if _stale(world.services, since):
        yield Wanted(ReadServices(), census.INTERVAL)
    if _stale(world.hosts, since):
        yield Wanted(ReadHosts(), census.INTERVAL)


def _of(
    host: Host, failure: Failure, world: World, rules: Rules, now: float, *, present: bool
) -> Iterator[Wanted]:
    if failure.forced_by_us and host.really_online and present and rules.clear_forced_down:
        # Also while the engine is at work: nova would go on to evacuate from a host that runs again.
        yield from _force_up(failure, world)
    if failure.phase is Phase.LOST:
        yield from _prepare(failure, world)
    elif failure.phase is Phase.CONFIRMED:
        yield from _prepare(failure, world)
        yield from _force_down(failure, world, order=present and host.is_certain)
    elif failure.phase is Phase.DOWN:
        yield from _report(failure, world, rules, now, order=present and host.is_certain)
    elif failure.phase is Phase.REPORTED:
        yield from _follow(failure, world, rules, now, order=present and _is_known(host))
    elif adoption.may_be_repeated(failure):
        yield from _look_again(failure, world)
    elif returning.is_awaited(failure, rules):
        yield Wanted(ReadServices(), _SLOW)
        yield Wanted(ReadHosts(), _SLOW)
        if present and returning.is_due(failure, rules, now):
            yield Wanted(ReturnHost(failure.host), 30.0)


def _is_known(host: Host) -> bool:
    """Return whether it is certain of a host that it is off, or that it is back."""
    return host.is_certain or host.really_online


def _prepare(failure: Failure, world: World) -> Iterator[Wanted]:
    """Learn beforehand what will be needed the moment the fence is confirmed."""
    if _stale(world.services, failure.lost):
        yield Wanted(ReadServices(), _FOLLOW)
    if not failure.listed and _stale(world.servers.get(failure.host), failure.lost):
        yield Wanted(ReadServers(failure.host), _FOLLOW)
    if _stale(world.hosts, failure.lost):
        yield Wanted(ReadHosts(), _FOLLOW)
    known = world.segment_host(failure.host)
    if failure.confirmed and known:
        yield from _list_notifications(failure, known, world)
    if failure.phase is Phase.LOST and "history" in failure.reason:
        yield Wanted(SyncHistory(failure.host), 30.0)


def _force_down(failure: Failure, world: World, *, order: bool) -> Iterator[Wanted]:
    service = world.service(failure.host)
    if service is not None and order:
        yield Wanted(SetForcedDown(failure.host, service.id, down=True), _SOON)
    if service is None:
        absent = failure.outcome is Outcome.NOT_A_HYPERVISOR
        yield Wanted(ReadServices(), _RARE if absent else _SOON)


def _report(
    failure: Failure, world: World, rules: Rules, now: float, *, order: bool
) -> Iterator[Wanted]:
    if not failure.listed:
        yield Wanted(ReadServers(failure.host), _SOON)
    known = world.segment_host(failure.host)
    if known is None:
        # Asked again for as long as it takes: somebody may register the host.
        absent = failure.outcome is Outcome.NOT_IN_A_SEGMENT
        yield Wanted(ReadHosts(), _SLOW if absent else _SOON)
        return
    if failure.retry_after is not None and now < failure.retry_after:
        return
    if failure.refused is not None and _stale(world.hosts, failure.refused):
        yield Wanted(ReadHosts(), _SOON)  # on maintenance, or taken for a duplicate?
    if _unlisted(failure, known, world):
        yield from _list_notifications(failure, known, world)
        return
    if not order or not (failure.listed or now - (failure.down or now) > rules.patience):
        return
    if failure.retry_after is not None:
        yield from _report_again(failure, known, world, now)
    else:
        yield Wanted(Report(failure.host), _SOON)


def _report_again(
    failure: Failure, known: SegmentHost, world: World, now: float
) -> Iterator[Wanted]:
    """Report once more what the engine left behind, unless nova is at work on any of it.

    The engine resets an instance that has a task state and evacuates it again, which could start
    it on two hosts. Nor without keystone: for minutes nova and Masakari still know the monitor's token, but maybe
    not the engine's, which would fail at once, and the reports be used up.
    """
    listed, since = world.servers.get(failure.host), failure.retry_after or 0.0
    if _stale(world.hosts, since):
        yield Wanted(ReadHosts(), _FOLLOW)  # what is known of on_maintenance is from before
    elif listed is None or listed.asked < since:
        yield Wanted(ReadServers(failure.host), _FOLLOW)
    elif any(server.task for server in listed.value):
        yield Wanted(ReadServers(failure.host), _SLOW)
    elif stall.suspects(failure):
        yield from _unlock(failure, world)
    elif _stale(world.login, max(since, now - _LOGGED_IN)):
        yield Wanted(LogIn(), _FOLLOW)
    elif known.on_maintenance and failure.notifications:
        yield Wanted(SetMaintenance(failure.host, known.uuid, known.segment, on=False), 5.0)
    else:
        yield Wanted(Report(failure.host), _SOON)


def _follow(
    failure: Failure, world: World, rules: Rules, now: float, *, order: bool
) -> Iterator[Wanted]:
    since = failure.attempted or failure.confirmed or failure.lost
    every = _FOLLOW if now - since < _HURRY else _SLOW
    known = world.segment_host(failure.host)
    if known is None:
        yield Wanted(ReadHosts(), every)
    elif failure.status not in tracking.TERMINAL:
        yield Wanted(ReadNotifications(known.uuid), every)
    yield Wanted(ReadMoves(failure.notification), every)
    yield Wanted(ReadServers(failure.host), every)
    listed = world.servers.get(failure.host)
    there = {server.uuid for server in listed.value} if listed else set[str]()
    for instance in failure.instances:
        if not instance.outcome and instance.uuid not in there:
            yield Wanted(ReadServer(instance.uuid), every)
    yield from _unlock(failure, world)
    if order and stall.is_abandoned(failure, rules, now):
        yield Wanted(GiveUp(failure.host, failure.notification, failure.status), _SLOW)


def _unlock(failure: Failure, world: World) -> Iterator[Wanted]:
    for instance in stall.suspects(failure):
        yield Wanted(ReadServer(instance.uuid), _FOLLOW)
        if stall.is_locked(failure, world, instance.uuid):
            yield Wanted(Unlock(failure.host, instance.uuid), 5.0)


def _look_again(failure: Failure, world: World) -> Iterator[Wanted]:
    """See whether somebody does what the recovery did not."""
    if known := world.segment_host(failure.host):
        yield Wanted(ReadNotifications(known.uuid), _SLOW)
    for one in tracking.unfortunate(failure):
        yield Wanted(ReadServer(one.uuid), _RARE)


def _force_up(failure: Failure, world: World) -> Iterator[Wanted]:
    service = world.service(failure.host)
    if service is None:
        yield Wanted(ReadServices(), _FOLLOW)
    else:
        # nova refuses until the returned nova-compute has cleaned up what was evacuated.
        yield Wanted(SetForcedDown(failure.host, service.id, down=False), 5.0)


def _list_notifications(failure: Failure, known: SegmentHost, world: World) -> Iterator[Wanted]:
    if _unlisted(failure, known, world):
        yield Wanted(ReadNotifications(known.uuid), _SOON)


def _unlisted(failure: Failure, known: SegmentHost, world: World) -> bool:
    return _stale(world.notifications.get(known.uuid), recovery.needs_list_since(failure))


def _stale(seen: Seen[object] | None, since: float) -> bool:
    return seen is None or seen.asked < since
