# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The metrics that the charms' programs offer, found in their source, for the reference page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_MONITOR = ROOT / "charms/masakari/src/fencing_monitor"
_WATCH = ROOT / "charms/hacluster/files/cluster_watch/metrics.py"

UNEXPLAINED = "?"

# What the fencing monitor's metrics mean; a new one has to be explained here.
_MEANINGS = {
    "here": "Whether the fencing monitor runs on this unit; where it does not there is nothing else.",
    "host_online": "Whether a host is really online, by `host`.",
    "host_unprotected": "1 for each `reason` why a `host` would not be recovered if it failed now.",
    "host_failed": "1 for a `host` whose failure has not ended or that is not back, with its `phase` and `outcome`.",
    "failures_present": "Failures that have not ended or whose host is not back, by `phase`.",
    "failures_remembered": "Failures that the monitor remembers, by `outcome`.",
    "phase_seconds": "Seconds that each `phase` of a `host`'s newest failure took.",
    "quorate": "Whether the cluster has quorum where the monitor runs.",
    "cluster_seen_seconds": "When the cluster was last seen, as seconds since 1970.",
    "cluster_errors_total": "Looks at the cluster that failed.",
    "api_errors_total": "Calls that failed, by `api`.",
    "journal_errors_total": "Times that the journal could not be written.",
}


def of_masakari() -> list[tuple[str, str, str]]:
    """Return name, kind and meaning of each metric of the fencing monitor."""
    found: dict[str, str] = {}
    for path in sorted(_MONITOR.glob("*.py")):
        for name, kind in _named(ast.parse(path.read_text())):
            found.setdefault(name, kind)
    return [
        (f"masakari_fencing_monitor_{name}", kind, _MEANINGS.get(name, UNEXPLAINED))
        for name, kind in found.items()
    ]


def of_hacluster() -> list[tuple[str, str, str]]:
    """Return name, kind and meaning of each metric of a member."""
    for node in ast.parse(_WATCH.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HELP":
            meanings: dict[str, str] = ast.literal_eval(node.value)
            return [(f"hacluster_{name}", "gauge", text) for name, text in meanings.items()]
    raise LookupError(f"{_WATCH} has no _HELP")


def _named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the metrics of ``_samples(KIND, NAME, ...)`` and ``self._count(NAME)``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        words = [_start(argument) for argument in node.args]
        if called == "_samples":
            yield words[1], words[0]
        elif called == "self._count":
            yield words[0].partition("{")[0], "counter"


def _start(node: ast.expr) -> str:
    """Return a text, up to what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return _start(node.values[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
