# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""When each step of an instance's restart was seen, in nova's and Masakari's databases and in the kernel."""

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lab.story.recorder import Change
from lab.story.watch import Process, Watch
from tests.bench.crowd import Crowd

SCRIPT = Path(__file__).with_name("restart.py")

STEPS = ("reported", "taken up", "stopping", "stopped", "starting", "process", "active", "ended")
"""In the order in which they come; the first two and the last are Masakari's."""


class Recorded(Protocol):
    """What a recorder has seen."""

    def changes(self, kind: str, since: float = 0.0) -> tuple[Change, ...]:
        """Return the changes of one kind since a time, oldest first."""
        ...


@dataclasses.dataclass(frozen=True)
class Steps:
    """Seconds since the kill; 0 is not seen."""

    stopping: float = 0.0
    stopped: float = 0.0
    starting: float = 0.0
    active: float = 0.0
    process: float = 0.0


def measure(recorder: Recorded, uuid: str, zero: float) -> Steps:
    """Return what nova's database told of one instance."""
    states = [one for one in recorder.changes("instance", zero) if one.name == uuid]
    stopped = _first(states, "|stopped|", zero)
    return Steps(
        stopping=_first(states, "|powering-off", zero),
        stopped=stopped,
        starting=_first(states, "|powering-on", zero),
        active=_first([one for one in states if one.at - zero > stopped > 0], "|active|", zero),
    )


def _first(changes: Sequence[Change], part: str, zero: float) -> float:
    return next((one.at - zero for one in changes if part in one.state), 0.0)


def collect(
    recorder: Recorded, watch: Watch, guests: Crowd, killed: Mapping[str, Process], zero: float
) -> dict[str, list[float]]:
    """Return the times of each step, sorted, one for each instance that came to it."""
    found: dict[str, list[float]] = {step: [] for step in STEPS}
    for uuid in guests.values():
        steps = dataclasses.asdict(measure(recorder, uuid, zero))
        processes = (
            one.first - zero
            for one in watch.sightings()
            if one.process.instance == uuid and one.process != killed[uuid] and one.first >= zero
        )
        steps["process"] = next(processes, 0.0)
        for step, at in steps.items():
            found[step] += [at] if at else []
    for step, state in (("reported", "new"), ("taken up", "running"), ("ended", "finished")):
        seen = recorder.changes("notification", zero)
        found[step] = [one.at - zero for one in seen if one.state == f"VM|{state}"]
    return {step: sorted(times) for step, times in found.items()}


def table(found: Mapping[str, Sequence[float]]) -> str:
    """Return the steps as Markdown: how many came to each, the first, the middle one, the last."""
    lines = ["| step | seen | first s | median s | last s |", "|---|---|---|---|---|"]
    for step, times in found.items():
        if times:
            figures = (times[0], statistics.median(times), times[-1])
            cells = " | ".join(f"{figure:.1f}" for figure in figures)
            lines.append(f"| {step} | {len(times)} | {cells} |")
    return "\n".join(lines)
