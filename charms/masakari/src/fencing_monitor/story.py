# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A failure of the timeline document, as bars on one axis of seconds. Pure."""

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

# Phase, and the moments of the document between which it lies.
_PHASES = (
    ("fenced", "lost", "fenced"),
    ("power-off confirmed", "fenced", "confirmed"),
    ("nova told", "confirmed", "forced_down"),
    ("Masakari told", "forced_down", "reported"),
)


@dataclasses.dataclass(frozen=True)
class Bar:
    """Something that lasted: a phase, or the move of an instance. Seconds since the loss.

    Attributes:
        kind: ``phase``, ``good``, ``bad`` or ``open``.
    """

    name: str
    start: float
    end: float
    kind: str
    detail: str = ""

    @property
    def seconds(self) -> float:
        """Return how long it lasted."""
        return self.end - self.start


def phases(failure: Mapping[str, Any]) -> tuple[Bar, ...]:
    """Return the phases from the loss to the first move, as far as the failure came."""
    zero = seconds(failure["lost"])
    found: list[Bar] = []
    for name, start, end in _PHASES:
        if failure.get(start) and failure.get(end):
            found.append(_bar(name, failure[start], failure[end], zero, "phase"))
    begun = [one["started"] for one in failure["instances"] if one["started"]]
    if begun and failure.get("reported"):
        found.append(_bar("engine starts", failure["reported"], min(begun), zero, "phase"))
    return tuple(found)


def moves(failure: Mapping[str, Any]) -> tuple[Bar, ...]:
    """Return the moves of the instances in the order in which they ended."""
    return tuple(sorted(_moves(failure), key=lambda bar: (bar.end, bar.name)))


def total(failure: Mapping[str, Any]) -> float:
    """Return the seconds from the loss to the last thing that is known of."""
    bars = (*phases(failure), *_moves(failure))
    return max((bar.end for bar in bars), default=0.0)


def seconds(text: str) -> float:
    """Return seconds since 1970 of a time of the document."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _moves(failure: Mapping[str, Any]) -> Iterator[Bar]:
    zero = seconds(failure["lost"])
    latest = max((line["after_seconds"] for line in failure["timeline"]), default=0.0)
    for one in failure["instances"]:
        start = one["started"] or failure.get("reported") or failure["lost"]
        kind = "open" if not one["outcome"] else "good" if one["outcome"] == "moved" else "bad"
        what = one["outcome"] or "not settled"
        detail = f"{what} {one['destination'] or ''}".strip()
        name = one["name"] or one["uuid"]
        if one["ended"]:
            yield _bar(name, start, one["ended"], zero, kind, detail)
        else:
            begin = seconds(start) - zero
            yield Bar(name, begin, max(begin, latest), kind, detail)


def _bar(name: str, start: str, end: str, zero: float, kind: str, detail: str = "") -> Bar:
    # Masakari and Pacemaker keep whole seconds, so an end may seem to lie before its start.
    begin = max(0.0, seconds(start) - zero)
    return Bar(name, begin, max(begin, seconds(end) - zero), kind, detail)
