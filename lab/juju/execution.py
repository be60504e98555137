# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Running one hook, action or command in its machine, and recording what came of it."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lab.juju import charmstore, commit, environment, moment, runner
from lab.juju.assets import Task
from lab.juju.context import HookContext
from lab.juju.entities import Hook, Machine, Status, Unit
from lab.juju.provisioning import boot_id
from lab.machines.errors import CloudError

if TYPE_CHECKING:
    from lab.juju.engine import Engine

_OPERATION = "juju.worker.uniter.operation"
_OFF = 255


class Executor:
    """Runs things on one machine."""

    def __init__(self, engine: Engine, machine: str):
        self._engine = engine
        self._id = machine

    def hook(self, unit: Unit, hook: Hook) -> None:
        """Run a hook to its end: success is written, failure waits, what was cut short runs again."""
        engine = self._engine
        if unit.failed and unit.resolved == "skip":
            with engine.change():
                commit.succeed(engine.model, unit, hook, time.time())
            return
        with engine.change():
            commit.begin(unit, hook)
            if hook.kind == "install":
                unit.status = Status("maintenance", "installing charm software")
        self._place_charm(unit, hook)
        boot = engine.model.machines[self._id].boot_id
        with engine.context(unit, hook=hook) as context:
            outcome = self._dispatch(context, f"{unit.name}.{hook.name}")
            with engine.change() as model:
                if outcome.code == 0:
                    commit.flush(context)
                    commit.succeed(model, unit, hook, time.time())
                elif self._cut_short(boot):
                    unit.agent = Status("idle")
                else:
                    commit.fail(unit, time.time())
        self._note(unit, hook, outcome)
        self._record(context, hook.name, outcome)

    def task(self, unit: Unit, task: Task) -> None:
        """Run an action or a command in a unit; what it wrote counts if it succeeded."""
        engine = self._engine
        with engine.change():
            task.status, task.started = "running", moment.now()
            before, unit.agent = unit.agent, Status("executing", f"running action {task.name}")
        with engine.context(unit, task=task) as context:
            argv = ["/bin/bash", "-c", task.command] if task.command else None
            outcome = self._dispatch(context, f"{unit.name}.{task.name}", argv)
            with engine.change():
                if outcome.code == 0:
                    commit.flush(context)
                unit.agent = Status(before.current, before.message)
                _finish(task, outcome)
        self._record(context, task.name, outcome)

    def command(self, machine: Machine, task: Task) -> None:
        """Run a command on the machine itself, without any context."""
        engine = self._engine
        with engine.change():
            task.status, task.started = "running", moment.now()
        argv = ["/usr/bin/env", "-C", "/", "/bin/bash", "-c", task.command]
        outcome = self._run(machine.instance or "", argv)
        with engine.change():
            _finish(task, outcome)

    def _dispatch(
        self, context: HookContext, module: str, argv: list[str] | None = None
    ) -> runner.Outcome:
        engine, unit = self._engine, context.unit
        instance = engine.model.machines[self._id].instance or ""
        places = self._places(instance, unit)
        variables = environment.variables(context, places)
        settings = [f"{name}={value}" for name, value in variables.items()]
        program = argv or [f"{places.charm}/dispatch"]
        wrapped = ["/usr/bin/env", "-i", "-C", places.charm, *settings, *program]

        def on_line(stream: str, line: str) -> None:
            level = "INFO" if stream == "stdout" else "WARNING"
            engine.log(unit.name, level, f"unit.{module}", line)

        return self._run(instance, wrapped, None if context.task else on_line)

    def _run(
        self,
        instance: str,
        argv: Sequence[str],
        on_line: Callable[[str, str], None] | None = None,
    ) -> runner.Outcome:
        """Run something in the machine; that it is off is an outcome like any other."""
        try:
            command = self._engine.cloud.command(instance, argv)
        except CloudError as error:
            return runner.Outcome(_OFF, "", str(error), 0.0)
        return runner.run(command, on_line=on_line)

    def _places(self, instance: str, unit: Unit) -> environment.Places:
        """Return the unit's paths as its machine sees them."""
        root = self._engine.agent_view or self._engine.cloud.agent_dir(instance)
        charm = f"{root}/{environment.home(unit)}/charm"
        return environment.Places(charm, f"{root}/tools", f"{root}/agent.socket")

    def _place_charm(self, unit: Unit, hook: Hook) -> None:
        """Unpack the charm before install and before upgrade-charm, as an operation of its own."""
        engine, model = self._engine, self._engine.model
        wanted = model.applications[unit.app].charm
        first = unit.charm is None
        due = first or unit.forced_charm or hook.kind == "upgrade-charm"
        if unit.charm == wanted or not due:
            return
        root = engine.cloud.agent_dir(model.machines[self._id].instance or "")
        target = root / environment.home(unit) / "charm"
        old = None if unit.charm is None else pathlib.Path(model.charms[unit.charm])
        charmstore.place(pathlib.Path(model.charms[wanted]), old, target)
        with engine.change():
            unit.charm, unit.forced_charm = wanted, False

    def _cut_short(self, boot: str | None) -> bool:
        """Return whether the machine lost its power, or the daemon is stopping, meanwhile."""
        engine = self._engine
        instance = engine.model.machines[self._id].instance
        return engine.stopping or instance is None or boot_id(engine.cloud, instance) != boot

    def _note(self, unit: Unit, hook: Hook, outcome: runner.Outcome) -> None:
        log = self._engine.log
        how = "(via hook dispatching script: dispatch)"
        if outcome.code == 0:
            log(unit.name, "INFO", _OPERATION, f'ran "{hook.name}" hook {how}')
        elif not unit.failed:
            log(unit.name, "WARNING", _OPERATION, f'hook "{hook.name}" {how} was cut short')
        else:
            code = f"exit status {outcome.code}"
            log(unit.name, "ERROR", _OPERATION, f'hook "{hook.name}" {how} failed: {code}')

    def _record(self, context: HookContext, name: str, outcome: runner.Outcome) -> None:
        hook = context.hook
        self._engine.hook_log.write(
            model=context.model.name,
            unit=context.unit.name,
            hook=name,
            remote=(hook.remote_unit or hook.remote_app) if hook else "",
            start=moment.now(),
            seconds=round(outcome.seconds, 3),
            rc=outcome.code,
            tools=context.calls,
            tool_seconds=round(context.tool_seconds, 4),
            overhead=round(time.monotonic() - context.started - outcome.seconds, 4),
        )


def _finish(task: Task, outcome: runner.Outcome) -> None:
    """Note the result; a task that set a failure has failed whatever its exit code was."""
    task.results["return-code"] = outcome.code
    for name, text in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
        if text:
            task.results[name] = text
    failed = task.status == "failing" or (outcome.code != 0 and not task.command)
    if outcome.code != 0 and not task.message and not task.command:
        task.message = f"exit status {outcome.code}"
    task.status = "failed" if failed else "completed"
    task.completed = moment.now()
