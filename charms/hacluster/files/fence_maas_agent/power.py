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

from fence_maas_agent.answers import MaasError
from fence_maas_agent.options import Timing

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_SHORTEST_INTERVAL = 0.1
# How long an unconfirmed power-off may show before it is sent again. Sending it twice is harmless
# (it is idempotent), so this need not cover the slowest BMC.
_OPEN_SECONDS = 15.0


class PowerApi(Protocol):
    """What switching needs of MAAS."""

    def power_state(self, system_id: str) -> str:
        """Ask the BMC."""
        ...

    def power(self, system_id: str, action: str, comment: str) -> bool:
        """Tell MAAS to switch; false if it cannot."""
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
    maas: PowerApi, system_id: str, wanted: str, comment: str, timing: Timing, clock: Clock
) -> None:
    """Switch a machine until it is seen to be as wanted (``on`` or ``off``).

    Raises:
        PowerError: The time ran out, or MAAS cannot switch this machine.
        MaasError: MAAS refuses for good.
    """
    if _is_settled(maas, system_id, wanted, timing, clock):
        logger.info("%s is %s already", system_id, wanted)
        return
    while True:
        patience = timing.power
        try:
            logger.info("switching %s %s", system_id, wanted)
            if not maas.power(system_id, wanted, comment):
                raise PowerError(f"MAAS cannot switch {system_id}: it answered with nothing")
            clock.sleep(timing.wait)
        except MaasError as error:
            if not error.retry:
                raise
            logger.warning("%s; looking again", error)
            _pause(clock, error)
            patience = min(_OPEN_SECONDS, timing.power) if error.open else 0.0
        if _becomes(maas, system_id, wanted, patience, timing, clock):
            return
        logger.warning("%s is not %s yet", system_id, wanted)


def patiently(call: Callable[[], _T], clock: Clock) -> _T:
    """Return what a call returns, repeating it while MAAS may still answer.

    Raises:
        MaasError: MAAS refuses for good.
        PowerError: The time ran out; the message has MAAS' last word.
    """
    while True:
        try:
            return call()
        except MaasError as error:
            if not error.retry:
                raise
            logger.warning("%s", error)
            _pause(clock, error)


def _becomes(
    maas: PowerApi, system_id: str, wanted: str, patience: float, timing: Timing, clock: Clock
) -> bool:
    """Look until the machine is as wanted; false if it is not after ``patience`` seconds."""
    until = clock.now() + patience
    while not _is_settled(maas, system_id, wanted, timing, clock):
        if clock.now() >= until:
            return False
        clock.sleep(max(timing.interval, _SHORTEST_INTERVAL))
    return True


def _is_settled(maas: PowerApi, system_id: str, wanted: str, timing: Timing, clock: Clock) -> bool:
    """Return whether two looks at the machine agree that it is as wanted."""
    for look in range(2):
        if look:
            clock.sleep(timing.debounce)
        state = patiently(lambda: maas.power_state(system_id), clock)
        clock.seen = f"{system_id} is {state}"
        logger.info("%s", clock.seen)
        if state != wanted:
            return False
    return True


def _pause(clock: Clock, error: MaasError) -> None:
    # Jitter, as members that fence at the same time would otherwise collide again.
    try:
        clock.sleep(error.after * random.uniform(0.75, 1.25))  # noqa: S311 (not a secret)
    except PowerError as over:
        raise PowerError(f"{over}; {error}") from None
