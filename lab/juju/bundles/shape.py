# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a document looks like a bundle at all: known keys, and values of the right kind.

The keys and their kinds are those of Juju's BundleData, MachineSpec and ApplicationSpec
(juju/juju, bundledata.go). Juju ignores keys that it does not know, after a warning; here they
are refused, because in a bundle that we maintain they are typing errors.
"""

from collections.abc import Iterator, Mapping

from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item

_TEXT = "text"
_INT = "a whole number"
_BOOL = "true or false"
_LIST = "a list"
_MAP = "a mapping"
_ANY = "anything"

_BUNDLE: Mapping[str, str] = {
    "applications": _MAP,
    "assumes": _ANY,
    "bundle": _TEXT,
    "default-base": _TEXT,
    "description": _TEXT,
    "docs": _TEXT,
    "issues": _ANY,
    "machines": _MAP,
    "name": _TEXT,
    "relations": _LIST,
    "saas": _MAP,
    "series": _TEXT,
    "services": _MAP,
    "source": _ANY,
    "summary": _TEXT,
    "tags": _LIST,
    # Not a key of Juju's: the usual home of YAML anchors in OpenStack's bundles.
    "variables": _ANY,
    "website": _ANY,
}
_MACHINE: Mapping[str, str] = {
    "annotations": _MAP,
    "base": _TEXT,
    "constraints": _TEXT,
    "series": _TEXT,
}
_APPLICATION: Mapping[str, str] = {
    "annotations": _MAP,
    "base": _TEXT,
    "bindings": _MAP,
    "channel": _TEXT,
    "charm": _TEXT,
    "constraints": _TEXT,
    "devices": _MAP,
    "expose": _BOOL,
    "exposed-endpoints": _MAP,
    "num_units": _INT,
    "offers": _MAP,
    "options": _MAP,
    "plan": _TEXT,
    "resources": _MAP,
    "revision": _INT,
    "scale": _INT,
    "series": _TEXT,
    "storage": _MAP,
    "to": _LIST,
    "trust": _BOOL,
}

# The fields of an application that overlays merge entry by entry.
MERGED = frozenset(name for name, kind in _APPLICATION.items() if kind == _MAP)


def check(document: Item) -> Iterator[Problem]:
    """Yield what keeps a document from being a bundle or an overlay."""
    if not isinstance(document.value, dict):
        yield document.problem("a bundle is a mapping")
        return
    yield from _fields(document, _BUNDLE, "a bundle")
    for name, application in _entries(document, "applications"):
        yield from _fields(application, _APPLICATION, f'application "{name}"')
    for name, machine in _entries(document, "machines"):
        yield from _fields(machine, _MACHINE, f'machine "{name}"')


def _entries(document: Item, key: str) -> Iterator[tuple[str, Item]]:
    section = document.get(key)
    if section is not None:
        yield from section.mapping.items()


def _fields(item: Item, known: Mapping[str, str], owner: str) -> Iterator[Problem]:
    if item.value is None:
        return
    if not isinstance(item.value, dict):
        yield item.problem(f"{owner} must be {_MAP}")
        return
    for name, field in item.mapping.items():
        if name not in known:
            yield field.problem(f'{owner} has no field "{name}"')
        elif not _is(field, known[name]):
            yield field.problem(f'"{name}" of {owner} must be {known[name]}')


def _is(item: Item, kind: str) -> bool:
    value = item.value
    if value is None or kind == _ANY:
        return True
    if kind == _LIST:
        return isinstance(value, list)
    if kind == _MAP:
        return isinstance(value, dict)
    if kind == _BOOL:
        return isinstance(value, bool)
    if kind == _INT:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str | int | float)
