# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One application of a bundle, checked against its charm.

Source: juju/charm, bundledata.go (verifyApplications, verifyOptions, verifyEndpointBindings).
"""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping

from lab.juju.bundles import options, resources
from lab.juju.bundles.charm import CharmMetadata
from lab.juju.bundles.errors import Problem
from lab.juju.bundles.marks import Item
from lab.juju.bundles.placement import APPLICATION_NAME, parse_constraints
from lab.juju.bundles.plan import Application, Constraints, OptionValue, Placement


@dataclasses.dataclass(frozen=True)
class Planned:
    """What is known of an application before its charm is looked at."""

    name: str
    item: Item
    placements: tuple[Placement, ...]
    base: str


def plan_application(
    planned: Planned, charm: CharmMetadata | None
) -> tuple[Application | None, list[Problem]]:
    """Return an application, ``None`` without a charm, and what is wrong with it."""
    problems = [*_check_name(planned)]
    constraints, faults = _constraints(planned)
    problems.extend(faults)
    if charm is None:
        return None, problems
    problems.extend(_check_subordinate(planned, charm))
    problems.extend(_check_bindings(planned, charm))
    config, faults = _config(planned, charm)
    problems.extend(faults)
    files, faults = _resources(planned, charm)
    problems.extend(faults)
    base = str(planned.item.scalar("base") or planned.base).partition("/")[0]
    return Application(
        name=planned.name,
        charm=charm,
        base=base,
        config=config,
        bindings={key: str(value.value or "") for key, value in _map(planned, "bindings").items()},
        constraints=constraints,
        placements=() if charm.subordinate else planned.placements,
        trust=bool(planned.item.scalar("trust")),
        expose=bool(planned.item.scalar("expose")),
        resources=files,
    ), problems


def _map(planned: Planned, key: str) -> Mapping[str, Item]:
    section = planned.item.get(key)
    return section.mapping if section else {}


def _check_name(planned: Planned) -> Iterator[Problem]:
    if not APPLICATION_NAME.fullmatch(planned.name):
        yield planned.item.problem(f'"{planned.name}" is no name for an application')


def _constraints(planned: Planned) -> tuple[Constraints, list[Problem]]:
    written = planned.item.get("constraints")
    if written is None or not written.value:
        return Constraints(), []
    try:
        return parse_constraints(str(written.value)), []
    except ValueError as error:
        reason = f'invalid constraints in application "{planned.name}": {error}'
        return Constraints(), [written.problem(reason)]


def _check_subordinate(planned: Planned, charm: CharmMetadata) -> Iterator[Problem]:
    if not charm.subordinate:
        return
    to, number = planned.item.get("to"), planned.item.get("num_units")
    if to is not None and to.items:
        yield to.problem(
            f'application "{planned.name}" is subordinate but specifies unit placement'
        )
    if number is not None and number.value:
        yield number.problem(
            f'application "{planned.name}" is subordinate but has non-zero num_units'
        )


def _check_bindings(planned: Planned, charm: CharmMetadata) -> Iterator[Problem]:
    for endpoint, space in _map(planned, "bindings").items():
        if endpoint and endpoint not in charm.bindings:
            yield space.problem(
                f'application "{planned.name}" wants to bind endpoint "{endpoint}" to space'
                f' "{space.value}", but the endpoint is not defined by the charm'
            )


def _config(
    planned: Planned, charm: CharmMetadata
) -> tuple[dict[str, OptionValue], list[Problem]]:
    config: dict[str, OptionValue] = {}
    problems: list[Problem] = []
    for name, item in _map(planned, "options").items():
        option = charm.options.get(name)
        if option is None:
            problems.append(
                item.problem(
                    f'cannot validate application "{planned.name}": configuration option "{name}"'
                    f' not found in charm "{charm.name}"'
                )
            )
            continue
        try:
            value = options.coerce(option, item.value)
        except options.OptionError as error:
            reason = f'cannot validate application "{planned.name}": {error}'
            problems.append(item.problem(reason))
            continue
        if value is not None:
            config[name] = value
    return config, problems


def _resources(
    planned: Planned, charm: CharmMetadata
) -> tuple[dict[str, pathlib.Path], list[Problem]]:
    """Return the files of resources; their paths are relative to the bundle, as a charm's is."""
    found: dict[str, pathlib.Path] = {}
    problems: list[Problem] = []
    for name, item in _map(planned, "resources").items():
        path = pathlib.Path(item.file).parent / str(item.value)
        if isinstance(item.value, int):
            reason = f"revision {item.value} is Charmhub's, which the lab does not have"
        elif not path.is_file():
            reason = f"there is no file {path}"
        else:
            found[name], reason = path.absolute(), resources.fault(charm, name, path)
        if reason:
            problems.append(
                item.problem(f'resource "{name}" of application "{planned.name}": {reason}')
            )
    return found, problems
