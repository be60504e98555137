# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A bundle with its overlays, as written: sections whose values know their file and line."""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping, Sequence

from lab.juju.bundles import marks, overlay, shape
from lab.juju.bundles.errors import BundleError, Problem
from lab.juju.bundles.marks import Item


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A composed bundle. ``base_dir`` replaces the directory that charm paths are relative to."""

    root: Item
    base_dir: pathlib.Path | None = None

    @property
    def applications(self) -> Mapping[str, Item]:
        """Return the applications' specifications by name, in the order of the files."""
        return self._section("applications")

    @property
    def machines(self) -> Mapping[str, Item]:
        """Return the machines' specifications by key."""
        return self._section("machines")

    @property
    def saas(self) -> Mapping[str, Item]:
        """Return the consumed offers by name."""
        return self._section("saas")

    @property
    def relations(self) -> Sequence[Item]:
        """Return the relations, each a list of two ends."""
        section = self.root.get("relations")
        return section.items if section else []

    def charm_path(self, application: str) -> pathlib.Path | None:
        """Return where an application's charm file is; ``None`` if it comes from Charmhub.

        A path starts with "." or "/" and is relative to the file that names it
        (juju/charm, overlay.go, resolveRelativeCharmPath).
        """
        charm = self.applications[application].get("charm")
        if charm is None or not isinstance(charm.value, str):
            return None
        if not charm.value.startswith((".", "/")):
            return None
        directory = self.base_dir or pathlib.Path(charm.file).parent
        return (directory / charm.value).absolute()

    def _section(self, name: str) -> Mapping[str, Item]:
        section = self.root.get(name)
        return section.mapping if section else {}


def load_bundle(paths: Sequence[pathlib.Path], base_dir: pathlib.Path | None = None) -> Bundle:
    """Return a bundle with overlays laid over it in order.

    Args:
        paths: The bundle's file, then the overlays'. Further documents in a file are overlays.
        base_dir: The directory of relative charm paths; by default, that of the file naming them.

    Raises:
        BundleError: A file cannot be read, is not YAML or not shaped like a bundle.
    """
    bundle, problems = compose(paths, base_dir)
    if problems or bundle is None:
        raise BundleError(problems)
    return bundle


def compose(
    paths: Sequence[pathlib.Path], base_dir: pathlib.Path | None = None
) -> tuple[Bundle | None, list[Problem]]:
    """Return what ``load_bundle`` does, as far as it gets, and the problems."""
    documents: list[Item] = []
    problems: list[Problem] = []
    for path in paths:
        found, faults = marks.read(pathlib.Path(path))
        problems.extend(faults)
        if not found and not faults:
            problems.append(Problem(str(path), 0, "malformed bundle: bundle is empty"))
        documents.extend(found)
    problems.extend(_shape_problems(documents))
    if problems or not documents:
        return None, problems
    root, faults = overlay.compose(documents)
    return Bundle(root, base_dir), faults


def _shape_problems(documents: Sequence[Item]) -> Iterator[Problem]:
    for document in documents:
        yield from shape.check(document)
