# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Policy overrides: YAML files in a zip, as all charms of OpenStack take them, in oslo.policy's directory."""

import io
import pathlib
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, cast

import yaml

from instance_ha import files

RESOURCE = "policyd-override"
ATTACH = f"attach the resource {RESOURCE}"
DIRECTORY = pathlib.Path("/etc/masakari/policy.d")
_PREFIX = "charm-"
_LARGEST = 1_000_000  # bytes; rules are a few lines


class PolicyError(Exception):
    """The resource cannot be used; the message says why."""


def read(content: bytes) -> dict[str, str]:
    """Return the texts of the policy files in a zip, by their names.

    Raises:
        PolicyError: It is no zip of policy files, or a file in it is not a mapping of rules.
    """
    if not content:
        # What a charm's resource is on Charmhub before anybody attaches one.
        raise PolicyError(ATTACH)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if _is_policy(one)]
            found = {_name(one): _text(archive, one) for one in members}
    except zipfile.BadZipFile:
        raise PolicyError("not a zip")
    except (RuntimeError, EOFError, zlib.error):
        # Encrypted, packed in a way that Python does not know, or damaged.
        raise PolicyError("the zip cannot be unpacked")
    if not found:
        raise PolicyError("no YAML file in the zip")
    if len(found) != len(members):
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
    suffix = pathlib.PurePosixPath(member.filename).suffix
    return not member.is_dir() and suffix in (".yaml", ".yml", ".json")


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
    for name, rule in cast("dict[Any, Any]", rules).items():
        # One that is nothing lets everybody in, a number stops the API (oslo_policy/_parser.py).
        if not (isinstance(name, str) and isinstance(rule, str)):
            raise PolicyError(f"{member.filename}: rule {name} is not text")
    return text
