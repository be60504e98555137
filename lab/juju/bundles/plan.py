# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a deployment of a bundle has to make, in order: machines, applications, relations."""

import dataclasses
import pathlib
from collections.abc import Mapping

from lab.juju.bundles.charm import CharmMetadata, Endpoint, Scope

OptionValue = str | int | float | bool


@dataclasses.dataclass(frozen=True)
class Constraints:
    """What a machine must be like; the lab only looks at ``tags``, the rest is kept for status."""

    tags: frozenset[str] = frozenset()
    others: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine of the bundle's ``machines`` section; ``key`` is its name in the bundle."""

    key: str
    constraints: Constraints = Constraints()


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where one unit goes; at most one of ``machine`` and ``unit`` is set.

    ``machine`` is the key of a planned machine, ``unit`` a unit planned earlier (``app/0``) whose
    machine is meant. With neither, the unit gets a new machine that its application's constraints
    choose. ``container`` ("lxd") puts it into a new container on that machine.
    """

    container: str | None = None
    machine: str | None = None
    unit: str | None = None


@dataclasses.dataclass(frozen=True)
class Application:
    """One application: its charm, its settings, and one placement for each unit.

    A subordinate has no placements: its units follow its principals'. ``config`` has only what the
    bundle sets, already of the option's type. ``bindings`` maps an endpoint (or extra binding) to a
    space; the key "" stands for all the others. ``resources`` are files on this host.
    """

    name: str
    charm: CharmMetadata
    base: str
    config: Mapping[str, OptionValue] = dataclasses.field(default_factory=dict[str, OptionValue])
    bindings: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    constraints: Constraints = Constraints()
    placements: tuple[Placement, ...] = ()
    trust: bool = False
    expose: bool = False
    resources: Mapping[str, pathlib.Path] = dataclasses.field(
        default_factory=dict[str, pathlib.Path]
    )


@dataclasses.dataclass(frozen=True)
class End:
    """One end of a relation."""

    application: str
    endpoint: Endpoint

    def __str__(self) -> str:
        """Return ``application:endpoint``."""
        return f"{self.application}:{self.endpoint.name}"


@dataclasses.dataclass(frozen=True)
class Relation:
    """Two ends that fit, provider first."""

    provider: End
    requirer: End

    @property
    def interface(self) -> str:
        """Return the protocol that both ends speak."""
        return self.provider.endpoint.interface

    @property
    def scope(self) -> Scope:
        """Return the scope: container if either end asks for it.

        Juju makes both ends agree so when it stores the relation (juju/juju, AddRelation).
        """
        scopes = (self.provider.endpoint.scope, self.requirer.endpoint.scope)
        return Scope.CONTAINER if Scope.CONTAINER in scopes else Scope.GLOBAL


@dataclasses.dataclass(frozen=True)
class Plan:
    """A whole deployment; each tuple is in the order in which Juju makes its things."""

    machines: tuple[Machine, ...]
    applications: tuple[Application, ...]
    relations: tuple[Relation, ...]

    def application(self, name: str) -> Application:
        """Return an application by its name."""
        return next(each for each in self.applications if each.name == name)
