# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a charm declares about itself, as frozen values."""

import dataclasses
import enum
import pathlib
from collections.abc import Mapping
from typing import Any


class Role(enum.Enum):
    """The three roles an endpoint can have in a relation."""

    PROVIDER = "provides"
    REQUIRER = "requires"
    PEER = "peers"


class Scope(enum.Enum):
    """Whether a relation joins all units, or only those that share a machine."""

    GLOBAL = "global"
    CONTAINER = "container"


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One end that a charm offers to relations."""

    name: str
    role: Role
    interface: str
    scope: Scope = Scope.GLOBAL
    limit: int | None = None
    optional: bool = False


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of a charm; ``type`` is string, int, float, boolean or secret."""

    name: str
    type: str
    default: str | int | float | bool | None = None
    description: str = ""


@dataclasses.dataclass(frozen=True)
class ActionSpec:
    """One action: its parameters as JSON schemas, which are required, whether others are taken."""

    name: str
    description: str = ""
    params: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict[str, Any])
    required: frozenset[str] = frozenset()
    additional: bool = True


@dataclasses.dataclass(frozen=True)
class ResourceSpec:
    """One resource of a charm: of type ``file``, which units get under its name, or ``oci-image``."""

    name: str
    type: str = "file"
    filename: str = ""
    description: str = ""


# Every application answers to this endpoint without declaring it (juju/juju, state/application.go,
# Endpoints); the principal runs no hooks for it.
JUJU_INFO = Endpoint("juju-info", Role.PROVIDER, "juju-info")


@dataclasses.dataclass(frozen=True)
class CharmMetadata:
    """Everything that Juju needs to know of a charm before it runs it."""

    name: str
    path: pathlib.Path
    subordinate: bool = False
    summary: str = ""
    endpoints: Mapping[str, Endpoint] = dataclasses.field(default_factory=dict[str, Endpoint])
    options: Mapping[str, Option] = dataclasses.field(default_factory=dict[str, Option])
    actions: Mapping[str, ActionSpec] = dataclasses.field(default_factory=dict[str, ActionSpec])
    resources: Mapping[str, ResourceSpec] = dataclasses.field(
        default_factory=dict[str, ResourceSpec]
    )
    extra_bindings: frozenset[str] = frozenset()
    storage: frozenset[str] = frozenset()
    assumes: tuple[str, ...] = ()

    def endpoint(self, name: str) -> Endpoint | None:
        """Return an endpoint, ``juju-info`` included although charms seldom declare it."""
        return self.endpoints.get(name) or (JUJU_INFO if name == JUJU_INFO.name else None)

    @property
    def bindings(self) -> frozenset[str]:
        """Return every name that an operator may bind to a space."""
        return frozenset(self.endpoints) | self.extra_bindings | {JUJU_INFO.name}
