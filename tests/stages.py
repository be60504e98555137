# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The stages of ``./check``: run them, one log each, and print one table."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import host
from lab.packing import pythons
from lab.settings import Lab
from tests import results

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
LOGS = BUILD / "logs" / "check"
RESULTS = BUILD / "results"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclasses.dataclass(frozen=True)
class Stage:
    """One environment of tox.ini."""

    name: str
    arguments: tuple[str, ...] = ()
    needs: str | None = None
    """A stage without which this one has nothing to work on."""
    needs_lab: bool = False
    python: str = ""
    """The Python it is about, if not the one that everything else runs on."""
    fast: bool = True
    """Whether it is among the stages of ``--fast``."""


STAGES = (
    Stage("format", ("--check",)),
    Stage("lint"),
    Stage("types"),
    Stage("unit"),
    # The Pythons of Ubuntu 22.04 and 24.04, and that of the lab's machines, which run the charms anyway.
    Stage("unit-3.10", python="3.10", fast=False),
    Stage("unit-3.12", python="3.12", fast=False),
    Stage("unit-3.13", python="3.13", fast=False),
    Stage("contract"),
    Stage("tools"),
    Stage("pack", needs_lab=True, fast=False),
    Stage("lab", needs="pack", needs_lab=True, fast=False),
)


@dataclasses.dataclass(frozen=True)
class Row:
    """What became of a stage."""

    stage: str
    seconds: float
    count: results.Count
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing in it failed."""
        return self.count.failed == 0

    @property
    def mark(self) -> str:
        """The word for it in the table."""
        if self.passed:
            return "ok  " if self.count.passed else "skip"
        return "FAIL"


def run(stage: Stage, path: Sequence[Path] = ()) -> Row:
    """Run a stage through tox, its output in a log of its own.

    Args:
        stage: The stage.
        path: Directories to look for programs in before all others.
    """
    log = LOGS / f"{stage.name}.log"
    # A stage that does not come as far as its tests must not show those of another day.
    shutil.rmtree(RESULTS / stage.name, ignore_errors=True)
    started = time.monotonic()
    argv = ["tox", "run", "-q", "-e", stage.name, "--", *stage.arguments]
    with log.open("w") as output:
        done = subprocess.run(
            argv,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # tox makes its environment with the uv that its plugin finds in ours.
            env={
                **os.environ,
                "NO_COLOR": "1",
                "PATH": os.pathsep.join([*map(str, path), os.environ["PATH"]]),
                "PYTHONUNBUFFERED": "1",
            },
            check=False,
        )
    return judge(stage.name, done.returncode, time.monotonic() - started, log)


def judge(name: str, returncode: int, seconds: float, log: Path) -> Row:
    """Return the row of a stage that has ended; one that runs no tests counts as one test."""
    count = results.read(RESULTS / name)
    if count == results.Count():
        count = results.Count(passed=1) if returncode == 0 else results.Count(failed=1)
    elif returncode != 0 and count.failed == 0:
        count += results.Count(failed=1)
    if returncode == 0:
        return Row(name, seconds, count)
    reason = ", ".join(count.failures[:3]) or last_line(log.read_text(errors="replace"))
    more = f" and {len(count.failures) - 3} more" if len(count.failures) > 3 else ""
    return Row(name, seconds, count, f"{reason}{more}; see {log.relative_to(ROOT)}")


def last_line(log: str) -> str:
    """Return the last line that says something about the failure, without tox's own epilogue."""
    lines = [_COLOUR.sub("", line).strip() for line in log.splitlines()]
    told = [
        line for line in lines if line and not line.startswith(("evaluation failed", "congratul"))
    ]
    told = [line for line in told if not re.match(r"\S+: (FAIL|OK|exit \d)", line)] or told
    return told[-1][:160] if told else "no output"


def table(rows: Sequence[Row]) -> str:
    """Return what is printed at the end."""
    lines = ["", f"{'stage':<10} {'seconds':>8}  result"]
    lines += [f"{row.stage:<10} {row.seconds:>8.1f}  {row.mark} {row.count}" for row in rows]
    lines += [f"  {row.stage}: {row.note}" for row in rows if row.note]
    total = sum((row.count for row in rows), results.Count())
    seconds = sum(row.seconds for row in rows)
    # Whoever calls this looks for the sum alone on the last line.
    said = f"{total.passed} passed, {total.failed} failed"
    return "\n".join([*lines, "", f"{total} in {seconds:.0f} s", said])


def chosen(names: Sequence[str], *, fast: bool) -> list[Stage]:
    """Return the stages to run, in their order."""
    if names:
        return [stage for stage in STAGES if stage.name in names]
    return [stage for stage in STAGES if stage.fast or not fast]


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line of ``./check`` asks for."""
    parser = argparse.ArgumentParser(prog="./check", description="Run every test that CI runs.")
    parser.add_argument("--fast", action="store_true", help="all but packing and the lab")
    parser.add_argument(
        "stages", nargs="*", metavar="STAGE", help=", ".join(s.name for s in STAGES)
    )
    given = parser.parse_args(arguments)
    if unknown := set(given.stages) - {stage.name for stage in STAGES}:
        parser.error(f"no such stage: {', '.join(sorted(unknown))}")
    return given


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages and return 0 if all of them passed."""
    given = parse(arguments)
    LOGS.mkdir(parents=True, exist_ok=True)
    stages = chosen(given.stages, fast=given.fast)
    problems = host.problems(Lab()) if any(stage.needs_lab for stage in stages) else []
    for problem in problems:
        print(f"this machine cannot run the lab: {problem}", flush=True)
    rows: list[Row] = []
    for stage in stages:
        print(f"{stage.name:<10} ", end="", flush=True)
        row = _run_or_refuse(stage, rows, problems)
        print(f"{row.seconds:>8.1f}  {row.mark} {row.note}", flush=True)
        rows.append(row)
    print(table(rows))
    return 0 if all(row.passed for row in rows) else 1


def _run_or_refuse(stage: Stage, rows: Sequence[Row], problems: Sequence[str]) -> Row:
    if stage.needs_lab and problems:
        return Row(stage.name, 0.0, results.Count(failed=1), problems[0])
    if any(row.stage == stage.needs and not row.passed for row in rows):
        return Row(
            stage.name, 0.0, results.Count(failed=1), f"not run, because {stage.needs} failed"
        )
    if not stage.python:
        return run(stage)
    if stage.python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return _skipped(stage, "unit has run on this Python")
    python = pythons.find(stage.python)
    if python is None:
        return _skipped(stage, f"there is no Python {stage.python} on this machine")
    return run(stage, [_alone(python, stage.python)])


def _skipped(stage: Stage, reason: str) -> Row:
    return Row(stage.name, 0.0, results.Count(skipped=1), f"skipped: {reason}")


def _alone(python: Path, version: str) -> Path:
    # The directory it lies in can hold other programs, which must not come first.
    directory = BUILD / "pythons" / version
    directory.mkdir(parents=True, exist_ok=True)
    link = directory / f"python{version}"
    link.unlink(missing_ok=True)
    link.symlink_to(python)
    return directory


if __name__ == "__main__":
    sys.exit(main())
