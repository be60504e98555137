# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Taking a hypervisor out of service and back, in the order that works.

Returning has an order because nova has traps. It refuses to clear ``forced_down`` while the
returned nova-compute has not cleaned up what was evacuated from it. And a service that is enabled
while it counts as down keeps its COMPUTE_STATUS_DISABLED trait, so that nothing is ever scheduled
to it. Masakari's ``on_maintenance`` comes last: from then on a failure is recovered again.

A host that is out of service is not the cluster's to power off either: whoever reboots it, or pulls
its plug, does so on purpose.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from fencing_monitor import evidence
from fencing_monitor.cloud import SegmentHost, Service
from fencing_monitor.requests import CountEvacuations, SetEnabled, SetForcedDown, SetMaintenance
from fencing_monitor.upkeep import Keeper
from fencing_monitor.work import Ask, HostError, Step, Work, collect

HOLD_REASON = "Out of service by pause-host."


def return_host(
    ask: Ask,
    keeper: Keeper,
    host: str,
    *,
    reasons: Sequence[str],
    timeout: float = 300.0,
    pause: float = 3.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Step, ...]:
    """Bring a repaired hypervisor back into service; safe to repeat.

    Args:
        ask: Carries out a request (``openstack.Cloud.ask``).
        keeper: The cluster.
        host: The name that nova, Masakari and the cluster have in common.
        reasons: The ``disabled_reason`` texts that mean Masakari or we disabled it; a service
            that somebody else disabled stays disabled.
        timeout: Seconds to wait for the cluster, nova-compute and Masakari, all in all.
        pause: Seconds between two looks.
        clock: For tests.
        sleep: For tests.

    Raises:
        HostError: It could not be done; the message says why, ``steps`` what had been done.
    """
    work = Work(host, ask, keeper, clock() + timeout, clock, sleep, pause)
    return collect(_return(work, (*reasons, HOLD_REASON)))


def restore_host(ask: Ask, keeper: Keeper, host: str, reasons: Sequence[str]) -> tuple[Step, ...]:
    """Put a host back into service by itself: the last steps of ``return_host``, without waiting.

    Everything is looked at once more, for between the decision and here a person may have come.

    Args:
        ask: Carries out a request (``openstack.Cloud.ask``).
        keeper: The cluster.
        host: The name that nova, Masakari and the cluster have in common.
        reasons: The ``disabled_reason`` texts that mean a recovery disabled it.

    Raises:
        HostError: It is not in a state to return; what had been done is right all the same.
    """
    return collect(
        _restore(Work(host, ask, keeper, 0.0, lambda: 0.0, lambda _: None, 1.0), reasons)
    )


def hold_host(ask: Ask, keeper: Keeper, host: str) -> tuple[Step, ...]:
    """Take a hypervisor out of service: not recovered, nothing scheduled to it, not fenced.

    Raises:
        HostError: It could not be done; the message says why, ``steps`` what had been done.
    """
    return collect(_hold(Work(host, ask, keeper, 0.0, lambda: 0.0, lambda _: None, 1.0)))


def _return(work: Work, reasons: Sequence[str]) -> Iterator[Step]:
    yield from _watch(work)
    yield _await_online(work)
    before = work.service()
    was_up = before.up
    yield _clear_forced_down(work, before)
    yield _await_up(work, was_up=was_up)
    registered = work.registered()
    yield from _enable(work, reasons, registered, was_up=was_up)
    if registered is None:
        yield Step("not in a failover segment", changed=False)
    else:
        yield _end_maintenance(work, registered)


def _restore(work: Work, reasons: Sequence[str]) -> Iterator[Step]:
    remote, service = work.remote(), work.service()
    if not evidence.is_really_online(remote) or not work.keeper.is_watched(work.host):
        raise HostError(f"the cluster does not see {work.host} online, or leaves it alone")
    if service.forced_down or not service.up:
        raise HostError(f"nova-compute on {work.host} is {'forced ' * service.forced_down}down")
    if not service.enabled and service.disabled_reason not in reasons:
        raise HostError(f"somebody else disabled it ({service.disabled_reason or 'no reason'})")
    if count := work.value(CountEvacuations(work.host)):
        raise HostError(f"{work.host} has not cleaned up {count} evacuated instances")
    registered = work.registered()
    yield from _enable(work, reasons, registered, was_up=True)
    if registered is not None:
        yield _end_maintenance(work, registered)


def _watch(work: Work) -> Iterator[Step]:
    """Have the cluster watch a host again that it was told to leave alone."""
    work.remote()
    if work.keeper.is_watched(work.host):
        return
    while not work.keeper.answers(work.host):
        work.wait(f"pacemaker_remote on {work.host} does not answer; is the host powered on?")
    work.keeper.set_watched(work.host, True)
    yield Step("watched by the cluster again", changed=True)


def _await_online(work: Work) -> Step:
    """Wait for a host that may just have been powered on."""
    waited = False
    while True:
        remote = work.remote()
        if evidence.is_really_online(remote):
            return Step("online in the cluster", changed=waited)
        waited = True
        work.wait(f"the cluster does not see {work.host} online; is it powered on?")


def _clear_forced_down(work: Work, service: Service) -> Step:
    if not service.forced_down:
        return Step("not forced down in nova", changed=False)
    while True:
        count = work.value(CountEvacuations(work.host))
        if count:
            why = (
                f"{work.host} has not cleaned up {count} evacuated instances; is nova-compute running?"
                " What left after its start it cleans up when it is restarted"
            )
        else:
            answer = work.ask(SetForcedDown(work.host, service.id, down=False))
            if answer.problem is None:
                return Step("forced_down cleared in nova", changed=True)
            why = f"nova refuses to clear forced_down: {answer.problem.message}"
        work.wait(why)


def _await_up(work: Work, *, was_up: bool) -> Step:
    while not work.service().up:
        work.wait(f"nova-compute on {work.host} does not report; is it running?")
    return Step("nova-compute is up", changed=not was_up)


def _enable(
    work: Work, reasons: Sequence[str], registered: SegmentHost | None, *, was_up: bool
) -> Iterator[Step]:
    service = work.service()
    if service.enabled and was_up:
        yield Step("enabled in nova", changed=False)
        return
    # Engines before Xena give no reason; on_maintenance tells that it was theirs. A reserve may have been
    # disabled without one, too; the engine takes that flag from a host that fails.
    ours = registered is not None and registered.on_maintenance and not registered.reserved
    unnamed = ours and not service.disabled_reason
    if not service.enabled and service.disabled_reason not in reasons and not unnamed:
        reason = service.disabled_reason or "no reason given"
        yield Step(
            f"left disabled in nova, as somebody else disabled it ({reason})", changed=False
        )
        return
    if service.enabled:
        # Enabled while it counted as down: only a change that nova-compute hears of mends its
        # trait in placement.
        work.value(SetEnabled(work.host, service.id, enabled=False, reason=HOLD_REASON))
    work.value(SetEnabled(work.host, service.id, enabled=True))
    yield Step("enabled in nova", changed=True)


def _end_maintenance(work: Work, registered: SegmentHost) -> Step:
    if not registered.on_maintenance:
        return Step("not on maintenance in Masakari", changed=False)
    order = SetMaintenance(work.host, registered.uuid, registered.segment, on=False)
    while True:
        answer = work.ask(order)
        if answer.problem is None:
            return Step("on_maintenance cleared in Masakari", changed=True)
        if answer.problem.code != 409:
            raise HostError(f"masakari: {answer.problem.message}")
        work.wait("Masakari still recovers something in the host's segment")


def _hold(work: Work) -> Iterator[Step]:
    remote = work.keeper.look().remote(work.host)
    if remote is not None and remote.unclean:
        # On maintenance its recovery would be refused, and left alone it might still be running.
        raise HostError(
            f"{work.host} is lost and not fenced yet; pause it when it is known to be off"
        )
    service = work.service()
    registered = work.registered()
    if registered is None:
        yield Step("not in a failover segment", changed=False)
    elif registered.on_maintenance:
        yield Step("on maintenance in Masakari", changed=False)
    else:
        work.value(SetMaintenance(work.host, registered.uuid, registered.segment, on=True))
        yield Step("put on maintenance in Masakari", changed=True)
    if not service.enabled:
        yield Step("disabled in nova", changed=False)
    else:
        work.value(SetEnabled(work.host, service.id, enabled=False, reason=HOLD_REASON))
        yield Step("disabled in nova", changed=True)
    if remote is None:
        yield Step("not in the cluster", changed=False)
        return
    watched = work.keeper.is_watched(work.host)
    if watched:
        work.keeper.set_watched(work.host, False)
    yield Step("left alone by the cluster", changed=watched)
