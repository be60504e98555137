# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Repeating a recovery that did not end well, or moving single instances that it left behind.

Safe to repeat, and refused with the reason wherever it could do harm: the same evidence counts as for
the first report, nobody else may be at work on the host, and nova on none of its instances. The monitor
finds the new notification and follows it, on whichever unit this was asked for.
"""

from collections.abc import Callable, Iterator, Sequence

from fencing_monitor import tracking
from fencing_monitor.cloud import Notification, Notifications, SegmentHost, Server, Servers
from fencing_monitor.evidence import CLOCK_TOLERANCE, Evidence
from fencing_monitor.requests import (
    Evacuate,
    GiveUp,
    ReadNotifications,
    ReadServer,
    ReadServers,
    Report,
    SetForcedDown,
    SetMaintenance,
)
from fencing_monitor.work import HostError, Step, Work, collect

Certainty = Callable[[str], Evidence]
"""Returns the evidence that a host is off, or raises HostError with why there is none."""


def retry_host(work: Work, certainty: Certainty) -> tuple[Step, ...]:
    """Have Masakari recover a host once more.

    Raises:
        HostError: It is not safe or not possible; the message says why, ``steps`` what had been done.
    """
    return collect(_repeat(work, certainty))


def move_instances(work: Work, certainty: Certainty, instances: Sequence[str]) -> tuple[Step, ...]:
    """Have nova evacuate single instances, of which Masakari has no notion, and wait for them.

    Raises:
        HostError: It is not safe or not possible; the message says why, ``steps`` what had been done.
    """
    return collect(_move(work, certainty, instances))


def _repeat(work: Work, certainty: Certainty) -> Iterator[Step]:
    found = certainty(work.host)
    yield Step(f"known to be off, fenced by {found.delegate or 'unknown'}", changed=False)
    registered = _registered(work)
    listed = _ended(work, registered)
    if not registered.on_maintenance and not _is_reported(listed, found):
        raise HostError(
            "its failure is not reported yet, which the fencing monitor does by itself"
        )
    if not _idle(work):
        yield Step("no instances are left on it", changed=False)
        return
    yield from _give_up(work, listed)
    yield _force_down(work)
    if registered.on_maintenance:
        yield _end_maintenance(work, registered)
    certainty(work.host)
    yield _report(work)


def _move(work: Work, certainty: Certainty, instances: Sequence[str]) -> Iterator[Step]:
    found = certainty(work.host)
    yield Step(f"known to be off, fenced by {found.delegate or 'unknown'}", changed=False)
    registered = work.registered()
    if registered is not None:
        _ended(work, registered)
    there = {server.uuid: server for server in _idle(work)}
    absent = [uuid for uuid in instances if uuid not in there]
    if absent:
        raise HostError(f"not on {work.host}: {', '.join(absent)}")
    yield _force_down(work)
    for uuid in instances:
        work.value(Evacuate(work.host, uuid))
        yield Step(f"{there[uuid].name}: evacuation ordered", changed=True)
    for uuid in instances:
        yield _arrival(work, there[uuid])


def _registered(work: Work) -> SegmentHost:
    registered = work.registered()
    if registered is None:
        raise HostError(f"{work.host} is in no failover segment; run add-host")
    if not registered.segment_enabled:
        raise HostError("its failover segment is disabled, so Masakari would ignore it")
    return registered


def _ended(work: Work, registered: SegmentHost) -> Notifications:
    """Return the host's notifications, none of which anybody is at work on."""
    listed: Notifications = work.value(ReadNotifications(registered.uuid))
    for one in listed:
        if one.status in tracking.UNFINISHED - {"error"}:
            raise HostError(
                f"Masakari has not ended {one.uuid} ({one.status}); if its engine is dead, the"
                " fencing monitor notices within minutes and goes on by itself"
            )
    return listed


def _is_reported(listed: Notifications, found: Evidence) -> bool:
    earliest = found.fenced - CLOCK_TOLERANCE
    return any(one.event == "STOPPED" and one.generated >= earliest for one in listed)


def _idle(work: Work) -> Servers:
    """Return the host's instances, on none of which nova is at work: two evacuations are two writers."""
    servers: Servers = work.value(ReadServers(work.host))
    if busy := [f"{one.name} ({one.task})" for one in servers if one.task]:
        raise HostError(f"nova is at work on {', '.join(busy)}")
    return servers


def _give_up(work: Work, listed: Notifications) -> Iterator[Step]:
    """End what waits for a second attempt, which every engine might make at once."""
    for one in listed:
        if one.status == "error" and work.value(GiveUp(work.host, one.uuid, one.status)):
            yield Step(f"notification {one.uuid} given up", changed=True)


def _force_down(work: Work) -> Step:
    service = work.service()
    if not service.forced_down:
        work.value(SetForcedDown(work.host, service.id, down=True))
    return Step("forced down in nova", changed=not service.forced_down)


def _end_maintenance(work: Work, registered: SegmentHost) -> Step:
    order = SetMaintenance(work.host, registered.uuid, registered.segment, on=False)
    while (problem := work.ask(order).problem) is not None:
        if problem.code != 409:
            raise HostError(f"masakari: {problem.message}")
        work.wait("Masakari still recovers something in the host's segment")
    return Step("on_maintenance cleared in Masakari", changed=True)


def _report(work: Work) -> Step:
    while (answer := work.ask(Report(work.host))).problem is not None:
        if answer.problem.code != 409:
            raise HostError(f"masakari: {answer.problem.message}")
        work.wait(f"Masakari refuses the report: {answer.problem.message}")
    made: Notification = answer.value
    return Step(f"reported to Masakari: {made.uuid}", changed=True)


def _arrival(work: Work, before: Server) -> Step:
    while True:
        now: Server | None = work.value(ReadServer(before.uuid))
        if now is None:
            return Step(f"{before.name}: deleted", changed=False)
        if not now.task and now.host != work.host:
            return Step(f"{now.name}: {now.status} on {now.host}", changed=True)
        if not now.task and now.status == "ERROR" and before.status != "ERROR":
            raise HostError(f"{now.name} is in ERROR; openstack server show {now.uuid} says why")
        work.wait(f"{now.name} has not moved yet; nova goes on with it")
