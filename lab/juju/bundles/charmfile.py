# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charms read from packed files and from source trees, into frozen values."""

import pathlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from lab.juju.bundles import charmcheck, marks
from lab.juju.bundles.charm import (
    ActionSpec,
    CharmMetadata,
    Endpoint,
    Option,
    ResourceSpec,
    Role,
    Scope,
)
from lab.juju.bundles.errors import CharmError, Problem
from lab.juju.bundles.marks import Item

# A packed charm has its metadata split; charmcraft.yaml holds the same under "config", "actions".
_SPLIT = ("metadata.yaml", "config.yaml", "actions.yaml")


def load_charm(path: pathlib.Path) -> CharmMetadata:
    """Return the metadata of a packed charm (``.charm``) or of a charm's source tree.

    Raises:
        CharmError: It cannot be read, or Juju would refuse it.
    """
    documents, problems = read_documents(path)
    if not problems:
        problems = [*charmcheck.check(documents)]
    if problems:
        raise CharmError(problems)
    return _metadata(path, documents)


def read_documents(path: pathlib.Path) -> tuple[charmcheck.Documents, list[Problem]]:
    """Return a charm's metadata, config and actions as written, and why they cannot be read."""
    try:
        texts = dict(_texts(path))
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, KeyError) as error:
        empty = Item({}, str(path), 0)
        return charmcheck.Documents(empty, empty, empty), [
            Problem(str(path), 0, f"not a charm: {error}")
        ]
    problems: list[Problem] = []
    found: dict[str, Item] = {}
    for name, text in texts.items():
        items, faults = marks.parse(text, f"{path}/{name}")
        problems.extend(faults)
        found[name] = items[0] if items else Item({}, f"{path}/{name}", 0)
    whole = found.get("charmcraft.yaml") or found.get("metadata.yaml") or Item({}, str(path), 0)
    empty = Item({}, whole.file, 0)
    return charmcheck.Documents(
        metadata=found.get("metadata.yaml") or whole,
        config=found.get("config.yaml") or whole.get("config") or empty,
        actions=found.get("actions.yaml") or whole.get("actions") or empty,
    ), problems


def _texts(path: pathlib.Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        names = [name for name in ("charmcraft.yaml", *_SPLIT) if (path / name).is_file()]
        if not {"charmcraft.yaml", "metadata.yaml"} & set(names):
            raise KeyError("charmcraft.yaml and metadata.yaml are missing")
        for name in names:
            yield name, (path / name).read_text(encoding="utf-8")
        return
    with zipfile.ZipFile(path) as archive:
        present = set(archive.namelist())
        for name in _SPLIT:
            if name in present or name == "metadata.yaml":
                yield name, archive.read(name).decode("utf-8")


def _metadata(path: pathlib.Path, documents: charmcheck.Documents) -> CharmMetadata:
    metadata = documents.metadata
    options = documents.config.get("options")
    return CharmMetadata(
        name=str(metadata.scalar("name")),
        path=path,
        subordinate=bool(metadata.scalar("subordinate")),
        summary=str(metadata.scalar("summary") or ""),
        endpoints={endpoint.name: endpoint for endpoint in _endpoints(metadata)},
        options={
            name: _option(name, item)
            for name, item in (options.mapping if options else {}).items()
        },
        actions={name: _action(name, item) for name, item in documents.actions.mapping.items()},
        resources={resource.name: resource for resource in _resources(metadata)},
        extra_bindings=_names(metadata, "extra-bindings"),
        storage=_names(metadata, "storage"),
        assumes=_assumes(metadata),
    )


def _endpoints(metadata: Item) -> Iterator[Endpoint]:
    for role in Role:
        section = metadata.get(role.value)
        for name, item in section.mapping.items() if section else ():
            # "db: mysql" is short for "db: {interface: mysql}" (juju/charm, meta.go, ifaceExpander).
            fields: Mapping[str, Any] = item.plain() if item.mapping else {"interface": item.value}
            yield Endpoint(
                name=name,
                role=role,
                interface=str(fields["interface"]),
                scope=Scope(fields.get("scope") or Scope.GLOBAL.value),
                limit=fields.get("limit"),
                optional=bool(fields.get("optional", False)),
            )


def _option(name: str, item: Item) -> Option:
    fields: Mapping[str, Any] = item.plain() or {}
    return Option(
        name=name,
        type=str(fields.get("type", "string")),
        default=fields.get("default"),
        description=str(fields.get("description") or ""),
    )


def _action(name: str, item: Item) -> ActionSpec:
    fields: Mapping[str, Any] = item.plain() or {}
    return ActionSpec(
        name=name,
        description=str(fields.get("description") or ""),
        params=fields.get("params") or {},
        required=frozenset(fields.get("required") or ()),
        additional=bool(fields.get("additionalProperties", True)),
    )


def _resources(metadata: Item) -> Iterator[ResourceSpec]:
    section = metadata.get("resources")
    for name, item in section.mapping.items() if section else ():
        fields: Mapping[str, Any] = item.plain() or {}
        yield ResourceSpec(
            name=name,
            type=str(fields.get("type") or "file"),
            filename=str(fields.get("filename") or ""),
            description=str(fields.get("description") or ""),
        )


def _names(metadata: Item, key: str) -> frozenset[str]:
    section = metadata.get(key)
    return frozenset(section.mapping) if section else frozenset()


def _assumes(metadata: Item) -> tuple[str, ...]:
    section = metadata.get("assumes")
    return tuple(str(item.plain()) for item in section.items) if section else ()
