# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What is wrong with a charm or a bundle, and where."""

import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, order=True)
class Problem:
    """One fault: the file, its line (from 1; 0 when the file as a whole is meant) and the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        """Return ``file:line: reason``, which editors know how to follow."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.reason}"


class InvalidError(Exception):
    """Files that cannot be used; ``problems`` has every reason found, in the order of the files."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class CharmError(InvalidError):
    """A charm is missing, unreadable, or breaks Juju's rules for charms."""


class BundleError(InvalidError):
    """A bundle, or a bundle with its overlays, breaks Juju's rules for bundles."""
