# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""What the image's layers are made of, and the keys under which they are kept."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path

from lab.machines.archive import Archive

RECIPE = "1"
"""Raise it when a change of the code changes what is built."""

REPOSITORY = "1"
"""The same for the machines' repository alone, on which no other layer is built."""

PACKAGES = Path(__file__).parent / "packages"
REPAIRS = Path(__file__).parent / "repairs"

LAYERS = ("base", "repository", "control", "compute")
"""What a lab needs; the builder is made when somebody packs."""

BUILDER = "builder"
BUILDER_PACKAGES = (
    "git",
    "libapt-pkg-dev",
    "python3",
    "python3-apt",
    "python3-dev",
    "python3-pip",
    "python3-venv",
)


@dataclasses.dataclass(frozen=True)
class Layer:
    """One directory of the cache, to be laid over others."""

    name: str
    key: str
    packages: tuple[str, ...]

    @property
    def directory(self) -> str:
        """Its name in the cache: a new content never disturbs a lab that runs on the old."""
        return f"{self.name}-{self.key}"


def read_packages(text: str) -> tuple[str, ...]:
    """Return the names in a package list, sorted, without comments and repetitions."""
    return tuple(
        sorted({word for line in text.splitlines() for word in line.split("#")[0].split()})
    )


def plan(archive: Archive, packages: Path = PACKAGES, repairs: Path = REPAIRS) -> dict[str, Layer]:
    """Return every layer with its key.

    A suite with a directory of its own in ``packages`` has the layers that are listed there alone.
    """
    own = packages / archive.suite
    chosen = own if own.is_dir() else packages
    lists = {path.stem: read_packages(path.read_text()) for path in chosen.glob("*.txt")}
    lists[BUILDER] = BUILDER_PACKAGES
    mended = [path.read_text() for path in sorted(repairs.rglob("*")) if path.is_file()]
    base_key = _digest([RECIPE, *archive.lines, *mended, *lists["base"]])
    plan = {"base": Layer("base", base_key, lists["base"])}
    for name in sorted(lists.keys() - {"base"}):
        made = [REPOSITORY] if name == "repository" else []
        plan[name] = Layer(name, _digest([base_key, *made, *lists[name]]), lists[name])
    return plan


def release(index: str) -> str:
    """Return the file Release of the machines' repository.

    It names the index by its digest: without one, Debian 12's apt loses it at every second update.
    """
    text = index.encode()
    digest = hashlib.sha256(text).hexdigest()
    return f"Origin: lab\nLabel: lab\nSuite: lab\nSHA256:\n {digest} {len(text)} Packages\n"


def stack(layer: str) -> tuple[str, ...]:
    """Return the layers of a machine, the uppermost first."""
    if layer == "base":
        return ("repository", "base")
    return (layer, "repository", "base")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
