# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where each unit of a bundle goes.

Source: juju/charm, bundledata.go (the comment on ApplicationSpec.To, verifyPlacement).
"""

import dataclasses
from collections.abc import Mapping

from lab.juju.bundles.bundle import Bundle
from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item
from lab.juju.bundles.placement import Directive, parse_placement
from lab.juju.bundles.plan import Placement


@dataclasses.dataclass(frozen=True)
class _Written:
    """A directive and its place."""

    directive: Directive
    item: Item


def count(application: Item) -> int:
    """Return how many units an application asks for; ``scale`` is Kubernetes' word for it."""
    wanted = application.scalar("num_units")
    return int(wanted if wanted is not None else application.scalar("scale") or 0)


def place(bundle: Bundle) -> tuple[dict[str, tuple[Placement, ...]], list[Problem]]:
    """Return a placement for each unit of each application, and what is wrong with them."""
    problems: list[Problem] = []
    placements: dict[str, tuple[Placement, ...]] = {}
    for name, application in bundle.applications.items():
        wanted = count(application)
        if wanted < 0:
            problems.append(
                application.problem(f'negative number of units specified on application "{name}"')
            )
        directives = _directives(bundle, name, application, wanted, problems)
        placements[name] = _spread(directives, max(wanted, 0))
    problems.extend(_dangling(bundle, placements))
    return placements, problems


def referenced_machines(bundle: Bundle) -> frozenset[str]:
    """Return the keys of the machines that some placement names."""
    found: set[str] = set()
    for application in bundle.applications.values():
        to = application.get("to")
        for item in to.items if to else ():
            try:
                machine = parse_placement(str(item.value)).machine
            except ValueError:
                continue
            if machine:
                found.add(machine)
    return frozenset(found)


def _directives(
    bundle: Bundle, name: str, application: Item, wanted: int, problems: list[Problem]
) -> list[_Written]:
    to = application.get("to")
    if to is None:
        return []
    if len(to.items) > wanted >= 0:
        problems.append(
            to.problem(f'too many units specified in unit placement for application "{name}"')
        )
    found: list[_Written] = []
    for item in to.items:
        try:
            directive = parse_placement(str(item.value))
        except ValueError as error:
            problems.append(item.problem(str(error)))
            continue
        reason = _refusal(bundle, str(item.value), directive)
        if reason:
            problems.append(item.problem(reason))
        else:
            found.append(_Written(directive, item))
    return found


def _refusal(bundle: Bundle, text: str, directive: Directive) -> str:
    if directive.machine is not None and directive.machine not in bundle.machines:
        return f'placement "{text}" refers to a machine not defined in this bundle'
    if directive.application is None:
        return ""
    target = bundle.applications.get(directive.application)
    if target is None:
        return f'placement "{text}" refers to an application not defined in this bundle'
    if directive.unit is not None and directive.unit >= count(target):
        return (
            f'placement "{text}" specifies a unit greater than the {count(target)} unit(s)'
            " started by the target application"
        )
    return ""


def _spread(directives: list[_Written], wanted: int) -> tuple[Placement, ...]:
    """Return a placement per unit: the last directive is repeated, none means new machines."""
    following: dict[str, int] = {}
    placements: list[Placement] = []
    for index in range(wanted):
        if not directives:
            placements.append(Placement())
            continue
        directive = directives[min(index, len(directives) - 1)].directive
        if directive.application is None:
            placements.append(Placement(directive.container, directive.machine))
            continue
        unit = directive.unit
        if unit is None:
            unit = following.get(directive.application, 0)
        following[directive.application] = unit + 1
        placements.append(Placement(directive.container, unit=f"{directive.application}/{unit}"))
    return tuple(placements)


def _dangling(bundle: Bundle, placements: Mapping[str, tuple[Placement, ...]]) -> list[Problem]:
    """Return the faults of placements on units: units that are not there, and circles."""
    problems: list[Problem] = []
    for name, own in placements.items():
        item = bundle.applications[name].get("to") or bundle.applications[name]
        for index in range(len(own)):
            reason = _follow(f"{name}/{index}", placements)
            if reason:
                problems.append(item.problem(reason))
                break
    return problems


def _follow(unit: str, placements: Mapping[str, tuple[Placement, ...]]) -> str:
    seen = [unit]
    while True:
        application, _, number = seen[-1].rpartition("/")
        own = placements.get(application, ())
        if int(number) >= len(own):
            return f'unit "{seen[0]}" is placed on "{seen[-1]}", which the bundle does not start'
        target = own[int(number)].unit
        if target is None:
            return ""
        if target in seen:
            return f"placements go in a circle: {' -> '.join([*seen, target])}"
        seen.append(target)
