# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Switching a machine and believing it only when its BMC has said so.

Off is reached when two live queries, ``debounce`` seconds apart, both say off. Everything else
(``unknown``, ``error``, what MAAS remembers, a success of the power-off call) proves nothing. The
order is always: look, switch, look until it is so; after a failure look again before switching
again, since a call that timed out may have worked.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from fence_agent.errors import SwitchError
from fence_agent.options import Timing

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_SHORTEST_INTERVAL = 0.1
# How long an unconfirmed power-off may show before it is sent again. Sending it twice is harmless
# (it is idempotent), so this need not cover the slowest BMC.
_OPEN_SECONDS = 15.0


class PowerApi(Protocol):
    """What switching needs: MAAS, or a BMC."""

    def power_state(self, machine: str, /) -> str:
        """Ask the BMC."""
        ...

    def power(self, machine: str, action: str, comment: str, /) -> bool:
        """Have a machine switched; false if it cannot be."""
        ...


class PowerError(Exception):
    """The machine is not known to be as wanted."""


class Clock:
    """Time that ends: sleeping past the deadline is an error, which tells what was seen last."""

    def __init__(self, limit: float) -> None:
        self._end = self.now() + limit
        self._limit = limit
        self.seen = ""

    def now(self) -> float:
        """Return seconds from some moment in the past."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            PowerError: The time is up, or would be before the wait ends.
        """
        if self.now() + seconds >= self._end:
            seen = f": {self.seen}" if self.seen else ""
            raise PowerError(f"gave up after {self._limit:.0f} s{seen}")
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds)


def switch(
    api: PowerApi, machine: str, wanted: str, comment: str, timing: Timing, clock: Clock
) -> None:
    """Switch a machine until it is seen to be as wanted (``on`` or ``off``).

    Raises:
        PowerError: The time ran out, or this machine cannot be switched.
        SwitchError: It is refused for good.
    """
    if _is_settled(api, machine, wanted, timing, clock):
        logger.info("%s is %s already", machine, wanted)
        return
    while True:
        patience = timing.power
        try:
            logger.info("switching %s %s", machine, wanted)
            if not api.power(machine, wanted, comment):
                raise PowerError(
                    f"{machine} cannot be switched: the call was answered with nothing"
                )
            clock.sleep(timing.wait)
        except SwitchError as error:
            if not error.retry:
                raise
            logger.warning("%s; looking again", error)
            _pause(clock, error)
            patience = min(_OPEN_SECONDS, timing.power) if error.open else 0.0
        if _becomes(api, machine, wanted, patience, timing, clock):
            return
        logger.warning("%s is not %s yet", machine, wanted)


def patiently(call: Callable[[], _T], clock: Clock) -> _T:
    """Return what a call returns, repeating it while it may still succeed.

    Raises:
        SwitchError: It is refused for good.
        PowerError: The time ran out; the message has the last answer.
    """
    while True:
        try:
            return call()
        except SwitchError as error:
            if not error.retry:
                raise
            logger.warning("%s", error)
            _pause(clock, error)


def _becomes(
    api: PowerApi, machine: str, wanted: str, patience: float, timing: Timing, clock: Clock
) -> bool:
    """Look until the machine is as wanted; false if it is not after ``patience`` seconds."""
    until = clock.now() + patience
    while not _is_settled(api, machine, wanted, timing, clock):
        if clock.now() >= until:
            return False
        clock.sleep(max(timing.interval, _SHORTEST_INTERVAL))
    return True


def _is_settled(api: PowerApi, machine: str, wanted: str, timing: Timing, clock: Clock) -> bool:
    """Return whether two looks at the machine agree that it is as wanted."""
    for look in range(2):
        if look:
            clock.sleep(timing.debounce)
        state = patiently(lambda: api.power_state(machine), clock)
        clock.seen = f"{machine} is {state}"
        logger.info("%s", clock.seen)
        if state != wanted:
            return False
    return True


def _pause(clock: Clock, error: SwitchError) -> None:
    # Jitter, as members that fence at the same time would otherwise collide again.
    try:
        clock.sleep(error.after * random.uniform(0.75, 1.25))  # noqa: S311 (not a secret)
    except PowerError as over:
        raise PowerError(f"{over}; {error}") from None
