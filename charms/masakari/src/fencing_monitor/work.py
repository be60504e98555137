# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Ordered work on one host: what its steps share, and what is told of them."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fencing_monitor.cloud import SegmentHost, SegmentHosts, Service, Services
from fencing_monitor.cluster import Remote
from fencing_monitor.pacemaker import PacemakerError
from fencing_monitor.requests import Answer, ReadHosts, ReadServices, Request
from fencing_monitor.upkeep import Keeper

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
class Work:
    """What the steps share: the host, the means to ask, and until when to wait."""

    host: str
    ask: Ask
    keeper: Keeper
    deadline: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    pause: float

    def value(self, request: Request) -> Any:  # noqa: ANN401 (the type belongs to the request)
        """Ask, and return the answer.

        Raises:
            HostError: There was none.
        """
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
        """Return the host's nova-compute.

        Raises:
            HostError: Nova has none of this name.
        """
        services: Services = self.value(ReadServices())
        found = [one for one in services if one.host == self.host]
        if not found:
            raise HostError(f"nova has no nova-compute on {self.host}")
        return found[0]

    def remote(self) -> Remote:
        """Return the host as the cluster sees it.

        Raises:
            HostError: It has no such remote.
        """
        remote = self.keeper.look().remote(self.host)
        if remote is None:
            raise HostError(f"the cluster has no remote named {self.host}")
        return remote

    def registered(self) -> SegmentHost | None:
        """Return the host's entry in a failover segment."""
        hosts: SegmentHosts = self.value(ReadHosts())
        return next((one for one in hosts if one.name == self.host), None)


def collect(steps: Iterator[Step]) -> tuple[Step, ...]:
    """Do the steps; what was done before an error is kept with it."""
    done: list[Step] = []
    try:
        for step in steps:
            done.append(step)  # noqa: PERF402 (what was done before an error is kept)
    except (HostError, PacemakerError) as error:
        raise HostError(str(error), done) from None
    return tuple(done)
