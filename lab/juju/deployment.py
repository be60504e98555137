# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Carrying out a deployment plan on a model."""

import pathlib
from collections.abc import Mapping
from typing import Protocol

from lab.juju import machinemap, topology
from lab.juju.bundles import Application as PlannedApplication
from lab.juju.bundles import CharmMetadata, Constraints, Placement, Plan
from lab.juju.entities import Application
from lab.juju.machinemap import MachineMap
from lab.juju.model import Model

_NO_MAP = MachineMap()


class Charms(Protocol):
    """Where charms are kept."""

    def add(self, model: Model, source: pathlib.Path) -> str:
        """Keep a charm and return the key of its revision."""
        ...


class Resources(Protocol):
    """Where resources are kept."""

    def attach(self, model: Model, app: Application, files: Mapping[str, pathlib.Path]) -> None:
        """Make files an application's resources."""
        ...


class Nowhere:
    """Keeps nothing, for changes that are told of and not made."""

    def add(self, model: Model, source: pathlib.Path) -> str:
        """Return a name for it."""
        return source.name

    def attach(self, model: Model, app: Application, files: Mapping[str, pathlib.Path]) -> None:
        """Do nothing."""


def carry_out(
    model: Model,
    plan: Plan,
    charms: Charms,
    resources: Resources,
    given: MachineMap = _NO_MAP,
) -> list[str]:
    """Make everything that a plan has and the model has not; return what was done.

    As with ``juju deploy`` of a bundle into a model in use, applications of the same name are kept;
    what is new of their options, resources and relations is added.

    Raises:
        JujuError: The machine map names a machine that the model has not.
    """
    machines, units = machinemap.resolve(given, plan, model), machinemap.units(plan, model)
    done: list[str] = []
    uploaded: dict[pathlib.Path, str] = {}
    metadata: dict[str, CharmMetadata] = {}
    new: list[PlannedApplication] = []
    for planned in plan.applications:
        metadata[planned.name] = planned.charm
        if planned.name in model.applications:
            _update(model, planned, done)
            resources.attach(model, model.applications[planned.name], planned.resources)
            continue
        path = planned.charm.path
        if path not in uploaded:
            uploaded[path] = charms.add(model, path)
        app = _application(planned, uploaded[path])
        topology.add_application(model, app, planned.charm)
        resources.attach(model, app, planned.resources)
        done.append(f"deploy application {planned.name} using {path.name}")
        new.append(planned)
    if new:
        _add_machines(model, plan, machines, done)
    _place(model, new, machines, units, done)
    _relate(model, plan, metadata, done)
    return done


def text(constraints: Constraints) -> str:
    """Return constraints as they are written."""
    words = [f"{key}={value}" for key, value in constraints.others.items()]
    if constraints.tags:
        words.append(f"tags={','.join(sorted(constraints.tags))}")
    return " ".join(words)


def _application(planned: PlannedApplication, key: str) -> Application:
    return Application(
        planned.name,
        key,
        planned.base,
        planned.charm.subordinate,
        dict(planned.config),
        dict(planned.bindings),
        sorted(planned.constraints.tags),
        text(planned.constraints),
        planned.trust,
        planned.expose,
    )


def _update(model: Model, planned: PlannedApplication, done: list[str]) -> None:
    app = model.applications[planned.name]
    changes = {k: v for k, v in planned.config.items() if app.config.get(k) != v}
    if changes:
        app.config.update(changes)
        done.append(f"set application options for {planned.name}: {', '.join(sorted(changes))}")


def _add_machines(model: Model, plan: Plan, machines: dict[str, str], done: list[str]) -> None:
    for machine in plan.machines:
        if machine.key in machines:
            continue
        made = topology.add_machine(model, machine.constraints.tags, text(machine.constraints))
        machines[machine.key] = made.id
        done.append(f"add new machine {made.id} (bundle machine {machine.key})")


def _place(
    model: Model,
    applications: list[PlannedApplication],
    machines: dict[str, str],
    units: dict[str, str],
    done: list[str],
) -> None:
    """Add units; one that is placed beside another comes after it, wherever it stands."""
    waiting = [(app, index, p) for app in applications for index, p in enumerate(app.placements)]
    while waiting:
        later: list[tuple[PlannedApplication, int, Placement]] = []
        for planned, index, placement in waiting:
            if placement.unit is not None and placement.unit not in units:
                later.append((planned, index, placement))
                continue
            identifier = _machine(model, planned, placement, machines, units)
            unit = topology.add_unit(model, model.applications[planned.name], identifier)
            units[f"{planned.name}/{index}"] = identifier
            done.append(f"add unit {unit.name} to machine {identifier}")
        if len(later) == len(waiting):
            raise ValueError(f"units placed beside each other in a circle: {later[0][2].unit}")
        waiting = later


def _machine(
    model: Model,
    planned: PlannedApplication,
    placement: Placement,
    machines: dict[str, str],
    units: dict[str, str],
) -> str:
    host: str | None = None
    if placement.machine is not None:
        host = machines[placement.machine]
    elif placement.unit is not None:
        host = units[placement.unit]
    if host is None:
        host = topology.add_machine(model, planned.constraints.tags, text(planned.constraints)).id
    return topology.add_container(model, host).id if placement.container else host


def _relate(model: Model, plan: Plan, metadata: dict[str, CharmMetadata], done: list[str]) -> None:
    existing = {frozenset(map(str, relation.ends)) for relation in model.relations.values()}
    for planned in plan.relations:
        ends = (planned.provider, planned.requirer)
        if frozenset(map(str, ends)) in existing:
            continue
        topology.add_relation(
            model, tuple((end.application, end.endpoint) for end in ends), metadata
        )
        done.append(f"add relation {planned.provider} - {planned.requirer}")
