# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A model: everything that Juju's controller would keep of one, and the questions asked of it."""

import dataclasses
import uuid
from collections.abc import Iterator

from lab.juju.assets import Secret, Task
from lab.juju.entities import Application, Life, Machine, Unit
from lab.juju.errors import JujuError, NotFoundError
from lab.juju.relation import Relation

DEFAULT_SPACE = "oam"
MODEL_DEFAULTS: dict[str, str | bool] = {
    # Juju's own default (environs/config/config.go, DefaultUpdateStatusHookInterval).
    "update-status-hook-interval": "5m",
    "automatically-retry-hooks": True,
    "logging-config": "<root>=INFO",
    "default-base": "ubuntu@24.04",
}


@dataclasses.dataclass
class Counters:
    """The next numbers to give out; Juju never uses a number again."""

    machine: int = 0
    relation: int = 0
    task: int = 1
    containers: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    revisions: dict[str, int] = dataclasses.field(default_factory=dict[str, int])


@dataclasses.dataclass
class Model:
    """The model; ``charms`` maps the key of a charm revision to its unpacked directory."""

    name: str
    uuid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    seed: int = 0
    config: dict[str, str | bool] = dataclasses.field(default_factory=dict[str, str | bool])
    constraints: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    counters: Counters = dataclasses.field(default_factory=Counters)
    charms: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    machines: dict[str, Machine] = dataclasses.field(default_factory=dict[str, Machine])
    applications: dict[str, Application] = dataclasses.field(
        default_factory=dict[str, Application]
    )
    units: dict[str, Unit] = dataclasses.field(default_factory=dict[str, Unit])
    relations: dict[int, Relation] = dataclasses.field(default_factory=dict[int, Relation])
    secrets: dict[str, Secret] = dataclasses.field(default_factory=dict[str, Secret])
    secret_names: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    tasks: dict[str, Task] = dataclasses.field(default_factory=dict[str, Task])

    def setting(self, key: str) -> str | bool:
        """Return a value of ``juju model-config``."""
        value = self.config.get(key, MODEL_DEFAULTS[key])
        if isinstance(MODEL_DEFAULTS[key], bool):
            return str(value).lower() == "true"
        return value

    def application(self, name: str) -> Application:
        """Return an application, or say that there is none."""
        if name not in self.applications:
            raise NotFoundError("application", name)
        return self.applications[name]

    def unit(self, name: str) -> Unit:
        """Return a unit; ``app/leader`` is the leader of the application."""
        app, _, number = name.partition("/")
        if number == "leader":
            leader = self.application(app).leader
            if leader is None:
                raise JujuError(f'could not determine leader for "{app}"')
            return self.units[leader]
        if name not in self.units:
            raise NotFoundError("unit", name)
        return self.units[name]

    def machine(self, identifier: str) -> Machine:
        """Return a machine, or say that there is none."""
        if identifier not in self.machines:
            raise NotFoundError("machine", identifier)
        return self.machines[identifier]

    def units_of(self, app: str) -> list[Unit]:
        """Return an application's units, lowest number first."""
        units = [unit for unit in self.units.values() if unit.app == app]
        return sorted(units, key=number)

    def units_on(self, machine: str) -> list[Unit]:
        """Return the units whose hooks run on a machine, subordinates included."""
        return [unit for unit in self.units.values() if unit.machine == machine]

    def subordinates(self, principal: str) -> list[Unit]:
        """Return the units that ride on a principal unit."""
        return [unit for unit in self.units.values() if unit.principal == principal]

    def relations_of(self, app: str) -> list[Relation]:
        """Return an application's relations in the order in which they were made."""
        return [relation for relation in self.relations.values() if relation.joins(app)]

    def relation(self, identifier: int) -> Relation | None:
        """Return a relation, or nothing when it is gone."""
        return self.relations.get(identifier)

    def containers_on(self, machine: str) -> Iterator[Machine]:
        """Yield the containers placed on a machine."""
        return (m for m in self.machines.values() if m.parent == machine)

    def visible(self, relation: Relation, unit: Unit) -> dict[str, int]:
        """Return the units that a unit may see in a relation, with the version of their bags.

        A dying unit is gone for the others at once, before it has run a hook (state/cleanup.go,
        cleanupDyingUnit); in container scope a unit sees only those on the same principal.
        """
        if relation.life is not Life.ALIVE or unit.life is not Life.ALIVE:
            return {}
        others = (self.units[name] for name in relation.members if name in self.units)
        return {
            other.name: relation.versions.get(other.name, 0)
            for other in others
            if other.name != unit.name
            and other.life is Life.ALIVE
            and (relation.peer or other.app != unit.app)
            and (not relation.container or other.scope == unit.scope)
        }

    def space(self, app: str, endpoint: str) -> str:
        """Return the space that an endpoint or extra binding is bound to."""
        bindings = self.applications[app].bindings
        return bindings.get(endpoint) or bindings.get("") or DEFAULT_SPACE


def number(unit: Unit) -> int:
    """Return a unit's number, to sort by."""
    return int(unit.name.rsplit("/", 1)[1])
