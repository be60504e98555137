# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Tools that only work in an action."""

from collections.abc import Sequence
from typing import Any

from lab.juju import moment
from lab.juju.assets import Task
from lab.juju.context import HookContext
from lab.juju.tools.arguments import ToolError, parse

# Keys that belong to Juju (jujuc/action-set.go, reservedKeys).
_RESERVED = ("stdout", "stdout-encoding", "stderr", "stderr-encoding", "return-code")


def action_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the parameters, or the one at a dotted path."""
    arguments = parse(argv, at_most=1)
    value: Any = _task(context).params
    for key in arguments.positional[0].split(".") if arguments.positional else ():
        value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - parameters are free-form
    return arguments.answer(value)


def action_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Add results; a dotted key makes a tree."""
    task = _task(context)
    for word in parse(argv).positional:
        key, equals, value = word.partition("=")
        path = key.split(".")
        if not equals:
            raise ToolError(f'argument "{word}" must be of the form key...=value')
        if path[0] in _RESERVED:
            raise ToolError(f'cannot set reserved action key "{path[0]}"')
        place: dict[str, Any] = task.results
        for step in path[:-1]:
            place = place.setdefault(step, {})
        place[path[-1]] = value
    return ""


def action_fail(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Have the action count as failed, whatever its exit code will be."""
    task = _task(context)
    words = parse(argv).positional
    task.message = " ".join(words) or "action failed without reason given, check action for errors"
    task.status = "failing"
    return ""


def action_log(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Tell the operator about progress, at once."""
    _task(context).log.append(f"{moment.now()} {' '.join(parse(argv).positional)}")
    context.changed()
    return ""


def _task(context: HookContext) -> Task:
    if context.task is None or context.task.command:
        raise ToolError("not running an action")
    return context.task
