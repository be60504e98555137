# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The agent of one machine: provisions it, watches its power, and runs its units' hooks.

One thread for each machine, so machines work in parallel; and one hook at a time on each machine,
which is what Juju's machine lock (juju/juju, core/machinelock) amounts to.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from lab.juju import lifecycle, resolver, topology
from lab.juju.assets import Task
from lab.juju.entities import Hook, Life, Machine, Status, Unit
from lab.juju.execution import Executor
from lab.juju.provisioning import Provisioner

if TYPE_CHECKING:
    from lab.juju.engine import Engine

logger = logging.getLogger(__name__)

# How long an agent with nothing to do waits before it looks at the power and the clock again.
_IDLE_SECONDS = 1.0
# The same while it waits for its turn to ask the cloud.
_TURN_SECONDS = 0.1

Work = tuple[Unit, Hook | Task] | Task


class MachineAgent(threading.Thread):
    """Works for one machine until it is gone."""

    def __init__(self, engine: Engine, machine: str):
        super().__init__(name=f"machine {machine}", daemon=True)
        self._engine = engine
        self._id = machine
        self._provisioner = Provisioner(engine, machine)
        self._executor = Executor(engine, machine)

    def run(self) -> None:
        """Do what there is to do; wait for changes when there is nothing."""
        engine = self._engine
        while not engine.stopping:
            with engine.condition:
                machine = engine.model.machines.get(self._id)
            if machine is None:
                break
            if not self._step(machine):
                with engine.condition:
                    # Something may have changed since the step looked: then there is work.
                    if not engine.stopping and self._choose(machine) is None:
                        seconds = _TURN_SECONDS if machine.instance is None else _IDLE_SECONDS
                        engine.condition.wait(seconds)
        self._provisioner.close()

    def _step(self, machine: Machine) -> bool:
        """Do one thing; return false when there was nothing to do."""
        engine = self._engine
        if machine.life is not Life.ALIVE and not engine.model.units_on(self._id):
            return self._provisioner.release(machine)
        if not self._provisioner.ready(machine):
            return False
        with engine.condition:
            work = self._choose(machine)
        if work is None:
            return False
        with engine.leases.working(self._id):
            self._execute(machine, work)
        return True

    def _execute(self, machine: Machine, work: Work) -> None:
        if isinstance(work, Task):
            self._executor.command(machine, work)
        elif isinstance(work[1], Task):
            self._executor.task(work[0], work[1])
        else:
            self._executor.hook(work[0], work[1])

    def _choose(self, machine: Machine) -> Work | None:
        """Return what to do next, if the machine is up; bookkeeping of idle units on the way."""
        engine, model = self._engine, self._engine.model
        if not self._provisioner.up(machine):
            return None
        for task in model.tasks.values():
            if task.target == self._id and task.status == "pending":
                return task
        units = model.units_on(self._id)
        engine.random.shuffle(units)
        for unit in units:
            self._tend(unit)
        for unit in units:
            work = self._next(unit)
            if work is not None:
                return unit, work
            if unit.agent.current == "executing":
                unit.agent = Status("idle")
                engine.changed()
        return None

    def _tend(self, unit: Unit) -> None:
        """Do what an agent does beside hooks: claim leadership, enter and leave scopes."""
        engine, model = self._engine, self._engine.model
        network = engine.network(self._id)
        changed = engine.leases.tend(model, unit, time.monotonic())
        lifecycle.leave_implicit(model, unit)
        if unit.installed and unit.life is Life.ALIVE and unit.pending is None:
            app = unit.app
            changed |= topology.enter_scopes(
                model, unit, lambda endpoint: network.address(model.space(app, endpoint))
            )
        if unit.status.message == "waiting for machine":
            unit.status = Status("waiting", "installing agent")
            changed = True
        if changed:
            engine.changed()

    def _next(self, unit: Unit) -> Hook | Task | None:
        engine, model = self._engine, self._engine.model
        view = resolver.View(
            model,
            now=time.time(),
            addresses=engine.network(self._id).fingerprint,
            interval=engine.interval,
            shuffle=engine.random,
        )
        if resolver.takes_tasks(unit):
            for task in model.tasks.values():
                if task.target == unit.name and task.status == "pending":
                    return task
        return resolver.next_hook(view, unit)
