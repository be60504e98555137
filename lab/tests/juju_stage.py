# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A model without processes: hooks are chosen and committed as the agents do, but not run."""

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

from lab.juju import commit, lifecycle, resolver, topology
from lab.juju.bundles import CharmMetadata, Endpoint, Role, Scope, match_endpoints
from lab.juju.cloud import LocalInstance
from lab.juju.context import HookContext
from lab.juju.entities import Application, Hook, Life, Unit
from lab.juju.leadership import Leases
from lab.juju.model import Model
from lab.juju.network import Network
from lab.juju.relation import Relation
from lab.juju.tools import TOOLS

Body = Callable[["Stage", HookContext], int | None]


def charm(
    name: str,
    *,
    provides: dict[str, str] | None = None,
    requires: dict[str, str] | None = None,
    peers: dict[str, str] | None = None,
    container: tuple[str, ...] = (),
    subordinate: bool = False,
    **more: object,
) -> CharmMetadata:
    """Return a charm's metadata; endpoints map to interfaces, ``container`` names those in scope."""
    endpoints: dict[str, Endpoint] = {}
    for role, found in ((Role.PROVIDER, provides), (Role.REQUIRER, requires), (Role.PEER, peers)):
        for endpoint, interface in (found or {}).items():
            scope = Scope.CONTAINER if endpoint in container else Scope.GLOBAL
            endpoints[endpoint] = Endpoint(endpoint, role, interface, scope)
    return CharmMetadata(name, Path(name), subordinate, endpoints=endpoints, **more)  # type: ignore[arg-type]


@dataclasses.dataclass
class Stage:
    """A model, its charms, and every hook that ran, as ``(unit, hook)``."""

    seed: int = 0
    interval: float = 300.0
    now: float = 1_000_000.0
    model: Model = dataclasses.field(default_factory=lambda: Model("stage"))
    charms: dict[str, CharmMetadata] = dataclasses.field(default_factory=dict[str, CharmMetadata])
    ran: list[tuple[str, Hook]] = dataclasses.field(default_factory=list[tuple[str, Hook]])
    body: Body | None = None
    lost: set[str] = dataclasses.field(default_factory=set[str])
    logged: list[str] = dataclasses.field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - an order, not a secret
        self.leases = Leases()

    def deploy(self, metadata: CharmMetadata, units: int = 0, name: str = "") -> Application:
        """Add an application, with units on machines of their own."""
        app = Application(name or metadata.name, f"{metadata.name}-0")
        app.subordinate = metadata.subordinate
        self.charms[app.name] = metadata
        topology.add_application(self.model, app, metadata)
        for _ in range(units):
            self.add_unit(app.name)
        return app

    def add_unit(self, app: str) -> Unit:
        """Add a unit on a new machine."""
        machine = topology.add_machine(self.model)
        machine.status.current = "started"
        return topology.add_unit(self.model, self.model.applications[app], machine.id)

    def relate(self, left: str, right: str) -> Relation:
        """Relate two ends."""
        found = match_endpoints(
            left, self.charms[left.split(":")[0]], right, self.charms[right.split(":")[0]]
        )
        ends = tuple((e.application, e.endpoint) for e in (found.provider, found.requirer))
        return topology.add_relation(self.model, ends, self.charms)

    def network(self, unit: Unit) -> Network:
        """Return made-up networks: machine N is host 10 + N in every space."""
        number = 10 + int(unit.machine.split("/")[0])
        spaces = {"oam": 0, "public": 1, "admin": 2, "internal": 3, "storage": 4}
        addresses = {space: f"10.77.{n}.{number}" for space, n in spaces.items()}
        nics = {space: f"eth{n}" for space, n in spaces.items()}
        return Network(LocalInstance(f"m{unit.machine}", "", addresses, nics))

    def context(self, unit: str, hook: Hook | None = None) -> HookContext:
        """Return the context that a hook of a unit would have."""
        found = self.model.units[unit]

        def log(source: str, level: str, module: str, message: str) -> None:
            self.logged.append(f"{level} {module} {message}")

        return HookContext(
            "c", self.model, found, self.charms[found.app], self.network(found), log,
            lambda: None, lambda spec, _: f"/resources/{spec.name}/{spec.filename}", hook,
        )  # fmt: skip

    def tool(self, context: HookContext, name: str, *words: str, stdin: str = "") -> str:
        """Call a hook tool."""
        return TOOLS[name](context, words, stdin)

    def next(self, unit: Unit) -> Hook | None:
        """Return a unit's next hook, after what its agent does beside hooks."""
        self.leases.tend(self.model, unit, self.now)
        lifecycle.leave_implicit(self.model, unit)
        if unit.installed and unit.life is Life.ALIVE and unit.pending is None:
            network = self.network(unit)
            app = unit.app
            topology.enter_scopes(
                self.model, unit, lambda e: network.address(self.model.space(app, e))
            )
        view = resolver.View(self.model, self.now, "addresses", self.interval, self.random)
        return resolver.next_hook(view, unit)

    def run(self, unit: Unit, hook: Hook) -> None:
        """Run a hook: ``body`` stands for the charm, and returns an exit code if it is not 0."""
        commit.begin(unit, hook)
        if hook.kind in ("install", "upgrade-charm"):
            unit.charm = self.model.applications[unit.app].charm
        self.ran.append((unit.name, hook))
        context = self.context(unit.name, hook)
        code = self.body(self, context) if self.body else None
        if code:
            commit.fail(unit, self.now)
        else:
            commit.flush(context)
            commit.succeed(self.model, unit, hook, self.now)
        lifecycle.reap(self.model)

    def settle(self, limit: int = 2000) -> None:
        """Run hooks in a random order of units until there are none."""
        for _ in range(limit):
            units = [u for u in self.model.units.values() if u.name not in self.lost]
            self.random.shuffle(units)
            for unit in units:
                hook = self.next(unit)
                if hook is not None:
                    self.run(unit, hook)
                    break
            else:
                lifecycle.reap(self.model)
                return
        raise AssertionError(f"the model does not settle: {self.names()[-20:]}")

    def names(self, unit: str | None = None) -> list[str]:
        """Return the hooks that ran, of one unit or as ``unit hook`` of all."""
        if unit is None:
            return [f"{name} {describe(hook)}" for name, hook in self.ran]
        return [describe(hook) for name, hook in self.ran if name == unit]


def describe(hook: Hook) -> str:
    """Return a hook's name with its remote unit, or application in brackets."""
    if hook.remote_unit:
        return f"{hook.name} {hook.remote_unit}"
    return f"{hook.name} ({hook.remote_app})" if hook.relation is not None else hook.name
