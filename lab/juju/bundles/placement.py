# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The small languages inside bundles: placements, constraints, names.

Source: juju/charm, bundledata.go (ParsePlacement), juju/names (the snippets).
"""

import dataclasses
import re

from lab.juju.bundles.plan import Constraints

_NUMBER = r"(?:0|[1-9][0-9]*)"
_APPLICATION = r"(?:[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)"
_RELATION = r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*"

APPLICATION_NAME = re.compile(_APPLICATION)
ENDPOINT_NAME = re.compile(_RELATION)
MACHINE_KEY = re.compile(_NUMBER)

_PLACEMENT = re.compile(
    rf"(?:(?P<container>[a-z]+):)?"
    rf"(?:(?P<application>{_APPLICATION})(?:/(?P<unit>{_NUMBER}))?|(?P<machine>{_NUMBER}))"
)
# juju/juju, core/instance: the containers that machines can hold.
CONTAINERS = ("lxd",)

# Names of juju/juju, core/constraints, constraints.go.
_CONSTRAINTS = frozenset(
    [
        "allocate-public-ip",
        "arch",
        "container",
        "cores",
        "cpu-cores",
        "cpu-power",
        "image-id",
        "instance-role",
        "instance-type",
        "mem",
        "root-disk",
        "root-disk-source",
        "spaces",
        "tags",
        "virt-type",
        "zones",
    ]
)


@dataclasses.dataclass(frozen=True)
class Directive:
    """A placement as written: a machine, an application's unit, or a new machine.

    ``unit`` is ``None`` for "the next unit of that application".
    """

    container: str | None = None
    machine: str | None = None
    application: str | None = None
    unit: int | None = None


def parse_placement(text: str) -> Directive:
    """Return what ``lxd:1``, ``3``, ``app/0``, ``lxd:app``, ``new`` or ``lxd`` means.

    Raises:
        ValueError: The text is no placement.
    """
    found = _PLACEMENT.fullmatch(text)
    if found is None:
        raise ValueError(f'invalid placement syntax "{text}"')
    container, application, unit = found["container"], found["application"], found["unit"]
    if container and container not in CONTAINERS:
        raise ValueError(f'invalid placement "{text}": unknown container type "{container}"')
    if application == "new":
        if unit is not None:
            raise ValueError(f'invalid placement syntax "{text}"')
        return Directive(container)
    if application in CONTAINERS and unit is None and not container:
        # "--to lxd" on the command line: a container on a new machine.
        return Directive(application)
    return Directive(container, found["machine"], application, int(unit) if unit else None)


def parse_constraints(text: str) -> Constraints:
    """Return what ``tags=compute,fast mem=8G`` asks of a machine.

    Raises:
        ValueError: A constraint is unknown, malformed or given twice.
    """
    found: dict[str, str] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            raise ValueError(f'malformed constraint "{word}"')
        if name not in _CONSTRAINTS:
            raise ValueError(f'unknown constraint "{name}"')
        if name in found:
            raise ValueError(f'bad "{name}" constraint: already set')
        found[name] = value
    tags = frozenset(tag for tag in found.pop("tags", "").split(",") if tag)
    return Constraints(tags, found)
