# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The pure modules of the charms, and the gate on how much of them tests run.

A module is pure if neither it nor a module of ours that it imports can reach Juju, a file, a process
or the network. Those decide and render, so nothing keeps a test from trying every line of them. They
are found by what they import, not listed, so that a new one is measured from its first day.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LEAST_PERCENT = 95

# The ways out of a program, and ops, the way to Juju.
_WAYS_OUT = frozenset({
    "asyncio", "charmlibs", "fcntl", "http", "keystoneauth1", "openstack", "ops", "os", "requests", "select",
    "shutil", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time",
    "urllib.error", "urllib.request",
})  # fmt: skip
# Decisions that live beside the call that carries them out, or take names from such a module.
_DECIDING = (
    "charms/hacluster/src/cluster.py",
    "charms/hacluster/src/fencing.py",
    "charms/hacluster/src/matching.py",
)


def modules(root: Path = ROOT) -> list[Path]:
    """Return the modules that are measured, relative to the checkout."""
    found = {path for charm in sorted(root.glob("charms/*")) for path in _pure(charm)}
    return sorted({path.relative_to(root) for path in found} | set(map(Path, _DECIDING)))


def _pure(charm: Path) -> Iterator[Path]:
    places = [charm / "src", charm / "files", charm.parent / "common" / "src"]
    named = {
        _name(path.relative_to(place)): path for place in places for path in place.rglob("*.py")
    }
    imports = {name: frozenset(_imports(path)) for name, path in named.items()}
    for name, path in named.items():
        reached = _reachable(name, imports)
        if charm in path.parents and not any(_is_way_out(each) for each in reached):
            yield path


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _reachable(name: str, imports: Mapping[str, frozenset[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        new = imports.get(waiting.pop(), frozenset()) - reached
        reached |= new
        waiting.extend(new)
    return reached


def _is_way_out(name: str) -> bool:
    parts = name.split(".")
    return any(".".join(parts[: count + 1]) in _WAYS_OUT for count in range(len(parts)))


@dataclasses.dataclass(frozen=True)
class Covered:
    """How many of a module's lines and branches tests went through."""

    run: int = 0
    all: int = 0

    @property
    def percent(self) -> float:
        """The share that was run; nothing of a module that no test imports."""
        return 100 * self.run / self.all if self.all else 0.0

    def __add__(self, other: Covered) -> Covered:
        return Covered(self.run + other.run, self.all + other.all)


def measure(data: Sequence[Path]) -> dict[Path, Covered]:
    """Return what runs of tests went through, by pure module; a module that has no lines is left out.

    Args:
        data: What ``coverage run`` wrote, one file for each run.
    """
    merged = data[0].parent / "merged"
    report = data[0].parent / "report.json"
    coverage = [sys.executable, "-m", "coverage"]
    combine = ["combine", "--quiet", "--keep", f"--data-file={merged}", *map(str, data)]
    write = ["json", "--quiet", f"--data-file={merged}", "-o", str(report)]
    for command in (combine, write):
        subprocess.run([*coverage, *command], cwd=ROOT, check=True)
    files: dict[str, Any] = json.loads(report.read_text())["files"]
    return {path: _covered(files.get(str(path))) for path in modules() if _has_code(path)}


def _covered(file: Mapping[str, Any] | None) -> Covered:
    if file is None:
        return Covered()
    found: Mapping[str, int] = file["summary"]
    return Covered(
        found["covered_lines"] + found["covered_branches"],
        found["num_statements"] + found["num_branches"],
    )


def _has_code(path: Path) -> bool:
    # More than a docstring.
    return len(ast.parse((ROOT / path).read_text()).body) > 1


def judge(found: Mapping[Path, Covered]) -> tuple[str, ET.Element]:
    """Return what to print, and a report with one test case: all of them together reach the mark."""
    total = sum(found.values(), Covered())
    said = f"coverage: {total.percent:.1f} % of {len(found)} pure modules"
    case = ET.Element("testcase", classname="coverage", name="pure modules")
    missed = [str(path) for path, covered in found.items() if not covered.run]
    if total.percent < LEAST_PERCENT or missed:
        reason = (
            f"no test imports {', '.join(missed)}" if missed else f"{LEAST_PERCENT} % are wanted"
        )
        ET.SubElement(case, "failure", message=f"{said}; {reason}")
        said += f": FAILED, {reason}"
    low = sorted((covered.percent, str(path)) for path, covered in found.items())
    below = [f"  {percent:5.1f} %  {path}" for percent, path in low if percent < LEAST_PERCENT]
    return "\n".join([said, *below]), case
