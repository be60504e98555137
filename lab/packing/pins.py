# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From a charm's committed pins to the ``uv.lock`` that charmcraft's uv plugin wants.

A ``uv.lock`` records the address of every file, which depends on where it was made; so it is not
committed, but made from ``requirements.lock`` when a charm is packed. uv resolves once more, with
every pin as a constraint, and what it wrote is then held against the pins: another version is an
error, and a file whose hash is not pinned is struck out. uv checks the hashes when it downloads.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+))?"
)
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_PACKAGE = re.compile(
    r'^\[\[package\]\]\nname = "(?P<name>[^"]+)"\nversion = "(?P<version>[^"]+)"', re.M
)
_FILE = re.compile(
    r"^(?:sdist = |    )\{.*\bhash = \"(?P<hash>sha256:[0-9a-f]{64})\".*\},?\n", re.M
)


class PinError(Exception):
    """The pins do not fit the charm; ``tox -e lock`` makes new ones."""


@dataclasses.dataclass(frozen=True)
class Pin:
    """One version of one package, for the Pythons its marker names, and the hashes of its files."""

    name: str
    version: str
    marker: str
    hashes: frozenset[str]

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" + (f" ; {self.marker}" if self.marker else "")


def parse(text: str) -> list[Pin]:
    """Return the pins of a requirements file with hashes.

    Raises:
        PinError: A pin has no hash.
    """
    found: list[Pin] = []
    for block in re.split(r"\n(?=[A-Za-z0-9])", "\n" + text):
        if match := _PIN.match(block.lstrip("\n")):
            hashes = frozenset(_HASH.findall(block))
            if not hashes:
                raise PinError(f"{match['name']} is pinned without a hash")
            marker = (match["marker"] or "").strip()
            found.append(Pin(match["name"], match["version"], marker, hashes))
    return found


def constrain(pyproject: str, pins: list[Pin]) -> str:
    """Return a pyproject.toml that allows exactly the pinned versions."""
    lines = "".join(f'    "{pin}",\n' for pin in pins)
    table = f"[tool.uv]\nconstraint-dependencies = [\n{lines}]\n"
    if "\n[tool.uv]\n" in pyproject:
        return pyproject.replace("\n[tool.uv]\n", f"\n{table}", 1)
    return f"{pyproject}\n{table}"


def check(lock: str, pins: list[Pin]) -> str:
    """Return a uv.lock without the files that are not pinned.

    Raises:
        PinError: It holds a version that is not pinned, or nothing that is pinned of one.
    """
    allowed: dict[tuple[str, str], frozenset[str]] = {}
    for pin in pins:
        key = (pin.name, pin.version)
        allowed[key] = allowed.get(key, frozenset()) | pin.hashes
    return "".join(_checked(block, allowed) for block in _blocks(lock))


def _blocks(lock: str) -> Iterator[str]:
    starts = [match.start() for match in re.finditer(r"^\[\[package\]\]$", lock, re.M)]
    for start, end in zip([0, *starts], [*starts, len(lock)], strict=True):
        yield lock[start:end]


def _checked(block: str, allowed: dict[tuple[str, str], frozenset[str]]) -> str:
    head = _PACKAGE.match(block)
    if not head or "source = { virtual =" in block or "source = { editable =" in block:
        return block
    key = (head["name"], head["version"])
    if key not in allowed:
        raise PinError(f"{key[0]} {key[1]} is not pinned; run `tox -e lock`")
    kept = _FILE.sub(lambda file: file[0] if file["hash"] in allowed[key] else "", block)
    if not _FILE.search(kept):
        raise PinError(f"no file of {key[0]} {key[1]} has a pinned hash; run `tox -e lock`")
    return kept


def lock(charm: Path, uv: str) -> str:
    """Return the uv.lock of a charm's directory, made from its pins.

    Raises:
        PinError: The pins are missing, or do not fit what its pyproject.toml asks for.
    """
    pinned = charm / "requirements.lock"
    if not pinned.exists():
        raise PinError(f"{pinned} is missing; run `tox -e lock`")
    pins = parse(pinned.read_text())
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        constrained = constrain((charm / "pyproject.toml").read_text(), pins)
        (place / "pyproject.toml").write_text(constrained)
        # A project that is a package wants its readme and sources only when it is built.
        for readme in charm.glob("README*"):
            shutil.copy(readme, place)
        argv = [uv, "lock", "--quiet", "--directory", directory]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PinError(
                f"the pins do not fit pyproject.toml; run `tox -e lock`:\n{done.stderr}"
            )
        return check((place / "uv.lock").read_text(), pins)
