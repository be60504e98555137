# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What happened when, from everybody who kept a record of it, in one list."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from lab.story.watch import Sighting


@dataclasses.dataclass(frozen=True, order=True)
class Moment:
    """Something that happened.

    Attributes:
        at: Seconds since the epoch.
        who: Who saw or did it.
        what: What it was.
    """

    at: float
    who: str
    what: str


def parse_time(text: str) -> float:
    """Return seconds since the epoch; a time without a zone is UTC, as OpenStack writes it."""
    parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=datetime.timezone.utc)
    return parsed.timestamp()


def power(events: Path, machine: str, since: float) -> Iterator[Moment]:
    """Yield what MAAS did to a machine's power, and the first answer that it is off."""
    told_off = False
    for event in read(events):
        at = parse_time(str(event["time"]))
        if at < since or event.get("machine") != machine:
            continue
        if event["event"] == "power":
            yield Moment(at, "MAAS", f"power {event['action']} {event['phase']}: {machine}")
        elif event["event"] == "query" and event["state"] == "off" and not told_off:
            told_off = True
            yield Moment(at, "MAAS", f"{machine} is seen to be off")


def processes(
    sightings: Iterable[Sighting], since: float, name: Callable[[str], str]
) -> Iterator[Moment]:
    """Yield when instances' processes appeared and were last seen.

    Args:
        sightings: What the watch saw.
        since: Seconds since the epoch.
        name: From an instance's uuid to its name.
    """
    # The last look of a process that still runs is not an end.
    sightings = list(sightings)
    latest = max((sighting.last for sighting in sightings), default=0.0)
    for sighting in sightings:
        subject = f"{name(sighting.process.instance)} on {sighting.process.machine}"
        if sighting.first >= since:
            yield Moment(sighting.first, "watch", f"qemu of {subject} runs")
        if since <= sighting.last < latest:
            yield Moment(sighting.last, "watch", f"qemu of {subject} was seen last")


def render(moments: Iterable[Moment], zero: float) -> str:
    """Return moments as a list, in order, with the seconds since ``zero``."""
    ordered = sorted(moments)
    width = max((len(moment.who) for moment in ordered), default=0)
    return "\n".join(f"{m.at - zero:8.1f} s  {m.who:<{width}}  {m.what}" for m in ordered)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of an event log (one JSON object on a line), oldest first."""
    if path.exists():
        with path.open() as lines:
            for line in lines:
                # The writer may be in the middle of the last one.
                if line.endswith("\n"):
                    yield json.loads(line)
