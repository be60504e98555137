# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Removals from a model: what starts to die, what dies with it, and when it is gone."""

from lab.juju.entities import Application, Life, Unit
from lab.juju.errors import JujuError
from lab.juju.model import Model
from lab.juju.relation import Relation


def destroy_unit(model: Model, unit: Unit, *, force: bool = False) -> None:
    """Start to remove a unit and its subordinates; with force, without its hooks."""
    if unit.life is Life.ALIVE:
        unit.life = Life.DYING
    for subordinate in model.subordinates(unit.name):
        destroy_unit(model, subordinate, force=force)
    # A unit whose agent never came up has nothing to clean up (state/unit.go, destroyOps).
    if force or (not unit.installed and unit.pending is None):
        unit.life = Life.DEAD


def destroy_application(model: Model, app: Application, *, force: bool = False) -> None:
    """Start to remove an application: its relations and all its units."""
    app.life = Life.DYING
    for relation in model.relations_of(app.name):
        if not relation.peer:
            destroy_relation(model, relation, force=force)
    for unit in model.units_of(app.name):
        destroy_unit(model, unit, force=force)


def destroy_relation(model: Model, relation: Relation, *, force: bool = False) -> None:
    """Start to remove a relation; it is gone when the last unit has run its broken hook."""
    relation.life = Life.DYING
    if force:
        for name in list(relation.members):
            leave(model, relation, model.units[name])
    for end in relation.ends:
        if relation.container and model.applications[end.app].subordinate:
            _destroy_orphans(model, end.app)


def destroy_machine(model: Model, identifier: str, *, force: bool = False) -> None:
    """Start to remove a machine.

    Raises:
        JujuError: Units or containers are still on it, and ``force`` is not given.
    """
    machine = model.machine(identifier)
    units = [unit.name for unit in model.units_on(identifier) if unit.principal is None]
    containers = [container.id for container in model.containers_on(identifier)]
    if not force and (units or containers):
        held = f"units {', '.join(units)}" if units else f"containers {', '.join(containers)}"
        raise JujuError(f"machine {identifier} is hosting {held}; use --force to remove it anyway")
    for container in containers:
        destroy_machine(model, container, force=force)
    for name in units:
        destroy_unit(model, model.units[name], force=force)
    machine.life = Life.DYING


def leave(model: Model, relation: Relation, unit: Unit) -> None:
    """Take a unit out of a relation's scope; what it wrote stays readable until the relation goes."""
    if unit.name in relation.members:
        relation.members.remove(unit.name)
    unit.relations.pop(relation.id, None)


def leave_implicit(model: Model, unit: Unit) -> None:
    """Leave dying relations whose endpoint the charm does not declare: there is no hook to do it.

    After relation/relationer.go, SetDying.
    """
    for identifier in list(unit.relations):
        relation = model.relation(identifier)
        if relation is None:
            del unit.relations[identifier]
        elif relation.end(unit.app).implicit and (
            relation.life is not Life.ALIVE or unit.life is not Life.ALIVE
        ):
            leave(model, relation, unit)


def reap(model: Model) -> None:
    """Remove what is dead, in the order in which things hold each other up.

    A principal waits for its subordinates (uniter.go, terminate); a relation for the units in its
    scope; an application for its units and relations. A machine that has lost its last unit is
    removed with it unless it has containers (``juju help remove-unit``).
    """
    dead = [u for u in model.units.values() if u.life is Life.DEAD]
    # Subordinates first: the last of them may be what its dead principal waits for.
    for unit in sorted(dead, key=lambda u: u.principal is None):
        if not model.subordinates(unit.name):
            _remove_unit(model, unit)
    for relation in [r for r in model.relations.values() if r.life is not Life.ALIVE]:
        if not relation.members:
            _remove_relation(model, relation)
    for app in [a for a in model.applications.values() if a.life is not Life.ALIVE]:
        if not model.units_of(app.name) and all(r.peer for r in model.relations_of(app.name)):
            _remove_application(model, app)


def _remove_unit(model: Model, unit: Unit) -> None:
    del model.units[unit.name]
    app = model.applications[unit.app]
    if app.leader == unit.name:
        app.leader = None
    for relation in model.relations_of(unit.app):
        if unit.name in relation.members:
            leave(model, relation, unit)
    for name, secret in list(model.secrets.items()):
        if secret.owner == f"unit:{unit.name}":
            del model.secrets[name]
    _release_machine(model, unit)


def _release_machine(model: Model, unit: Unit) -> None:
    if unit.principal is not None or model.units_on(unit.machine):
        return
    if not any(True for _ in model.containers_on(unit.machine)):
        model.machines[unit.machine].life = Life.DYING


def _remove_relation(model: Model, relation: Relation) -> None:
    del model.relations[relation.id]
    for secret in model.secrets.values():
        # A grant lives as long as the relation that it was made for (secret-grant --relation).
        kept = {who: scope for who, scope in secret.grants.items() if scope != str(relation.id)}
        secret.grants = kept


def _remove_application(model: Model, app: Application) -> None:
    for relation in model.relations_of(app.name):
        _remove_relation(model, relation)
    for name, secret in list(model.secrets.items()):
        if secret.owner == f"application:{app.name}":
            del model.secrets[name]
    del model.applications[app.name]


def _destroy_orphans(model: Model, app: str) -> None:
    """Destroy subordinate units whose principal's application is no longer related.

    After relation/statetracker.go: a subordinate lives as long as one container relation to its
    principal's application does.
    """
    for unit in model.units_of(app):
        if unit.principal is None or unit.principal not in model.units:
            continue
        principal = model.units[unit.principal].app
        related = any(
            relation.container and relation.life is Life.ALIVE and relation.joins(principal)
            for relation in model.relations_of(app)
        )
        if not related:
            destroy_unit(model, unit)
