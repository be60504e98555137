# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands that run something: actions, commands, a shell."""

import argparse
import shlex
import time
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from lab.juju import params
from lab.juju.assets import Task
from lab.juju.cli.command import Answer, Call, Command, add_format, as_yaml, listed, render
from lab.juju.duration import parse_duration
from lab.juju.engine import Engine
from lab.juju.errors import JujuError, NotFoundError, UsageError
from lab.juju.model import Model

# cmd/juju/action: how long "run" and "exec" wait when not told.
_RUN_SECONDS = 60.0
_EXEC_SECONDS = 300.0
# Older results are of no use to anybody here.
_KEPT_TASKS = 200


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="+")
    parser.add_argument("--wait")
    parser.add_argument("--params")
    parser.add_argument("--string-args", action="store_true")
    parser.add_argument("--background", action="store_true")
    add_format(parser, default="plain")


def _run(call: Call) -> Answer:
    words = call.options.words
    units = [word for word in words if "/" in word.split("=")[0]]
    rest = words[len(units) :]
    if not units or words[: len(units)] != units or not rest:
        raise UsageError("usage: juju run UNIT [UNIT...] ACTION [key=value...]")
    given: dict[str, Any] = {}
    if call.options.params:
        given = yaml.safe_load(call.request.path(call.options.params).read_text()) or {}
    given |= params.from_words(rest[1:], strings=call.options.string_args)
    engine = call.controller.engine(call.options.model)

    def make(model: Model) -> list[Task]:
        return [_action(engine, name, rest[0], given) for name in units]

    return _perform(call, engine, make, _RUN_SECONDS)


def _action(engine: Engine, unit: str, name: str, given: dict[str, Any]) -> Task:
    found = engine.model.unit(unit)
    spec = engine.metadata(found.app).actions.get(name)
    if spec is None:
        raise JujuError(f'action "{name}" not defined on unit "{found.name}" (not found)')
    return Task("", found.name, name, params.complete(spec, given))


def _exec_arguments(parser: argparse.ArgumentParser) -> None:
    for option in ("--unit", "-u"):
        parser.add_argument(option, action="append", dest="unit")
    parser.add_argument("--machine", action="append")
    parser.add_argument("-a", "--application", "--app", action="append")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--wait")
    parser.add_argument("--background", action="store_true")
    add_format(parser, default="plain")


def _exec(call: Call) -> Answer:
    options = call.options
    if not options.tail:
        raise UsageError("no commands specified")
    # One argument is a script; several are quoted (cmd/juju/action/exec.go).
    script = options.tail[0] if len(options.tail) == 1 else shlex.join(options.tail)
    engine = call.controller.engine(options.model)

    def make(model: Model) -> list[Task]:
        targets = [model.unit(name).name for name in listed(options.unit)]
        targets += [model.machine(name).id for name in listed(options.machine)]
        for name in listed(options.application):
            targets += [unit.name for unit in model.units_of(model.application(name).name)]
        if options.all:
            targets += list(model.machines)
        if not targets:
            raise UsageError("specify a target: --unit, --machine, --application or --all")
        return [Task("", target, "juju-exec", command=script) for target in targets]

    return _perform(call, engine, make, _EXEC_SECONDS)


def _perform(
    call: Call, engine: Engine, make: Callable[[Model], list[Task]], seconds: float
) -> Answer:
    with engine.change(durable=True) as model:
        tasks = make(model)
        operation = str(model.counters.task)
        model.counters.task += 1
        for task in tasks:
            task.id = str(model.counters.task)
            model.counters.task += 1
            model.tasks[task.id] = task
        for old in list(model.tasks)[:-_KEPT_TASKS]:
            del model.tasks[old]
    if call.options.background:
        ids = ", ".join(task.id for task in tasks)
        return Answer(errors=f"Scheduled operation {operation} with task {ids}\n")
    limit = parse_duration(call.options.wait) if call.options.wait else seconds
    _await(engine, tasks, limit)
    return _answer(call, tasks)


def _await(engine: Engine, tasks: Sequence[Task], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with engine.condition:
        while open_ := [task for task in tasks if not task.done]:
            left = deadline - time.monotonic()
            if left <= 0:
                waiting = ", ".join(task.target for task in open_)
                for task in open_:
                    if task.status == "pending":
                        task.status, task.message = "cancelled", "nobody waits for it any more"
                raise JujuError(f"timed out waiting for results from: {waiting}")
            engine.condition.wait(left)


def _answer(call: Call, tasks: Sequence[Task]) -> Answer:
    if call.options.format == "plain":
        output = "\n".join(_plain(task) for task in tasks)
    else:
        output = render({task.target: _document(task) for task in tasks}, call.options.format)
    failed = [task for task in tasks if _failed(task)]
    if not failed:
        return Answer(output)
    lines = "".join(f' - id "{t.id}" with return code {_code(t)}\n' for t in failed)
    plural = "task" if len(failed) == 1 else "tasks"
    raise JujuError(f"the following {plural} failed:\n{lines}", output=output)


def _document(task: Task) -> dict[str, Any]:
    kind = "machine" if task.target[0].isdigit() else "unit"
    shown: dict[str, Any] = {
        "id": task.id,
        "results": task.results,
        "status": task.status,
        "timing": {
            "completed": task.completed,
            "enqueued": task.enqueued,
            "started": task.started,
        },
        kind: task.target,
    }
    if task.message:
        shown["message"] = task.message
    if task.log:
        shown["log"] = task.log
    return shown


def _plain(task: Task) -> str:
    """Return a task's output as the terminal shows it: results as YAML, outputs as they are."""
    results = dict(task.results)
    results.pop("return-code", None)
    stdout, stderr = results.pop("stdout", ""), results.pop("stderr", "")
    text = "".join(f"{line}\n" for line in task.log)
    if results:
        text += as_yaml(results)
    if task.message and not task.command:
        text += f"{task.message}\n"
    return text + stdout + stderr


def _failed(task: Task) -> bool:
    return task.status != "completed" or _code(task) != 0


def _code(task: Task) -> int:
    return int(task.results.get("return-code", 0))


def _shell_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target")
    parser.add_argument("--no-host-key-checks", action="store_true")
    parser.add_argument("--pty", choices=["true", "false"])


def _shell(call: Call) -> Answer:
    """Have the client become a shell, or a command, in the machine; there is no ssh in between."""
    engine = call.controller.engine(call.options.model)
    target = call.options.target.rpartition("@")[2]
    with engine.condition:
        model = engine.model
        if "/" in target and target not in model.machines:
            identifier = model.unit(target).machine
        else:
            identifier = model.machine(target).id
        instance = model.machines[identifier].instance
    if instance is None or not engine.cloud.is_on(instance):
        raise JujuError(f'opening an SSH connection to "{target}": machine is not running')
    tail = call.options.tail
    argv = ["/bin/bash", "-lc", " ".join(tail)] if tail else ["/bin/bash", "-l"]
    return Answer(become=engine.cloud.command(instance, ["/usr/bin/env", "-C", "/root", *argv]))


def _actions_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--schema", action="store_true")
    add_format(parser, default="tabular")


def _actions(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    actions = engine.metadata(engine.model.application(call.options.name).name).actions
    if call.options.format == "tabular":
        return Answer("".join(f"{n}  {a.description}\n" for n, a in sorted(actions.items())))
    if not call.options.schema:
        shown: dict[str, Any] = {name: spec.description for name, spec in actions.items()}
        return Answer(render(shown, call.options.format))
    full = {
        name: {"description": spec.description, "properties": dict(spec.params)}
        for name, spec in actions.items()
    }
    return Answer(render(full, call.options.format))


def _show_task_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id")
    add_format(parser)


def _show_task(call: Call) -> Answer:
    tasks = call.controller.engine(call.options.model).model.tasks
    if call.options.id not in tasks:
        raise NotFoundError("task", call.options.id)
    return Answer(render(_document(tasks[call.options.id]), call.options.format))


COMMANDS = {
    "actions": Command(_actions_arguments, _actions),
    "exec": Command(_exec_arguments, _exec, tail=0),
    "run": Command(_run_arguments, _run),
    "show-task": Command(_show_task_arguments, _show_task),
    "ssh": Command(_shell_arguments, _shell, tail=1),
}
