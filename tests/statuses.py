# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The status messages that the charms can show, found in their source."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What makes a status, and its kind: ops' classes, and the helpers in instance_ha.status.
_MAKERS = {
    "BlockedStatus": "blocked",
    "blocked": "blocked",
    "WaitingStatus": "waiting",
    "waiting": "waiting",
    "MaintenanceStatus": "maintenance",
    "ActiveStatus": "active",
}
GAP = "…"
"""Stands for what differs from case to case."""


@dataclasses.dataclass(frozen=True, order=True)
class Message:
    """A status; what differs from case to case is ``…``."""

    kind: str
    text: str

    def fits(self, told: str) -> bool:
        """Return whether a text has all fixed words of this message, in their order."""
        words = [re.escape(part.strip(" :;,()'")) for part in self.text.split(GAP)]
        return re.search(".*".join(words), told) is not None


def find(tree: Path) -> list[Message]:
    """Return the messages of a charm's own source; those without fixed words are left out."""
    found = {message for path in tree.glob("src/*.py") for message in _in(path.read_text())}
    return sorted(each for each in found if re.search(r"\w{2}", each.text))


def shared(root: Path = ROOT) -> list[Message]:
    """Return the messages that every charm has from the shared package."""
    return sorted(set(_in((root / "charms/common/src/instance_ha/status.py").read_text())))


def _in(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and (kind := _MAKERS.get(_called(node))):
            text = _text(node.args[0])
            if text:
                yield Message(kind, text)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _text(node: ast.expr) -> str:
    """Return a message as far as it is written out."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else GAP
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.GeneratorExp):
        # One of what is joined here.
        return _text(node.args[0].elt)
    return GAP
