# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How many tests passed and failed, read from what pytest leaves behind."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Count:
    """Tests that ended one way or the other, and the names of those that failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def read(directory: Path, pattern: str = "*.xml") -> Count:
    """Return the sum of the JUnit files in a directory."""
    return sum((_count_file(path) for path in sorted(directory.glob(pattern))), Count())


def crashed(suite: str, returncode: int) -> str:
    """Return the report of a suite that ended with an error and does not report one itself."""
    case = ET.Element("testcase", classname=suite, name=f"ended with exit code {returncode}")
    ET.SubElement(case, "error")
    return ET.tostring(case, encoding="unicode")


def _count_file(path: Path) -> Count:
    try:
        return count(path.read_text())
    except ET.ParseError:
        # Its pytest was killed while it wrote.
        return Count(failed=1, failures=(f"{path.stem}::report cut short",))


def count(report: str) -> Count:
    """Return what one JUnit report counts; an error during set-up is a failure."""
    passed, skipped, failures = 0, 0, list[str]()
    for case in ET.fromstring(report).iter("testcase"):
        outcome = {child.tag for child in case}
        if outcome & {"failure", "error"}:
            failures.append(f"{case.get('classname', '')}::{case.get('name', '')}")
        elif "skipped" in outcome:
            skipped += 1
        else:
            passed += 1
    return Count(passed, len(failures), skipped, tuple(failures))
