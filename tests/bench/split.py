# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where the seconds of a recovery went, from what was recorded of it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from lab.story import timeline
from lab.story.recorder import Recorder
from lab.story.stage import Stage, machine_of
from tests.bench.crowd import VICTIM, Crowd


@dataclasses.dataclass(frozen=True)
class Split:
    """Seconds since the cut (or, for the limit, since the first call) of each step.

    A step that a side does not have is missing. ``active`` has one number for each instance.
    """

    steps: Mapping[str, float]
    active: Sequence[float]
    beating: float
    load: float

    @property
    def after_fence(self) -> float:
        """Return the seconds from the last sign that the host is off to the last instance ACTIVE."""
        return self.active[-1] - self.steps.get("off", 0.0)


STEPS = {
    "power off": "MAAS is told to cut the power",
    "off": "MAAS has seen it off",
    "forced down": "nova counts the host as down",
    "notified": "Masakari has the notification",
    "engine": "an engine runs it",
    "disabled": "nova-compute is disabled",
    "first order": "the first evacuation is under way in nova",
    "last order": "the last one is",
    "first": "the first instance is ACTIVE elsewhere",
    "last": "the last one is",
    "ended": "the notification is finished",
}


def measure(
    stage: Stage, recorder: Recorder, crowd: Crowd, zero: float, beating: float, load: float
) -> Split:
    """Return the split of what has happened since ``zero``."""
    steps = dict(_power(stage, zero)) | dict(_masakari(recorder, zero))
    orders: list[float] = []
    active: list[float] = []
    for uuid in crowd.values():
        states = [one for one in recorder.changes("instance", zero) if one.name == uuid]
        begun = [one.at for one in states if one.state.endswith("rebuilding")]
        there = [
            one.at
            for one in states
            if not one.state.startswith(f"{VICTIM}|") and one.state.endswith("|active|")
        ]
        orders += begun[:1]
        active += there[-1:]
    if orders:
        steps |= {"first order": min(orders) - zero, "last order": max(orders) - zero}
    ended = sorted(at - zero for at in active)
    steps |= {"first": ended[0], "last": ended[-1]}
    return Split(steps, ended, beating - zero, load)


def _power(stage: Stage, zero: float) -> Iterator[tuple[str, float]]:
    moments = sorted(timeline.power(stage.maas_events, machine_of(VICTIM), zero))
    for name, word in (("power off", "begin"), ("off", "seen to be off")):
        found = [moment.at for moment in moments if word in moment.what]
        if found:
            yield name, found[0] - zero


def _masakari(recorder: Recorder, zero: float) -> Iterator[tuple[str, float]]:
    wanted = (
        ("forced down", "service", "|1"),
        ("disabled", "service", "1|"),
        ("notified", "notification", "COMPUTE_HOST|new"),
        ("engine", "notification", "COMPUTE_HOST|running"),
        ("ended", "notification", "COMPUTE_HOST|finished"),
    )
    for name, kind, part in wanted:
        found = [one.at for one in recorder.changes(kind, zero) if part in one.state]
        if found:
            yield name, found[0] - zero


def table(sides: Mapping[str, Split]) -> str:
    """Return the splits beside each other, as Markdown."""
    heads = ["seconds since the cut", *sides]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, meaning in STEPS.items():
        cells = (f"{one.steps[name]:.1f}" if name in one.steps else "–" for one in sides.values())
        lines.append(f"| {meaning} | {' | '.join(cells)} |")
    rows: dict[str, list[float]] = {
        "every guest beats": [one.beating for one in sides.values()],
        "after the fence": [one.after_fence for one in sides.values()],
        "load of the machine": [one.load for one in sides.values()],
    }
    for meaning, figures in rows.items():
        lines.append(f"| {meaning} | {' | '.join(f'{one:.1f}' for one in figures)} |")
    each = (" ".join(f"{at:.0f}" for at in one.active) for one in sides.values())
    return "\n".join([*lines, f"| each instance | {' | '.join(each)} |"])
