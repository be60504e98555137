# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One model at work: its lock, its file, its agents, and the hooks that are running."""

import contextlib
import functools
import logging
import pathlib
import random
import threading
import time
import uuid
from collections.abc import Generator

from lab.juju import environment, lifecycle, runner, store
from lab.juju.agent import MachineAgent
from lab.juju.assets import Resource, Task
from lab.juju.bundles import CharmMetadata, ResourceSpec
from lab.juju.charmstore import CharmStore
from lab.juju.cloud import Cloud
from lab.juju.context import HookContext
from lab.juju.duration import parse_duration
from lab.juju.entities import Hook, Unit
from lab.juju.leadership import Leases
from lab.juju.logs import DebugLog, HookLog
from lab.juju.model import Model
from lab.juju.network import Network
from lab.juju.resources import ResourceStore
from lab.juju.tools import TOOLS, ToolError
from lab.juju.turns import Turns

logger = logging.getLogger(__name__)

# How long the model's file may lag behind the model while hooks run. What an operator asked for is
# written before the answer.
_SAVE_SECONDS = 0.1


class Engine:
    """Runs one model.

    Everything that reads or changes the model holds ``lock``; ``change()`` does, and then removes what
    is dead, wakes the agents and has the model saved.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        model: Model,
        cloud: Cloud,
        charms: CharmStore,
        resources: ResourceStore,
        agent_view: pathlib.PurePath | None = None,
    ):
        """Start the agents of a model.

        Args:
            directory: Where the model and its logs are kept.
            model: The model.
            cloud: Where machines come from.
            charms: The charms' store.
            resources: The resources' store.
            agent_view: Where a machine sees its agent directory; nowhere else than this host does
                when not given.
        """
        self.directory = directory
        self.model = model
        self.cloud = cloud
        self.charms = charms
        self.resources = resources
        self.agent_view = agent_view
        self.condition = threading.Condition(threading.RLock())
        self.leases = Leases()
        self.turns = Turns()
        self.random = random.Random(model.seed)  # noqa: S311 - an order, not a secret
        self.log = DebugLog(directory / f"debug-{model.name}.log")
        self.hook_log = HookLog(directory / "hooks.jsonl")
        self.stopping = False
        self._contexts: dict[str, HookContext] = {}
        self._networks: dict[str, Network] = {}
        self._agents: dict[str, MachineAgent] = {}
        self._dirty = threading.Event()
        self.configure()
        killed = runner.kill_leftovers(model.uuid)
        source = "controller-0"
        self.log(source, "INFO", "lab.juju", f"order of hooks shuffled with seed {model.seed}")
        if killed:
            self.log(
                source, "WARNING", "lab.juju", f"killed {killed} processes of cut-short hooks"
            )
        self._saver = threading.Thread(target=self._save_changes, name="saver", daemon=True)
        self._saver.start()
        self._keeper = threading.Thread(target=self._keep_leases, name="leases", daemon=True)
        self._keeper.start()
        with self.change():
            pass

    @contextlib.contextmanager
    def change(self, *, durable: bool = False) -> Generator[Model]:
        """Hold the lock, then follow up on what was changed.

        Args:
            durable: Write the model's file before going on.
        """
        with self.condition:
            try:
                yield self.model
            finally:
                lifecycle.reap(self.model)
                self._start_agents()
                self.changed()
                if durable:
                    store.save(self.directory, self.model)

    def changed(self) -> None:
        """Wake everybody who waits for a change, and have it saved."""
        with self.condition:
            self._dirty.set()
            self.condition.notify_all()

    def configure(self) -> None:
        """Take over the model's options."""
        self.log.configure(str(self.model.setting("logging-config")))
        self.interval = parse_duration(str(self.model.setting("update-status-hook-interval")))

    def metadata(self, app: str) -> CharmMetadata:
        """Return what an application's charm declares."""
        return self.charms.metadata(self.model, self.model.applications[app].charm)

    def network(self, machine: str) -> Network:
        """Return the networks of a machine that has been provisioned."""
        instance = self.model.machines[machine].instance
        if instance is None:
            raise RuntimeError(f"machine {machine} has no instance yet")
        if instance not in self._networks:
            # Addresses last as long as the instance; its record goes before the machine does.
            self._networks[instance] = Network(self.cloud.instance(instance))
        return self._networks[instance]

    def forget_network(self, instance: str) -> None:
        """Ask the cloud again: the name was given to a machine anew."""
        self._networks.pop(instance, None)

    @contextlib.contextmanager
    def context(
        self, unit: Unit, *, hook: Hook | None = None, task: Task | None = None
    ) -> Generator[HookContext]:
        """Make the context of a hook or task, known to the hook tools while it runs."""
        context = HookContext(
            id=f"{unit.name}-{hook.name if hook else 'task'}-{uuid.uuid4().hex[:16]}",
            model=self.model,
            unit=unit,
            metadata=self.charms.metadata(self.model, unit.charm or ""),
            network=self.network(unit.machine),
            log=self.log,
            changed=self.changed,
            download=functools.partial(self._download, unit),
            hook=hook,
            task=task,
        )
        with self.condition:
            self._contexts[context.id] = context
        try:
            yield context
        finally:
            with self.condition:
                del self._contexts[context.id]

    def call_tool(self, context_id: str, words: list[str], stdin: str) -> tuple[int, str, str]:
        """Answer a hook tool."""
        begun = time.monotonic()
        with self.condition:
            context = self._contexts.get(context_id)
            if context is None:
                return 1, "", "ERROR the hook of this context has ended\n"
            tool = TOOLS.get(words[0])
            if tool is None:
                return 1, "", f"ERROR unknown command {words[0]}\n"
            context.calls += 1
            try:
                return 0, tool(context, words[1:], stdin), ""
            except ToolError as error:
                return error.code, "", f"ERROR {error}\n"
            finally:
                context.tool_seconds += time.monotonic() - begun

    def stop(self) -> None:
        """Stop all agents; hooks that are running are killed and run again at the next start."""
        with self.condition:
            self.stopping = True
            self.condition.notify_all()
            agents = list(self._agents.values())
        self._dirty.set()
        runner.kill_leftovers(self.model.uuid)
        for agent in agents:
            agent.join(timeout=30.0)
        self._saver.join(timeout=5.0)
        store.save(self.directory, self.model)
        self.log.close()
        self.hook_log.close()

    def _download(self, unit: Unit, spec: ResourceSpec, resource: Resource) -> str:
        """Bring a resource to a unit; return its path as the machine sees it."""
        directory = self.cloud.agent_dir(self.model.machines[unit.machine].instance or "")
        path = f"{environment.home(unit)}/resources/{spec.name}/{spec.filename}"
        self.resources.copy(self.model, resource, directory / path)
        return f"{self.agent_view or directory}/{path}"

    def _start_agents(self) -> None:
        if self.stopping:
            return
        for identifier in self.model.machines:
            if identifier not in self._agents or not self._agents[identifier].is_alive():
                agent = MachineAgent(self, identifier)
                self._agents[identifier] = agent
                agent.start()

    def _save_changes(self) -> None:
        while not self.stopping:
            self._dirty.wait()
            self._dirty.clear()
            with self.condition:
                store.save(self.directory, self.model)
            time.sleep(_SAVE_SECONDS)

    def _keep_leases(self) -> None:
        with self.condition:
            while not self.stopping:
                if self.leases.expire(self.model, time.monotonic()):
                    self.changed()
                self.condition.wait(1.0)
