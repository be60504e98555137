# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What one hook, action or command may see, and what it wants to have written."""

import dataclasses
import time
from collections.abc import Callable
from typing import Protocol

from lab.juju.assets import Resource, Secret, Task
from lab.juju.bundles import CharmMetadata, OptionValue, ResourceSpec
from lab.juju.entities import Application, Hook, Unit
from lab.juju.model import Model
from lab.juju.network import Network
from lab.juju.relation import Relation


class Log(Protocol):
    """Where a line for ``juju debug-log`` goes."""

    def __call__(self, source: str, level: str, module: str, message: str) -> None:
        """Write one line."""
        ...


@dataclasses.dataclass
class Pending:
    """What is written to the model when the hook has succeeded, and only then.

    After internal/worker/uniter/runner/context/context.go, Flush, which sends all of it in one
    CommitHookChanges call.
    """

    unit_bags: dict[int, dict[str, str]] = dataclasses.field(
        default_factory=dict[int, dict[str, str]]
    )
    app_bags: dict[int, dict[str, str]] = dataclasses.field(
        default_factory=dict[int, dict[str, str]]
    )
    ports: list[str] | None = None
    state: dict[str, str] | None = None
    secrets: dict[str, Secret | None] = dataclasses.field(
        default_factory=dict[str, "Secret | None"]
    )


@dataclasses.dataclass
class HookContext:
    """The view that the hook tools of one hook work on; used under the engine's lock.

    Attributes:
        id: What JUJU_CONTEXT_ID names.
        model: The model; tools write into ``pending``, and into the model only what Juju does at once.
        unit: Whose hook it is.
        metadata: The unit's charm.
        network: The unit's machine's addresses.
        log: For juju-log.
        changed: To be called after a change to the model that takes effect at once.
        download: Brings a resource to the unit, and returns the file's path as its machine sees it.
        hook: The hook, unless it is a task.
        task: The action or command, unless it is a hook.
        calls: Number of tool calls.
    """

    id: str
    model: Model
    unit: Unit
    metadata: CharmMetadata
    network: Network
    log: Log
    changed: Callable[[], None]
    download: Callable[[ResourceSpec, Resource], str]
    hook: Hook | None = None
    task: Task | None = None
    pending: Pending = dataclasses.field(default_factory=Pending)
    calls: int = 0
    tool_seconds: float = 0.0
    _config: dict[str, OptionValue] | None = None
    _read: dict[tuple[int, str], dict[str, str]] = dataclasses.field(
        default_factory=dict[tuple[int, str], dict[str, str]]
    )
    started: float = dataclasses.field(default_factory=time.monotonic)

    @property
    def app(self) -> Application:
        """The unit's application."""
        return self.model.applications[self.unit.app]

    @property
    def leads(self) -> bool:
        """Whether the unit is its application's leader now."""
        return self.app.leader == self.unit.name

    def config(self) -> dict[str, OptionValue]:
        """Return the options with a value: as they were when the hook first asked."""
        if self._config is None:
            defaults = {o.name: o.default for o in self.metadata.options.values()}
            merged = {**defaults, **self.app.config}
            known = self.metadata.options.keys()
            self._config = {k: v for k, v in merged.items() if v is not None and k in known}
        return self._config

    def relation(self, identifier: int) -> Relation | None:
        """Return a relation if the unit is in it."""
        return self.model.relation(identifier) if identifier in self.unit.relations else None

    def members(self, relation: Relation) -> list[str]:
        """Return the remote units that this unit's charm knows of.

        A unit is listed from its joined hook on, and no more in its departed hook
        (runner/context/contextfactory.go, HookContext).
        """
        names = set(self.unit.relations[relation.id].members)
        hook = self.hook
        if hook is not None and hook.relation == relation.id and hook.remote_unit:
            if hook.kind == "relation-departed":
                names.discard(hook.remote_unit)
            else:
                names.add(hook.remote_unit)
        return sorted(names)

    def bag(self, relation: Relation, owner: str) -> dict[str, str]:
        """Return a bag: one's own with what is pending, another's as it was when first read."""
        own = {self.unit.name: self.pending.unit_bags, self.unit.app: self.pending.app_bags}
        if owner in own:
            changes = own[owner].get(relation.id, {})
            merged = {**relation.bags.get(owner, {}), **changes}
            return {key: value for key, value in merged.items() if value != ""}
        key = (relation.id, owner)
        if key not in self._read:
            self._read[key] = dict(relation.bags.get(owner, {}))
        return self._read[key]
