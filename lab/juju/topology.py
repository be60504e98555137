# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Additions to a model: machines, applications, units, relations, and entering their scopes."""

from collections.abc import Callable, Mapping

from lab.juju.bundles import CharmMetadata, Endpoint, Role, Scope
from lab.juju.entities import Application, Life, LocalRelation, Machine, Status, Unit
from lab.juju.errors import JujuError
from lab.juju.model import Model
from lab.juju.relation import Relation, RelationEnd


def add_machine(
    model: Model, tags: frozenset[str] = frozenset(), constraints: str = ""
) -> Machine:
    """Add a machine; its agent asks the cloud for it."""
    machine = Machine(str(model.counters.machine), sorted(tags), constraints)
    model.counters.machine += 1
    model.machines[machine.id] = machine
    return machine


def add_container(model: Model, parent: str) -> Machine:
    """Add a container on a machine."""
    if model.machine(parent).life is not Life.ALIVE:
        raise JujuError(f"cannot add a container: machine {parent} is not alive")
    index = model.counters.containers.get(parent, 0)
    model.counters.containers[parent] = index + 1
    machine = Machine(f"{parent}/lxd/{index}")
    model.machines[machine.id] = machine
    return machine


def add_application(model: Model, application: Application, metadata: CharmMetadata) -> None:
    """Add an application, with its peer relations (state/state.go, AddApplication)."""
    if application.name in model.applications:
        raise JujuError(f'application "{application.name}" already exists')
    model.applications[application.name] = application
    add_missing_peers(model, application, metadata)


def add_missing_peers(model: Model, application: Application, metadata: CharmMetadata) -> None:
    """Add the peer relations that a charm, or a new revision of it, declares."""
    present = {r.end(application.name).endpoint for r in model.relations_of(application.name)}
    for endpoint in metadata.endpoints.values():
        if endpoint.role is Role.PEER and endpoint.name not in present:
            _add(model, (_end(application.name, endpoint, metadata),), container=False)


def add_unit(model: Model, app: Application, machine: str, principal: str | None = None) -> Unit:
    """Add a unit on a machine; numbers are never used again."""
    if app.life is not Life.ALIVE:
        raise JujuError(f'application "{app.name}" is not alive')
    name = f"{app.name}/{app.next_unit}"
    app.next_unit += 1
    unit = Unit(name, app.name, machine, principal)
    if model.machine(machine).status.current == "started":
        unit.status = Status("waiting", "installing agent")
    model.units[name] = unit
    return unit


def add_relation(
    model: Model, ends: tuple[tuple[str, Endpoint], ...], charms: Mapping[str, CharmMetadata]
) -> Relation:
    """Relate two endpoints that fit; container scope at one end makes it so for both.

    The check of the limit is Juju's (state/state.go, AddRelation, enforceMaxRelationLimit).
    """
    container = any(endpoint.scope is Scope.CONTAINER for _, endpoint in ends)
    if container and not any(model.applications[app].subordinate for app, _ in ends):
        raise JujuError("container scoped relation needs at least one subordinate application")
    made = tuple(_end(app, endpoint, charms[app]) for app, endpoint in ends)
    for relation in model.relations.values():
        if set(map(str, relation.ends)) == set(map(str, made)):
            key = " ".join(map(str, made))
            raise JujuError(f"cannot add relation: relation {key} already exists", code=1)
    for app, endpoint in ends:
        _check_limit(model, app, endpoint)
    return _add(model, made, container=container)


def _check_limit(model: Model, app: str, endpoint: Endpoint) -> None:
    used = sum(1 for r in model.relations_of(app) if r.end(app).endpoint == endpoint.name)
    if endpoint.limit is not None and used >= endpoint.limit:
        raise JujuError(
            f"establishing a new relation for {app}:{endpoint.name} would exceed its maximum "
            f"relation limit of {endpoint.limit}"
        )


def _end(app: str, endpoint: Endpoint, metadata: CharmMetadata) -> RelationEnd:
    implicit = endpoint.name not in metadata.endpoints
    return RelationEnd(app, endpoint.name, endpoint.role.value, endpoint.interface, implicit)


def _add(model: Model, ends: tuple[RelationEnd, ...], *, container: bool) -> Relation:
    relation = Relation(model.counters.relation, ends, container)
    model.counters.relation += 1
    model.relations[relation.id] = relation
    return relation


def enter_scopes(model: Model, unit: Unit, address: Callable[[str], str]) -> bool:
    """Bring an installed unit into every living relation it belongs to; return whether it was new.

    After relation/statetracker.go, SynchronizeScopes. Entering fills the unit's bag
    (relationunit.go, EnterScope) and makes the subordinate of a principal in container scope.

    Args:
        model: The model.
        unit: The unit; it must be alive and installed.
        address: Gives the unit's address in the space that an endpoint is bound to.
    """
    entered = False
    for relation in model.relations_of(unit.app):
        if relation.life is not Life.ALIVE or relation.id in unit.relations:
            continue
        if not _belongs(model, unit, relation):
            continue
        unit.relations[relation.id] = LocalRelation()
        relation.members.append(unit.name)
        host = address(relation.end(unit.app).endpoint)
        relation.write(
            unit.name,
            {"private-address": host, "ingress-address": host, "egress-subnets": f"{host}/32"},
        )
        if relation.container:
            _make_subordinate(model, unit, relation)
        entered = True
    return entered


def _belongs(model: Model, unit: Unit, relation: Relation) -> bool:
    """Return whether a unit takes part (state/relationunit.go, Valid).

    In container scope a subordinate unit only does when the other end is its own principal's
    application, or a subordinate as well.
    """
    if not relation.container or unit.principal is None:
        return True
    other = relation.other(unit.app).app
    return model.applications[other].subordinate or other == model.units[unit.principal].app


def _make_subordinate(model: Model, unit: Unit, relation: Relation) -> None:
    other = model.applications[relation.other(unit.app).app]
    if unit.principal is not None or not other.subordinate:
        return
    if any(sub.app == other.name for sub in model.subordinates(unit.name)):
        return
    add_unit(model, other, unit.machine, principal=unit.name)
