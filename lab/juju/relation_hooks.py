# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which relation hooks a unit has to run (pure); after worker/uniter/relation/resolver.go."""

import random
from collections.abc import Iterator, Sequence

from lab.juju.entities import Hook, Life, LocalRelation, Unit
from lab.juju.model import Model
from lab.juju.relation import Relation


def created(model: Model, unit: Unit, shuffle: random.Random) -> Iterator[Hook]:
    """Yield relation-created for each relation that the unit is in and has not heard of."""
    for relation in _relations(model, unit, shuffle):
        if relation.life is Life.ALIVE and not unit.relations[relation.id].created:
            yield _hook(unit, relation, "created")


def due(model: Model, unit: Unit, shuffle: random.Random) -> Iterator[Hook]:
    """Yield the hooks of all relations; only the first is run, then everything is asked anew."""
    for relation in _relations(model, unit, shuffle):
        yield from _due_in(model, unit, relation)


def _relations(model: Model, unit: Unit, shuffle: random.Random) -> Sequence[Relation]:
    """Return the relations with hooks, shuffled.

    Juju walks a Go map, so charms may not count on an order. An endpoint that the charm does not
    declare (juju-info) has no hooks (IsImplicit).
    """
    relations = [
        relation
        for number in unit.relations
        if (relation := model.relation(number)) and not relation.end(unit.app).implicit
    ]
    shuffle.shuffle(relations)
    return relations


def _due_in(model: Model, unit: Unit, relation: Relation) -> Iterator[Hook]:
    told = unit.relations[relation.id]
    seen = model.visible(relation, unit)
    if told.changed_pending:
        # joined is always followed by changed for the same unit, whatever else happened meanwhile.
        yield _hook(unit, relation, "changed", told.changed_pending, seen)
        return
    yield from _departures(model, unit, relation, told, seen)
    if unit.life is not Life.ALIVE or relation.life is not Life.ALIVE:
        # Peers only depart: their relation is never broken while the application exists.
        if not relation.peer:
            yield _hook(unit, relation, "broken")
        return
    yield from _arrivals(unit, relation, told, seen)


def _departures(
    model: Model, unit: Unit, relation: Relation, told: LocalRelation, seen: dict[str, int]
) -> Iterator[Hook]:
    """Yield departed for the units that were told of and are gone.

    JUJU_DEPARTING_UNIT is the unit itself when it, or its application, is the one that goes.
    """
    app = model.applications[unit.app]
    leaving = unit.life is not Life.ALIVE or app.life is not Life.ALIVE
    for name in sorted(told.members.keys() - seen.keys()):
        departing = unit.name if leaving else name
        yield _hook(unit, relation, "departed", name, told.members, departing)


def _arrivals(
    unit: Unit, relation: Relation, told: LocalRelation, seen: dict[str, int]
) -> Iterator[Hook]:
    """Yield the application's change first, then joined for new units, then changed for the rest."""
    app = relation.other(unit.app).app
    # No hook for an application that never wrote anything: its version is 0 on both sides.
    if told.apps.get(app, 0) != relation.versions.get(app, 0):
        yield _hook(unit, relation, "changed", "", {"": relation.versions.get(app, 0)})
    for name in sorted(seen.keys() - told.members.keys()):
        yield _hook(unit, relation, "joined", name, seen)
    for name in sorted(seen):
        if told.members.get(name) != seen[name]:
            yield _hook(unit, relation, "changed", name, seen)


def _hook(
    unit: Unit,
    relation: Relation,
    kind: str,
    remote: str = "",
    versions: dict[str, int] | None = None,
    departing: str = "",
) -> Hook:
    return Hook(
        name=f"{relation.end(unit.app).endpoint}-relation-{kind}",
        kind=f"relation-{kind}",
        relation=relation.id,
        remote_unit=remote,
        remote_app=remote.split("/")[0] or relation.other(unit.app).app,
        version=(versions or {}).get(remote, 0),
        departing=departing,
    )
