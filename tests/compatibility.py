# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the predecessors of the charms had (``predecessors.yaml``), and what of it is here.

Whether an option, action or endpoint works, is accepted without effect or is missing is read off
charmcraft.yaml, and whether a status is still said off the source: the page cannot promise more than
there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lab.juju.bundles import charmfile

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "tests" / "predecessors.yaml"
_ROLES = ("provides", "requires", "peers")
# How charmcraft.yaml says of an option or endpoint that nothing comes of it.
_IDLE = re.compile(r"Accepted|Has no effect|Not supported|.*Not supported by this revision", re.DOTALL)  # fmt: skip
_SOURCES = ("src", "../common/src")

Fields = Mapping[str, Any]

HEADERS = {
    "options": ["option", "type, default before", "here", "note"],
    "endpoints": ["endpoint", "interface, role, scope", "here", "note"],
    "actions": ["action", "parameters, results, “failures” before", "here", "note"],
    "statuses": ["message before", "message here", "is", "note"],
}
INTRODUCTION = """
What the charms of the same names had that these replace, and what of it is here. *Works*: it has the
effect that its description promises. *Accepted*: a bundle that sets or relates it deploys, and nothing
comes of it. *Missing*: not here. *Gone*: a status for which there is no occasion any more.

What is read and written on relations is the same on every endpoint; `tests/contract` holds the recorded
databags. What is new here is on each charm's own page. How a deployment is moved:
[upgrade from the predecessors](../how-to/upgrade-from-predecessors.md).
"""


def predecessors() -> Fields:
    """Return what the predecessors had, by charm."""
    return yaml.safe_load(SOURCE.read_text())


def rows(charm: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of a charm's tables, each with the table's name."""
    had: Fields = predecessors()[charm]
    documents, _ = charmfile.read_documents(ROOT / "charms" / charm)
    metadata: Fields = documents.metadata.plain()
    options = within({"config": documents.config.plain()}, "config", "options")
    for name, was in had["options"].items():
        yield "options", [f"`{name}`", *option(was, options.get(name))]
    for name, was in had["endpoints"].items():
        yield "endpoints", [f"`{name}`", *_endpoint(name, was, metadata)]
    actions: Fields = documents.actions.plain() or {}
    for name, was in had["actions"].items():
        yield "actions", [f"`{name}`", *_action(charm, was, actions.get(name))]
    for status in had["statuses"]:
        yield "statuses", [status["was"], *_status(charm, status)]


def within(fields: Fields, *keys: str) -> Fields:
    """Return the mapping under some keys; an empty one if it is missing or has no entries."""
    for key in keys:
        fields = fields.get(key) or {}
    return fields


def missing() -> Iterator[str]:
    """Yield what the predecessors had and is not here, though nothing says why."""
    for charm in predecessors():
        for table, row in rows(charm):
            if row[-2] == "missing":
                yield f"{charm}: {table}: {row[0]}"


def says(charm: str, words: str) -> bool:
    """Return whether a charm's source has the words; "…" and "N" stand for what differs."""
    parts = [part.strip() for part in re.split(r"…|\bN\b", words)]
    return all(part in _source(charm) for part in parts if part)


def _source(charm: str) -> str:
    trees = [ROOT / "charms" / charm / each for each in _SOURCES]
    text = "".join(path.read_text() for tree in trees for path in sorted(tree.rglob("*.py")))
    # Long texts are written in several pieces.
    return re.sub(r'"\s*\n\s*f?"', "", text)


def option(was: Fields, now: Fields | None) -> list[str]:
    """Return what an option was, what it is and what is different."""
    default = _value(was.get("default", "–")) or "empty"
    kind = f"{was['type']}, {default}"
    if now is None:
        return [kind, "missing", was.get("note", "")]
    notes = [was["note"]] if "note" in was else []
    if now["type"] != was["type"]:
        return [kind, "missing", f"it is of type {now['type']}"]
    if now.get("default") != was.get("default"):
        notes.insert(0, f"default here: {_value(now.get('default', 'none'))}")
    if not _IDLE.match(now["description"]):
        return [kind, "works", "; ".join(notes)]
    return [kind, "accepted", "; ".join([f"dead before, too: {was['dead']}"] if "dead" in was else notes)]  # fmt: skip


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _endpoint(name: str, was: Sequence[str], metadata: Fields) -> list[str]:
    interface, role, scope = was
    for now in _ROLES:
        fields = within(metadata, now, name)
        if fields and [fields["interface"], now, fields.get("scope", "global")] == list(was):
            idle = _IDLE.match(str(fields.get("description", "")))
            return [f"{interface}, {role}, {scope}", "accepted" if idle else "works", ""]
    return [f"{interface}, {role}, {scope}", "missing", ""]


def _action(charm: str, was: Fields, now: Fields | None) -> list[str]:
    wanted = was.get("params", {})
    said = [f"`{name}` ({kind})" for name, kind in wanted.items()]
    said += [f"result `{name}`" for name in was.get("results", ())]
    said += [f"“{words}”" for words in was.get("fails", ())]
    what = "<br>".join(said) or "–"
    if now is None:
        return [what, "missing", was.get("note", "")]
    params: Fields = now.get("params") or {}
    lost = [name for name, kind in wanted.items() if params.get(name, {}).get("type") != kind]
    lost += [words for words in was.get("fails", ()) if not says(charm, words)]
    if lost:
        return [what, "missing", f"not here: {', '.join(lost)}"]
    return [what, "works", was.get("note", "")]


def _status(charm: str, status: Fields) -> list[str]:
    words, note = status.get("here", status["was"]), status.get("note", "")
    if words is None:
        return ["–", "gone", note]
    if not says(charm, words):
        return ["–", "missing", note]
    return ["as before", "works", note] if words == status["was"] else [words, "in other words", note]  # fmt: skip
