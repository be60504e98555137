# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charms: unpacked once for each revision, then placed into the directory of each unit."""

import os
import pathlib
import shutil
import zipfile
from typing import Any

import yaml

from lab.juju.bundles import CharmMetadata, load_charm
from lab.juju.model import Model

# Wheels: thousands of files that no charm writes to, so units may share them with the store.
_SHARED = ("venv", "lib")


class CharmStore:
    """The charms of one lab, one directory for each revision."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory
        self._metadata: dict[str, CharmMetadata] = {}

    def add(self, model: Model, source: pathlib.Path) -> str:
        """Unpack a packed charm, or copy a charm's directory; return the key of its revision.

        As with ``juju deploy ./x.charm``, every upload is a new revision of the local charm.

        Raises:
            CharmError: It is no charm, or breaks Juju's rules for charms.
        """
        name = load_charm(source).name
        revision = model.counters.revisions.get(name, -1) + 1
        model.counters.revisions[name] = revision
        key = f"{name}-{revision}"
        target = self._directory / model.uuid / key
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
            _split(target)
        else:
            _unpack(source, target)
        model.charms[key] = str(target)
        return key

    def metadata(self, model: Model, key: str) -> CharmMetadata:
        """Return what a charm revision declares."""
        directory = model.charms[key]
        if directory not in self._metadata:
            self._metadata[directory] = load_charm(pathlib.Path(directory))
        return self._metadata[directory]

    def forget(self, model: Model) -> None:
        """Delete the charms of a model."""
        shutil.rmtree(self._directory / model.uuid, ignore_errors=True)


def place(new: pathlib.Path, old: pathlib.Path | None, target: pathlib.Path) -> None:
    """Put a charm revision into a unit's charm directory.

    As worker/uniter/charm/manifest_deployer.go does: what the old revision had and the new one has
    not is removed, what the charm made itself (its ``.unit-state.db``) stays.

    Args:
        new: The unpacked revision.
        old: The unpacked revision that is there now.
        target: The unit's charm directory.
    """
    if old is not None and old.is_dir():
        for path in sorted(old.rglob("*"), reverse=True):
            _remove(target / path.relative_to(old), new / path.relative_to(old))
    target.mkdir(parents=True, exist_ok=True)
    for top in new.iterdir():
        copy = _share if top.name in _SHARED else shutil.copy2
        if top.is_dir() and not top.is_symlink():
            shutil.copytree(
                top, target / top.name, symlinks=True, dirs_exist_ok=True, copy_function=copy
            )
        else:
            (target / top.name).unlink(missing_ok=True)
            shutil.copy2(top, target / top.name, follow_symlinks=False)


def _remove(path: pathlib.Path, kept: pathlib.Path) -> None:
    if kept.exists() or kept.is_symlink():
        # Links and shared files must not be written through.
        if path.is_symlink() or path.is_file():
            path.unlink()
        return
    if path.is_dir() and not path.is_symlink():
        if not any(path.iterdir()):
            path.rmdir()
        return
    path.unlink(missing_ok=True)


def _share(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        # Another file system.
        shutil.copy2(source, target)
    return target


def _unpack(source: pathlib.Path, target: pathlib.Path) -> None:
    """Unpack a charm with the modes that it was packed with; ``zipfile`` alone drops them."""
    with zipfile.ZipFile(source) as archive:
        archive.extractall(target)
        for member in archive.infolist():
            mode = member.external_attr >> 16
            path = target / member.filename
            if (mode & 0o170000) == 0o120000:
                link = archive.read(member).decode()
                path.unlink()
                path.symlink_to(link)
            elif mode:
                path.chmod((mode & 0o777) | (0o700 if path.is_dir() else 0o600))


def _split(directory: pathlib.Path) -> None:
    """Write the three files that ops reads, as packing would from charmcraft.yaml."""
    whole = directory / "charmcraft.yaml"
    if (directory / "metadata.yaml").exists() or not whole.exists():
        return
    project: dict[str, Any] = yaml.safe_load(whole.read_text())
    parts = {
        "config.yaml": project.pop("config", None),
        "actions.yaml": project.pop("actions", None),
    }
    (directory / "metadata.yaml").write_text(yaml.safe_dump(project))
    for name, content in parts.items():
        if content is not None:
            (directory / name).write_text(yaml.safe_dump(content))
