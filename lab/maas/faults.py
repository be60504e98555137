# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The knobs that make this MAAS misbehave, and the requests they bite.

One row in ``KNOBS`` per fault. A knob is set for one machine or, without one, for all; where it
bites is one ``faults.value(...)`` in the module that then does the wrong thing.
"""

import dataclasses
import threading
from collections.abc import Mapping

from lab.maas.trouble import TROUBLES

Value = float | bool | str


@dataclasses.dataclass(frozen=True)
class Knob:
    """One way to misbehave: its type and good behaviour (``default``), and what it stands for."""

    default: Value
    meaning: str
    choices: tuple[str, ...] = ()


KNOBS: Mapping[str, Knob] = {
    "call-latency": Knob(0.0, "seconds before any answer: a slow region controller"),
    "power-latency": Knob(1.0, "seconds until the BMC has switched; IPMI needs 4 to 60"),
    "query-latency": Knob(0.05, "seconds that the BMC takes to tell its state"),
    "revoked": Knob(False, "every API key is unknown: revoked, or its user deleted"),
    "locked": Knob(False, "the machine is locked: power actions get 403, from administrators too"),
    "null-reply": Knob(False, "the power type cannot be stopped: 200 with null, nothing switched"),
    "query-state": Knob(
        "live", "what a power query says", ("live", "on", "off", "unknown", "error")
    ),
    "switch": Knob(
        "works",
        "what the BMC does when told to switch; bounce: goes off, and on again after a while",
        ("works", "stuck", "bounce"),
    ),
    "bounce-after": Knob(1.0, "seconds after which a machine that bounces is on again"),
    "cached-state": Knob(
        "heard", "the power state that a read of the machine shows", ("heard", "on", "off")
    ),
    "power-type": Knob(
        "ipmi", "how MAAS switches it; empty is not at all", ("ipmi", "redfish", "manual", "")
    ),
    "renamed": Knob("", "the host name that MAAS knows the machine by now; empty is its own"),
    "replaced": Knob(False, "the machine has another mainboard"),
    "owner": Knob("", "who the machine was deployed to; empty is whoever deployed it first"),
    "deleted": Knob(False, "MAAS has forgotten the machine"),
    "twin": Knob(False, "another machine has the same host name"),
    "clock-skew": Knob(0.0, "seconds by which MAAS' clock is ahead: keys are refused beyond 300"),
    "trouble": Knob("none", "what MAAS answers instead", ("none", *TROUBLES)),
    "trouble-every": Knob(1.0, "which calls it answers so: every, every second, every third ..."),
    "trouble-calls": Knob(
        "all", "which kind of calls it answers so", ("all", "reads", "queries", "actions")
    ),
    "retry-after": Knob(0.0, "seconds in Retry-After; 0 is what MAAS says itself"),
}


class UnknownKnobError(ValueError):
    """There is no such knob, or it has no such position."""


class Faults:
    """The positions of the knobs; safe from several threads."""

    def __init__(self) -> None:
        self._positions: dict[tuple[str, str | None], Value] = {}
        self._lock = threading.Lock()

    def set(self, knob: str, value: Value, machine: str | None = None) -> None:
        """Turn a knob, for one machine (its short host name) or for all.

        Raises:
            UnknownKnobError: No such knob or position.
        """
        checked = _checked(knob, value)
        with self._lock:
            self._positions[knob, machine] = checked

    def reset(self) -> None:
        """Behave well again."""
        with self._lock:
            self._positions.clear()

    def value(self, knob: str, machine: str | None = None) -> Value:
        """Return a knob's position: the machine's, else that for all, else good behaviour."""
        with self._lock:
            for owner in (machine, None):
                if (knob, owner) in self._positions:
                    return self._positions[knob, owner]
        return KNOBS[knob].default

    def number(self, knob: str, machine: str | None = None) -> float:
        """Return the position of a knob that counts seconds."""
        return float(self.value(knob, machine))

    def flag(self, knob: str, machine: str | None = None) -> bool:
        """Return the position of a knob that is on or off."""
        return bool(self.value(knob, machine))

    def text(self, knob: str, machine: str | None = None) -> str:
        """Return the position of a knob with named positions."""
        return str(self.value(knob, machine))

    def positions(self) -> list[dict[str, Value | None]]:
        """Return every knob that was turned."""
        with self._lock:
            return [
                {"knob": knob, "machine": machine, "value": value}
                for (knob, machine), value in self._positions.items()
            ]


def _checked(knob: str, value: Value) -> Value:
    known = KNOBS.get(knob)
    if known is None:
        raise UnknownKnobError(f"no knob {knob}; there are {', '.join(sorted(KNOBS))}")
    if known.choices and value not in known.choices:
        raise UnknownKnobError(f"{knob} can be {', '.join(known.choices)}, not {value}")
    if isinstance(known.default, bool) != isinstance(value, bool):
        raise UnknownKnobError(f"{knob} cannot be {value}")
    if isinstance(known.default, float) and not isinstance(value, int | float):
        raise UnknownKnobError(f"{knob} is a number, not {value}")
    if isinstance(known.default, str) and not isinstance(value, str):
        raise UnknownKnobError(f"{knob} is a word, not {value}")
    return value
