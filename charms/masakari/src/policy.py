# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Policy overrides: YAML files in a zip, as all charms of OpenStack take them, in oslo.policy's directory."""

import io
import pathlib
import zipfile
from collections.abc import Mapping
from typing import Any

import yaml

from instance_ha import files

RESOURCE = "policyd-override"
DIRECTORY = pathlib.Path("/etc/masakari/policy.d")
_PREFIX = "charm-"
_LARGEST = 1_000_000  # bytes; rules are a few lines


class PolicyError(Exception):
    """The resource cannot be used; the message says why."""


def read(content: bytes) -> dict[str, str]:
    """Return the texts of the policy files in a zip, by their names.

    Raises:
        PolicyError: It is no zip, or a file in it is not a mapping of rules.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [one for one in archive.infolist() if not one.is_dir()]
            found = {_name(one): _text(archive, one) for one in names if _is_policy(one)}
    except zipfile.BadZipFile:
        raise PolicyError("not a zip")
    if len(found) != sum(_is_policy(one) for one in names):
        raise PolicyError("two files of the same name")
    return found


def ensure(wanted: Mapping[str, str]) -> bool:
    """Keep exactly these of our files beside what an operator put there. Return whether anything changed.

    oslo.policy reads its directory again by itself: no restart is needed.
    """
    paths = {DIRECTORY / f"{_PREFIX}{name}": text for name, text in wanted.items()}
    changed = False
    for path, text in paths.items():
        changed |= files.ensure(path, text, mode=0o640, group="masakari")
    for path in sorted(DIRECTORY.glob(f"{_PREFIX}*")):
        if path not in paths:
            changed |= files.ensure_absent(path)
    return changed


def _is_policy(member: zipfile.ZipInfo) -> bool:
    return pathlib.PurePosixPath(member.filename).suffix in (".yaml", ".yml", ".json")


def _name(member: zipfile.ZipInfo) -> str:
    # Without the directories: a name with ".." in it must not lead anywhere else.
    return pathlib.PurePosixPath(member.filename).with_suffix(".yaml").name


def _text(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if member.file_size > _LARGEST:
        raise PolicyError(f"{member.filename} is too large")
    try:
        text = archive.read(member).decode()
        rules: Any = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.YAMLError):
        raise PolicyError(f"{member.filename} is not YAML")
    if not isinstance(rules, dict):
        raise PolicyError(f"{member.filename} is not a mapping of rules")
    return text
