# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A recovery as a picture: one row for each phase and instance, on one axis of seconds. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any

from fencing_monitor import story
from fencing_monitor.story import Bar

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 960, 190, 70, 26, 64
_COLOURS = {"phase": "#5b7083", "good": "#2a9d8f", "bad": "#d1495b", "open": "#e9a23b"}
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1d2733 }
.title { font-size: 16px; font-weight: 600 }
.small { fill: #667380; font-size: 12px }
.grid { stroke: #e3e8ec } .edge { stroke: #c3ccd4 }
"""
# Seconds between two lines of the grid: the first that leaves at most a dozen.
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


def draw(failure: Mapping[str, Any]) -> str:
    """Return a failure of the timeline document as a picture that stands for itself (SVG)."""
    phases, moves = story.phases(failure), story.moves(failure)
    end = max(story.total(failure), 1.0)
    rows = len(phases) + len(moves)
    height = _TOP + _ROW * (rows + 1) + 34
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
        },
    )
    ET.SubElement(root, "title").text = f"Recovery of {failure['host']}"
    ET.SubElement(root, "style").text = _STYLE
    ET.SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff", "rx": "8"})
    outcome = failure["outcome"] or "under way"
    _text(root, 20, 30, f"{failure['host']}: {outcome} after {end:.1f} s", "title")
    _text(root, 20, 48, f"seconds since the cluster missed it, {failure['lost']}", "small")
    bottom = _TOP + _ROW * (rows + 1)
    _grid(root, end, bottom)
    _rows(root, phases, _TOP, end)
    _rows(root, moves, _TOP + _ROW * (len(phases) + 1), end)
    return ET.tostring(root, encoding="unicode")


def _grid(root: ET.Element, end: float, bottom: int) -> None:
    step = next((one for one in _STEPS if end / one <= 12), _STEPS[-1])
    mark = 0
    while mark <= end:
        x = _x(mark, end)
        line = {"x1": x, "x2": x, "y1": str(_TOP - 6), "y2": str(bottom)}
        ET.SubElement(root, "line", {**line, "class": "grid" if mark else "edge"})
        _text(root, float(x), bottom + 18, str(mark), "small", anchor="middle")
        mark += step


def _rows(root: ET.Element, bars: Sequence[Bar], top: int, end: float) -> None:
    for number, bar in enumerate(bars):
        y = top + number * _ROW
        start, stop = float(_x(bar.start, end)), float(_x(bar.end, end))
        _text(root, _LEFT - 12, y + 15, _shorten(bar.name), anchor="end")
        box = {"x": f"{start:.1f}", "y": str(y + 3), "height": str(_ROW - 10), "rx": "3"}
        width = {"width": f"{max(stop - start, 2.0):.1f}", "fill": _COLOURS[bar.kind]}
        drawn = ET.SubElement(root, "rect", {**box, **width})
        hint = f"{bar.name}: {bar.start:.1f} to {bar.end:.1f} s {bar.detail}"
        ET.SubElement(drawn, "title").text = hint.strip()
        _text(root, max(stop, start + 2.0) + 6, y + 15, f"{bar.seconds:.1f} s", "small")


def _x(at: float, end: float) -> str:
    return f"{_LEFT + (_WIDTH - _LEFT - _RIGHT) * at / end:.1f}"


def _shorten(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def _text(
    root: ET.Element, x: float, y: float, text: str, kind: str = "", *, anchor: str = "start"
) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    ET.SubElement(root, "text", {**place, **({"class": kind} if kind else {})}).text = text
