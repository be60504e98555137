# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charms of this checkout: where they are and what goes into each."""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).resolve().parents[2]

# What tools leave behind; it is neither packed nor does it make a charm different.
_LEAVINGS = frozenset({
    "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", "parts", "prime", "stage",
    "htmlcov", ".coverage", "uv.lock", ".venv",
})  # fmt: skip
_NOT_PACKED = _LEAVINGS | {"tests"}


@dataclasses.dataclass(frozen=True, order=True)
class Charm:
    """A directory that charmcraft can pack."""

    directory: Path
    name: str

    @property
    def label(self) -> str:
        """What the checkout calls it: the name of its directory.

        That of the charm itself can be another's as well: Juju refreshes an application only to a
        charm of the same name, so what stands in for a predecessor has the name of what follows it.
        """
        return self.directory.name

    @property
    def place(self) -> Path:
        """The directory relative to the checkout, which relative sources of its parts build on."""
        return self.directory.relative_to(self.root)

    @property
    def root(self) -> Path:
        """The checkout it belongs to."""
        levels = 2 if self.directory.parents[1].name == "lab" else 1
        return self.directory.parents[levels]

    @property
    def is_for_the_lab(self) -> bool:
        """Whether it stands in for an application outside this collection."""
        return self.place.parts[0] == "lab"

    def filename(self, base: str) -> str:
        """The name of the packed file."""
        return f"{self.label}_{base}-amd64.charm"

    def made(self, base: str) -> str:
        """The name that charmcraft gives the packed file."""
        return f"{self.name}_{base}-amd64.charm"

    def filenames(self) -> frozenset[str]:
        """The names of the packed files, one for each of its platforms."""
        platforms = _load(self.directory / "charmcraft.yaml").get("platforms", {})
        return frozenset(f"{self.label}_{name.replace(':', '-')}.charm" for name in platforms)

    def sources(self) -> tuple[Path, ...]:
        """Everything that is packed into it: its own directory and the local sources of its parts."""
        metadata = _load(self.directory / "charmcraft.yaml")
        parts = cast("dict[str, dict[str, Any]]", metadata.get("parts", {}))
        local = (part.get("source", ".") for part in parts.values())
        return tuple(dict.fromkeys((self.directory / source).resolve() for source in local))


def everywhere(root: Path = ROOT) -> list[Path]:
    """Return the directories that have a charmcraft.yaml, ours first."""
    patterns = ("charms/*/charmcraft.yaml", "lab/charms/*/charmcraft.yaml")
    return [path.parent for pattern in patterns for path in sorted(root.glob(pattern))]


def find(names: Iterable[str] = (), root: Path = ROOT) -> list[Charm]:
    """Return the charms that the checkout calls by these names, or all.

    Raises:
        LookupError: No charm is called so.
    """
    charms = [Charm(path, _name(path)) for path in everywhere(root)]
    wanted = list(names)
    if unknown := sorted(set(wanted) - {charm.label for charm in charms}):
        known = ", ".join(sorted(charm.label for charm in charms))
        raise LookupError(f"no charm is called {', '.join(unknown)}; there are: {known}")
    return [charm for charm in charms if not wanted or charm.label in wanted]


def named(charm: str, root: Path = ROOT) -> Charm | None:
    """Return the charm that a bundle means: one of ours by ``ch:NAME``, any by its packed file.

    A charm of Charmhub that is not ours is ``None``.

    Raises:
        LookupError: It is a packed file of nothing in this checkout.
    """
    found = find(root=root)
    if not charm.endswith(".charm"):
        name = charm.removeprefix("ch:")
        return next((it for it in found if it.name == name and not it.is_for_the_lab), None)
    path = Path(charm)
    for each in found:
        if path.name in each.filenames():
            return each
    raise LookupError(f"nothing in this checkout is packed into {path.name}")


def files(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory that can end up in a charm, in a fixed order."""
    for path in sorted(directory.iterdir()):
        if path.name in _NOT_PACKED or path.suffix in {".charm", ".pyc"}:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from files(path)
        else:
            yield path


def digest(charm: Charm, *circumstances: str) -> str:
    """Return what identifies a packed charm: the content of all it is made of, and how it is made.

    Args:
        charm: The charm.
        circumstances: Whatever else makes the result different, such as the Python it is for.
    """
    total = hashlib.sha256()
    for circumstance in (charm.name, *circumstances):
        total.update(circumstance.encode() + b"\0")
    for source in charm.sources():
        for path in files(source):
            total.update(f"{path.relative_to(source)}\0{path.lstat().st_mode:o}\0".encode())
            total.update(
                path.readlink().__fspath__().encode() if path.is_symlink() else path.read_bytes()
            )
            total.update(b"\0")
    return total.hexdigest()


def _name(directory: Path) -> str:
    return str(_load(directory / "charmcraft.yaml").get("name", directory.name))


def _load(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text())
    if not isinstance(content, dict):
        raise LookupError(f"{path} is not a mapping")
    return cast("dict[str, Any]", content)
