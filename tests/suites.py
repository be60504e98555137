# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Run the suites of a stage, each in a pytest of its own: ``python -m tests.suites unit [SUITE] [-- ...]``.

One process for each charm, because each has a top-level module called ``charm`` and two of them do not
fit into one process. One suite more runs at once than there are processors; the lab's run one by one.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests import pure, results

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "results"

# pytest's exit code for "no tests were collected".
_EMPTY = 5

# What runs on machines, and so on their Python.
_CHARMS = ("charms/*/tests/unit", "lab/charms/*/tests/unit")
_STAGES: dict[str, tuple[str, ...]] = {
    "unit": (*_CHARMS, "lab/tests/unit", "tests/unit"),
    "unit-3.10": _CHARMS,
    "unit-3.12": _CHARMS,
    "unit-3.13": _CHARMS,
    "contract": ("tests/contract",),
    "tools": ("tests/tools",),
    "pack": ("tests/release",),
    "lab": ("tests/integration", "tests/faults"),
    "guide": ("tests/guide",),
    "tls": ("tests/tls",),
    "ipv6": ("tests/ipv6",),
    "recovery": ("tests/recovery",),
    "faults": ("tests/faults",),
    "refresh": ("tests/refresh",),
    "bench": ("tests/bench",),
}
# What a stage runs of a suite, where that is not all.
_SOME: dict[tuple[str, str], tuple[str, ...]] = {("lab", "tests/faults"): ("-m", "quick")}
_ON_THE_LAB = frozenset({"lab", "guide", "tls", "ipv6", "recovery", "faults", "refresh", "bench"})


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one suite."""

    suite: str
    returncode: int
    seconds: float
    output: str


def find(stage: str) -> Iterator[str]:
    """Yield the directories of tests that a stage has, relative to the checkout."""
    for pattern in _STAGES[stage]:
        for path in sorted(ROOT.glob(pattern)):
            if next(path.rglob("test_*.py"), None):
                yield str(path.relative_to(ROOT))


def size(suite: str) -> int:
    """Return how much there is to a suite, for the long ones to begin first."""
    return sum(path.stat().st_size for path in (ROOT / suite).rglob("test_*.py"))


def run(stage: str, suite: str, options: Sequence[str]) -> Outcome:
    """Run one suite and keep its report under build/results, and its coverage if that is measured."""
    data = coverage_data(stage, suite)
    measured = ["-m", "coverage", "run", f"--data-file={data}"] if data else []
    report = RESULTS / stage / f"{suite.replace('/', '-')}.xml"
    options = (*_SOME.get((stage, suite), ()), *options)
    argv = [sys.executable, *measured, "-m", "pytest", suite, f"--junitxml={report}", *options]
    started = time.monotonic()
    live = stage in _ON_THE_LAB
    if live:
        argv.append("-rP")  # timelines and gaps are what these runs are read for
    done = subprocess.run(
        argv,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=None if live else subprocess.PIPE,
        stderr=None if live else subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode not in (0, _EMPTY) and results.read(report.parent, report.name).failed == 0:
        report.write_text(results.crashed(suite, done.returncode))
    return Outcome(suite, done.returncode, time.monotonic() - started, done.stdout or "")


def coverage_data(stage: str, suite: str) -> Path | None:
    """Return where the coverage of a suite goes: measured are the charms' own, on one Python."""
    if stage != "unit" or not suite.startswith("charms/"):
        return None
    return RESULTS / stage / f"{suite.replace('/', '-')}.coverage"


def judge_coverage(stage: str, suites: Sequence[str]) -> bool:
    """Print what the suites went through of the pure modules, and say whether it is enough."""
    data = [path for suite in suites if (path := coverage_data(stage, suite)) and path.exists()]
    if not data:
        return True
    text, case = pure.judge(pure.measure(data))
    print(text, flush=True)
    (RESULTS / stage / "coverage.xml").write_text(ET.tostring(case, encoding="unicode"))
    return case.find("failure") is None


def run_all(stage: str, suites: Sequence[str], options: Sequence[str]) -> bool:
    """Run suites side by side, print each when it ends, and say whether all passed."""
    # Some wait for long: for agents that look at a machine twice, or again after a while.
    workers = 1 if stage in _ON_THE_LAB else (os.cpu_count() or 1) + 1
    good = True
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        order = sorted(suites, key=size, reverse=True) if workers > 1 else suites
        waiting = [pool.submit(run, stage, suite, options) for suite in order]
        for future in concurrent.futures.as_completed(waiting):
            outcome = future.result()
            passed = outcome.returncode in (0, _EMPTY)
            good &= passed
            last = outcome.output.strip().splitlines()[-1:] or [""]
            summary = last[0].strip("= ") if passed else f"FAILED\n{outcome.output}"
            print(f"{outcome.suite}: {summary} ({outcome.seconds:.1f} s in all)", flush=True)
    return good


def main(arguments: Sequence[str]) -> int:
    """Run a stage's suites, or those named; other arguments are pytest's."""
    stage, *rest = arguments
    if stage in ("tools", "bench"):
        from tests import host

        host.ensure_packages(ROOT / "tests/tools/packages.txt")
    known = list(find(stage))
    named = [suite for suite in known if any(_within(suite, argument) for argument in rest)]
    options = [o for o in rest if not any(_within(suite, o) for suite in known)]
    shutil.rmtree(RESULTS / stage, ignore_errors=True)
    (RESULTS / stage).mkdir(parents=True)
    if not known:
        print(f"no tests in {', '.join(_STAGES[stage])} yet")
    good = run_all(stage, named or known, options)
    if not rest:
        good &= judge_coverage(stage, known)
    return 0 if good else 1


def _within(suite: str, argument: str) -> bool:
    return not argument.startswith("-") and f"{suite}/".startswith(f"{argument.rstrip('/')}/")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
