# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Bundles composed of a base and overlays, by the rules of Juju's ReadAndMergeBundleData.

Source: juju/charm, overlay.go (the comment on ReadAndMergeBundleData states the rules).
"""

import base64
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

from lab.juju.bundles import shape
from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item

# Fields tagged source:"overlay-only" in bundledata.go.
_OVERLAY_ONLY = ("exposed-endpoints", "offers")
_INCLUDES = ("include-file://", "include-base64://")


def compose(documents: Sequence[Item]) -> tuple[Item, list[Problem]]:
    """Return the first document with the others laid over it, and what forbids that.

    Args:
        documents: The base, then overlays in order; the further documents of a base's file are
            overlays too.
    """
    problems = [
        *_base_problems(documents[0]),
        *(problem for overlay in documents[1:] for problem in _overlay_problems(overlay)),
    ]
    result = _rename_services(documents[0])
    for overlay in documents[1:]:
        result = merge(result, overlay)
    result, failures = _resolve_includes(result)
    return result, [*problems, *failures]


def merge(base: Item, overlay: Item) -> Item:
    """Return a bundle with one overlay laid over it."""
    merged = dict(base.mapping)
    present = base.get("relations")
    relations = list(present.items) if present else []
    for section in ("applications", "saas"):
        upper = overlay.get(section)
        if upper is None or not upper.mapping:
            continue
        removed = [name for name, spec in upper.mapping.items() if spec.value is None]
        relations = [each for each in relations if not _touches(each, removed)]
        merged[section] = _merge_section(merged.get(section), upper)
    added = overlay.get("relations")
    if added is not None:
        relations.extend(added.items)
    if relations or "relations" in merged:
        place = present or added or base
        merged["relations"] = dataclasses.replace(place, value=relations)
    for key in ("series", "default-base", "machines"):
        upper = overlay.get(key)
        # Machines are not merged: an overlay that has the section replaces all of the base's.
        if upper is not None and upper.value is not None:
            merged[key] = upper
    return dataclasses.replace(base, value=merged)


def _merge_section(lower: Item | None, upper: Item) -> Item:
    entries = dict(lower.mapping) if lower else {}
    for name, spec in upper.mapping.items():
        if spec.value is None:
            entries.pop(name, None)
        elif name in entries and isinstance(entries[name].value, dict):
            entries[name] = _merge_fields(entries[name], spec)
        else:
            entries[name] = spec
    return dataclasses.replace(lower or upper, value=entries)


def _merge_fields(lower: Item, upper: Item) -> Item:
    fields = dict(lower.mapping)
    for name, field in upper.mapping.items():
        if name in shape.MERGED and field.mapping:
            entries = dict(fields[name].mapping) if name in fields else {}
            for key, value in field.mapping.items():
                if value.value is None:
                    entries.pop(key, None)
                else:
                    entries[key] = value
            fields[name] = dataclasses.replace(field, value=entries)
        else:
            # A scalar or a list replaces the base's; an empty mapping clears it.
            fields[name] = field
    return dataclasses.replace(lower, value=fields)


def _touches(relation: Item, names: Sequence[str]) -> bool:
    ends = [str(end.value).partition(":")[0] for end in relation.items]
    # Relations without two ends stay, for the verification to complain about (removeRelations).
    return len(ends) == 2 and any(end in names for end in ends)


def _rename_services(base: Item) -> Item:
    if "services" not in base.mapping or "applications" in base.mapping:
        return base
    fields = dict(base.mapping)
    fields["applications"] = fields.pop("services")
    return dataclasses.replace(base, value=fields)


def _base_problems(base: Item) -> Iterator[Problem]:
    section = base.get("applications")
    for name, spec in section.mapping.items() if section else ():
        for field in _OVERLAY_ONLY:
            item = spec.get(field)
            if item is not None and item.value:
                yield item.problem(
                    f"applications.{name}.{field} can only appear in an overlay section"
                )


def _overlay_problems(overlay: Item) -> Iterator[Problem]:
    services = overlay.get("services")
    if services is not None:
        yield services.problem(
            'deprecated "services" key: not valid in an overlay; write "applications"'
        )


def _resolve_includes(bundle: Item) -> tuple[Item, list[Problem]]:
    """Return the bundle with the files' content for ``include-…://`` in options, annotations."""
    problems: list[Problem] = []
    fields = dict(bundle.mapping)
    for section, names in (
        ("applications", ("options", "annotations")),
        ("machines", ("annotations",)),
    ):
        if section in fields:
            specs = {
                name: _include_fields(spec, names, problems)
                for name, spec in fields[section].mapping.items()
            }
            fields[section] = dataclasses.replace(fields[section], value=specs)
    return dataclasses.replace(bundle, value=fields), problems


def _include_fields(spec: Item, names: Sequence[str], problems: list[Problem]) -> Item:
    fields = dict(spec.mapping)
    for name in names:
        if name in fields and fields[name].mapping:
            entries = {
                key: _include(value, problems) for key, value in fields[name].mapping.items()
            }
            fields[name] = dataclasses.replace(fields[name], value=entries)
    return dataclasses.replace(spec, value=fields) if fields else spec


def _include(item: Item, problems: list[Problem]) -> Item:
    text = item.value
    if not isinstance(text, str) or not text.startswith(_INCLUDES):
        return item
    directive, _, name = text.partition("://")
    # Relative to the file that holds the directive, wherever it is laid over.
    path = pathlib.Path(item.file).parent / name
    try:
        content = path.read_bytes()
        decoded = (
            base64.b64encode(content).decode("ascii")
            if directive == "include-base64"
            else content.decode("utf-8")
        )
    except (OSError, UnicodeDecodeError) as error:
        problems.append(item.problem(f'resolving include "{name}": {error}'))
        return item
    return dataclasses.replace(item, value=decoded)
