# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From a composed bundle to a plan, or to every reason why it cannot be one.

Source: juju/charm, bundledata.go (VerifyWithCharms) for what is refused; juju/bundlechanges for
the order: applications by name, machines by number, relations as they stand in the files.
"""

import pathlib
import re
from collections.abc import Iterator, Mapping, Sequence

from lab.juju.bundles import bundle as bundles
from lab.juju.bundles import charms as charmfiles
from lab.juju.bundles import units
from lab.juju.bundles.applications import Planned, plan_application
from lab.juju.bundles.bundle import Bundle
from lab.juju.bundles.charm import CharmMetadata
from lab.juju.bundles.errors import BundleError, Problem
from lab.juju.bundles.links import plan_relations
from lab.juju.bundles.placement import MACHINE_KEY, parse_constraints
from lab.juju.bundles.plan import Application, Constraints, Machine, Plan

DEFAULT_BASE = "ubuntu@24.04"

_BASE = re.compile(r"(?P<base>[a-z]+@[0-9]+(?:\.[0-9]+)?)(?:/[a-z]+)?")
# The series that Juju 3.6 still takes in bundles (juju/juju, core/base).
_SERIES = {"focal": "ubuntu@20.04", "jammy": "ubuntu@22.04", "noble": "ubuntu@24.04"}


def deployment(paths: Sequence[pathlib.Path], base_dir: pathlib.Path | None = None) -> Plan:
    """Return the plan of a bundle with overlays (``juju deploy``).

    Raises:
        BundleError: With every fault of the files, the charms and their fit at once.
    """
    bundle, problems = bundles.compose(paths, base_dir)
    if bundle is None:
        raise BundleError(problems)
    charms, faults = charmfiles.find_charms(bundle)
    return _checked(*_plan(bundle, charms), before=[*problems, *faults])


def plan(bundle: Bundle, charms: Mapping[str, CharmMetadata]) -> Plan:
    """Return the plan of a composed bundle.

    Raises:
        BundleError: With every reason why it cannot be deployed.
    """
    return _checked(*_plan(bundle, charms), before=[])


def problems(bundle: Bundle, charms: Mapping[str, CharmMetadata]) -> list[Problem]:
    """Return every reason why a composed bundle cannot be deployed.

    What only a charm's metadata can tell is left out for applications that ``charms`` lacks.
    """
    return _plan(bundle, charms)[1]


def _checked(result: Plan, problems: Sequence[Problem], *, before: Sequence[Problem]) -> Plan:
    every = list(dict.fromkeys([*before, *problems]))
    if every:
        raise BundleError(every)
    return result


def _plan(bundle: Bundle, charms: Mapping[str, CharmMetadata]) -> tuple[Plan, list[Problem]]:
    problems = [*_check_top(bundle)]
    base, faults = _base(bundle)
    problems.extend(faults)
    placements, faults = units.place(bundle)
    problems.extend(faults)
    machines, faults = _machines(bundle)
    problems.extend(faults)
    applications: list[Application] = []
    for name in sorted(bundle.applications):
        planned = Planned(name, bundle.applications[name], placements[name], base)
        application, faults = plan_application(planned, charms.get(name))
        problems.extend(faults)
        if application is not None:
            applications.append(application)
    relations, faults = plan_relations(bundle, charms)
    problems.extend(faults)
    return Plan(machines, tuple(applications), relations), problems


def _check_top(bundle: Bundle) -> Iterator[Problem]:
    if not bundle.applications:
        yield bundle.root.problem("at least one application must be specified")
    kind = bundle.root.get("bundle")
    if kind is not None and kind.value:
        yield kind.problem(f'bundle has type "{kind.value}"; the lab knows machines only')
    for name, item in bundle.saas.items():
        yield item.problem(f'SAAS "{name}": the lab has no other model to consume offers from')


def _base(bundle: Bundle) -> tuple[str, list[Problem]]:
    series, default = bundle.root.get("series"), bundle.root.get("default-base")
    if default is not None and default.value:
        found = _BASE.fullmatch(str(default.value))
        if found is None:
            return DEFAULT_BASE, [
                default.problem(f'bundle declares an invalid base "{default.value}"')
            ]
        return found["base"], []
    if series is not None and series.value:
        if series.value not in _SERIES:
            return DEFAULT_BASE, [
                series.problem(f'bundle declares an invalid series "{series.value}"')
            ]
        return _SERIES[series.value], []
    return DEFAULT_BASE, []


def _machines(bundle: Bundle) -> tuple[tuple[Machine, ...], list[Problem]]:
    problems: list[Problem] = []
    machines: list[Machine] = []
    used = units.referenced_machines(bundle)
    for key, item in bundle.machines.items():
        if not MACHINE_KEY.fullmatch(key):
            problems.append(item.problem(f'invalid machine id "{key}" found in machines'))
            continue
        if key not in used:
            problems.append(
                item.problem(f'machine "{key}" is not referred to by a placement directive')
            )
        written = item.get("constraints")
        constraints = Constraints()
        if written is not None and written.value:
            try:
                constraints = parse_constraints(str(written.value))
            except ValueError as error:
                problems.append(
                    written.problem(f'invalid constraints in machine "{key}": {error}')
                )
        machines.append(Machine(key, constraints))
    return tuple(sorted(machines, key=lambda machine: int(machine.key))), problems
