# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Taking a hypervisor out of service and back, in the order that works.

Returning has an order because nova has traps. It refuses to clear ``forced_down`` while the
returned nova-compute has not cleaned up what was evacuated from it. And a service that is enabled
while it counts as down keeps its COMPUTE_STATUS_DISABLED trait, so that nothing is ever scheduled
to it. Masakari's ``on_maintenance`` comes last: from then on a failure is recovered again.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fencing_monitor import evidence
from fencing_monitor.cloud import SegmentHost, SegmentHosts, Service, Services
from fencing_monitor.cluster import Cluster
from fencing_monitor.requests import (
    Answer,
    CountEvacuations,
    ReadHosts,
    ReadServices,
    Request,
    SetEnabled,
    SetForcedDown,
    SetMaintenance,
)

HOLD_REASON = "Out of service by pause-host."
Ask = Callable[[Request], Answer]


class HostError(Exception):
    """A host could not be brought where it was wanted; ``steps`` tells how far it came."""

    def __init__(self, message: str, steps: Sequence["Step"] = ()):
        super().__init__(message)
        self.steps = tuple(steps)


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing that was done, or was found to need no doing."""

    what: str
    changed: bool


@dataclasses.dataclass
class _Work:
    """What the steps share: the host, the means to ask, and until when to wait."""

    host: str
    ask: Ask
    deadline: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    pause: float

    def value(self, request: Request) -> Any:  # noqa: ANN401 (the type belongs to the request)
        answer = self.ask(request)
        if answer.problem is not None:
            code = answer.problem.code or "no answer"
            raise HostError(f"{request.api}: {code}: {answer.problem.message}")
        return answer.value

    def wait(self, why: str) -> None:
        """Pause before another try.

        Raises:
            HostError: The time is up; its message is ``why``.
        """
        if self.clock() + self.pause > self.deadline:
            raise HostError(why)
        self.sleep(self.pause)

    def service(self) -> Service:
        services: Services = self.value(ReadServices())
        found = [one for one in services if one.host == self.host]
        if not found:
            raise HostError(f"nova has no nova-compute on {self.host}")
        return found[0]

    def registered(self) -> SegmentHost | None:
        hosts: SegmentHosts = self.value(ReadHosts())
        return next((one for one in hosts if one.name == self.host), None)


def return_host(
    ask: Ask,
    look: Callable[[], Cluster],
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
        look: Looks at the cluster.
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
    work = _Work(host, ask, clock() + timeout, clock, sleep, pause)
    return _collect(_return(work, look, (*reasons, HOLD_REASON)))


def hold_host(ask: Ask, host: str) -> tuple[Step, ...]:
    """Take a hypervisor out of service: nothing recovered from it, nothing scheduled to it.

    Raises:
        HostError: It could not be done; the message says why, ``steps`` what had been done.
    """
    return _collect(_hold(_Work(host, ask, 0.0, lambda: 0.0, lambda _: None, 1.0)))


def _collect(steps: Iterator[Step]) -> tuple[Step, ...]:
    done: list[Step] = []
    try:
        for step in steps:
            done.append(step)  # noqa: PERF402 (what was done before an error is kept)
    except HostError as error:
        raise HostError(str(error), done) from None
    return tuple(done)


def _return(work: _Work, look: Callable[[], Cluster], reasons: Sequence[str]) -> Iterator[Step]:
    yield _await_online(work, look)
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


def _await_online(work: _Work, look: Callable[[], Cluster]) -> Step:
    """Wait for a host that may just have been powered on."""
    waited = False
    while True:
        remote = look().remote(work.host)
        if remote is None:
            raise HostError(f"the cluster has no remote named {work.host}")
        if evidence.is_really_online(remote):
            return Step("online in the cluster", changed=waited)
        waited = True
        work.wait(f"the cluster does not see {work.host} online; is it powered on?")


def _clear_forced_down(work: _Work, service: Service) -> Step:
    if not service.forced_down:
        return Step("not forced down in nova", changed=False)
    while True:
        count = work.value(CountEvacuations(work.host))
        if count:
            why = f"{work.host} has not cleaned up {count} evacuated instances; is nova-compute running?"
        else:
            answer = work.ask(SetForcedDown(work.host, service.id, down=False))
            if answer.problem is None:
                return Step("forced_down cleared in nova", changed=True)
            why = f"nova refuses to clear forced_down: {answer.problem.message}"
        work.wait(why)


def _await_up(work: _Work, *, was_up: bool) -> Step:
    while not work.service().up:
        work.wait(f"nova-compute on {work.host} does not report; is it running?")
    return Step("nova-compute is up", changed=not was_up)


def _enable(
    work: _Work, reasons: Sequence[str], registered: SegmentHost | None, *, was_up: bool
) -> Iterator[Step]:
    service = work.service()
    if service.enabled and was_up:
        yield Step("enabled in nova", changed=False)
        return
    # Engines before Xena give no reason; on_maintenance tells that it was theirs.
    unnamed = not service.disabled_reason and registered is not None and registered.on_maintenance
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


def _end_maintenance(work: _Work, registered: SegmentHost) -> Step:
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


def _hold(work: _Work) -> Iterator[Step]:
    registered = work.registered()
    if registered is None:
        yield Step("not in a failover segment", changed=False)
    elif registered.on_maintenance:
        yield Step("on maintenance in Masakari", changed=False)
    else:
        work.value(SetMaintenance(work.host, registered.uuid, registered.segment, on=True))
        yield Step("put on maintenance in Masakari", changed=True)
    service = work.service()
    if not service.enabled:
        yield Step("disabled in nova", changed=False)
    else:
        work.value(SetEnabled(work.host, service.id, enabled=False, reason=HOLD_REASON))
        yield Step("disabled in nova", changed=True)
