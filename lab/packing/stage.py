# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The copy of a charm that charmcraft packs, laid out as in the checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.packing import charms, pins

# What charmcraft must believe itself to be running on; the ``distro`` library reads the file
# ``os-release`` in the directory that UNIXCONFDIR names. The machines of a lab are Debian's or
# Ubuntu's, whichever the host is; the charm is packed the same way.
_OS_RELEASE = """\
NAME="Ubuntu"
ID=ubuntu
ID_LIKE=debian
VERSION_ID="{version}"
VERSION="{version} LTS"
VERSION_CODENAME={codename}
UBUNTU_CODENAME={codename}
"""
_CODENAMES = {"22.04": "jammy", "24.04": "noble"}

BASES = tuple(f"ubuntu@{version}" for version in _CODENAMES)


def lay_out(charm: charms.Charm, directory: Path, uv: str) -> Path:
    """Copy a charm and the local sources of its parts, make its uv.lock, and return its place.

    Raises:
        PinError: Its pins do not fit.
    """
    shutil.rmtree(directory, ignore_errors=True)
    for source in charm.sources():
        (directory / source.relative_to(charm.root)).mkdir(parents=True, exist_ok=True)
        for path in charms.files(source):
            target = directory / path.relative_to(charm.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target, follow_symlinks=False)
    place = directory / charm.place
    if (place / "pyproject.toml").exists():
        (place / "uv.lock").write_text(pins.lock(charm.directory, uv))
    return place


def pretend(base: str, directory: Path) -> None:
    """Write an os-release of a base into a directory for UNIXCONFDIR."""
    version = base.partition("@")[2]
    directory.mkdir(parents=True, exist_ok=True)
    text = _OS_RELEASE.format(version=version, codename=_CODENAMES[version])
    (directory / "os-release").write_text(text)
