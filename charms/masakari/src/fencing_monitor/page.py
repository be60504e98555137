# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Recoveries as one page that needs nothing else: no script, no network, no other file. Pure."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fencing_monitor import picture, story

_HEAD = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Recoveries</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #f4f6f8; margin: 0 auto;
       max-width: 1000px; padding: 24px }
section { background: #fff; border-radius: 8px; padding: 20px; margin: 0 0 24px }
h1 { font-size: 22px } h2 { font-size: 16px; margin: 24px 0 6px }
svg { max-width: 100%; height: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 4px 10px; border-bottom: 1px solid #e3e8ec }
td.n, th.n { text-align: right; white-space: nowrap }
.bad td { color: #b02a3d }
</style>
"""


def render(failures: Sequence[Mapping[str, Any]]) -> str:
    """Return the page about failures of the timeline document, in their order."""
    sections = [_section(failure) for failure in failures]
    nothing = "<p>No failure of any host is remembered.</p>"
    return "\n".join([_HEAD, "<h1>Recoveries</h1>", *(sections or [nothing]), "</html>", ""])


def _section(failure: Mapping[str, Any]) -> str:
    phases = _table(
        ("Phase", "from s", "to s", "s"),
        ((bar.name, bar.start, bar.end, bar.seconds) for bar in story.phases(failure)),
    )
    bars = story.moves(failure)
    moves = _table(
        ("Instance", "from s", "to s", "s", "outcome"),
        ((bar.name, bar.start, bar.end, bar.seconds, bar.detail) for bar in bars),
        bad=frozenset(bar.name for bar in bars if bar.kind == "bad"),
    )
    lines = _table(
        ("What", "after s", "detail"),
        ((one["what"], one["after_seconds"], one["detail"]) for one in failure["timeline"]),
    )
    return "\n".join(
        (
            "<section>",
            picture.draw(failure),
            f"<h2>Phases</h2>{phases}",
            f"<h2>Instances</h2>{moves}",
            f"<h2>All of it</h2>{lines}",
            "</section>",
        )
    )


def _table(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    bad: frozenset[object] = frozenset(),
) -> str:
    numbers = {index for index, head in enumerate(heads) if head.split()[-1] == "s"}
    head = _row("th", heads, numbers)
    body = "".join(_row("td", row, numbers, "bad" if row[0] in bad else "") for row in rows)
    return f"<table>{head}{body}</table>"


def _row(tag: str, cells: Sequence[object], numbers: set[int], row: str = "") -> str:
    kinds = (' class="n"' if index in numbers else "" for index in range(len(cells)))
    pairs = zip(kinds, cells, strict=True)
    found = "".join(f"<{tag}{kind}>{_cell(cell)}</{tag}>" for kind, cell in pairs)
    return f'<tr class="{row}">{found}</tr>' if row else f"<tr>{found}</tr>"


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else html.escape(str(value))
