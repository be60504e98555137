# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Tools about the unit itself: options, resources, status, leadership, logging, ports, state."""

from collections.abc import Sequence
from typing import Any

import yaml

from lab.juju import moment
from lab.juju.context import HookContext
from lab.juju.entities import Status
from lab.juju.tools.arguments import ToolError, parse

# What a charm may set (core/status/status.go, ValidWorkloadStatus); error and unknown are Juju's.
SETTABLE = ("active", "blocked", "maintenance", "waiting", "unknown")
_LEVELS = {"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}


def config_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer options; one that is unset and has no default is null."""
    arguments = parse(argv, switches=("all", "a"), at_most=1)
    config = context.config()
    if not arguments.positional:
        return arguments.answer(config)
    return arguments.answer(config.get(arguments.positional[0]))


def resource_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the path of the unit's own copy of a resource, up to date, and without a line's end.

    A resource that nobody has attached is not found (state/resources.go, OpenResource); one that the
    charm does not declare is none either.
    """
    words = parse(argv, at_most=1).positional
    if not words:
        raise ToolError("missing required resource name", 2)
    spec = context.metadata.resources.get(words[0])
    resource = context.app.resources.get(words[0])
    if spec is None or resource is None:
        raise ToolError(f'could not download resource: resource "{words[0]}" not found')
    return context.download(spec, resource)


def is_leader(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer whether the unit leads."""
    return parse(argv, at_most=0).answer(context.leads)


def status_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Set a status; at once, even if the hook fails later (runner/context/context.go)."""
    arguments = parse(argv, switches=("application",))
    words = arguments.positional
    if not words or words[0] not in SETTABLE:
        raise ToolError(
            f'invalid status "{words[0] if words else ""}", expected one of {SETTABLE}'
        )
    status = Status(words[0], " ".join(words[1:]))
    if arguments.flag("application"):
        _require_leader(context, "cannot set application status: this unit is not the leader")
        if context.app.status is None or _differs(context.app.status, status):
            context.app.status = status
    elif _differs(context.unit.status, status):
        context.unit.status = status
    context.changed()
    return ""


def status_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the unit's status, or the application's with all its units'."""
    arguments = parse(argv, switches=("application", "include-data"), at_most=0)
    if not arguments.flag("application"):
        full = _describe(context.unit.status)
        plain = arguments.values.get("format", "smart") == "smart"
        return arguments.answer(full["status"] if plain else full)
    _require_leader(context, "cannot get application status: this unit is not the leader")
    own = context.app.status or Status("unknown")
    units = context.model.units_of(context.app.name)
    return arguments.answer(
        {
            "application-status": _describe(own),
            "units": {unit.name: _describe(unit.status) for unit in units},
        }
    )


def application_version_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Set the version of the workload, at once."""
    words = parse(argv, at_most=1).positional
    if not words:
        raise ToolError("no version specified")
    context.unit.version = context.app.version = words[0]
    context.changed()
    return ""


def juju_log(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Write to the log, with the relation in front in a relation hook (jujuc/juju-log.go)."""
    arguments = parse(argv, valued=("log-level",), switches=("debug",))
    level = "DEBUG" if arguments.flag("debug") else arguments.values.get("log-level", "INFO")
    if level.upper() not in _LEVELS:
        level = "INFO"
    hook = context.hook
    prefix = ""
    if hook is not None and hook.relation is not None:
        relation = context.model.relation(hook.relation)
        name = relation.end(context.unit.app).endpoint if relation else "?"
        prefix = f"{name}:{hook.relation}: "
    module = f"unit.{context.unit.name}.juju-log"
    text = prefix + " ".join(arguments.positional)
    context.log(context.unit.name, level.upper(), module, text)
    return ""


def open_port(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Open a port when the hook has succeeded."""
    ports = _ports(context)
    for port in _parse_ports(argv):
        if port not in ports:
            ports.append(port)
    return ""


def close_port(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Close a port when the hook has succeeded."""
    ports = _ports(context)
    for port in _parse_ports(argv):
        if port in ports:
            ports.remove(port)
    return ""


def opened_ports(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the ports that are open, with what this hook asked for."""
    return parse(argv, switches=("endpoints",), at_most=0).answer(sorted(_ports(context)))


def state_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer what the charm keeps with the controller."""
    arguments = parse(argv, switches=("strict",), at_most=1)
    state = _state(context)
    words = arguments.positional
    if not words or words[0] == "-":
        return arguments.answer(state)
    if arguments.flag("strict") and words[0] not in state:
        raise ToolError(f'"{words[0]}" not found')
    return arguments.answer(state.get(words[0], ""))


def state_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Keep values with the controller."""
    arguments = parse(argv, valued=("file",))
    _state(context).update(
        pairs(arguments.positional, stdin if "file" in arguments.values else "")
    )
    return ""


def state_delete(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Forget a value kept with the controller."""
    arguments = parse(argv, switches=("strict",), at_most=1)
    if not arguments.positional:
        raise ToolError("missing required key")
    _state(context).pop(arguments.positional[0], None)
    return ""


def goal_state(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer which units and related units there will be (jujuc/goal-state.go)."""
    arguments = parse(argv, at_most=0)
    model, app = context.model, context.unit.app
    relations: dict[str, dict[str, Any]] = {}
    for relation in model.relations_of(app):
        if relation.peer:
            continue
        other = relation.other(app).app
        entry = relations.setdefault(relation.end(app).endpoint, {})
        entry[other] = {"status": "joined", "since": moment.now()}
        for unit in model.units_of(other):
            entry[unit.name] = _goal(unit.status)
    units = {unit.name: _goal(unit.status) for unit in model.units_of(app)}
    return arguments.answer({"units": units, "relations": relations})


def pairs(words: Sequence[str], document: str) -> dict[str, str]:
    """Return settings given as ``key=value`` words or as a JSON or YAML document."""
    found: dict[str, str] = {}
    if document.strip():
        # Every scalar stays the text it is: "yes" and "010" must arrive as they were written.
        loaded: Any = yaml.load(document, Loader=yaml.BaseLoader)  # noqa: S506 - strings only
        if not isinstance(loaded, dict):
            raise ToolError("expected a mapping of settings")
        found = {str(k): "" if v is None else str(v) for k, v in loaded.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - from YAML
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ToolError(f'expected "key=value", got "{word}"')
        found[key] = value
    return found


def _ports(context: HookContext) -> list[str]:
    if context.pending.ports is None:
        context.pending.ports = list(context.unit.ports)
    return context.pending.ports


def _parse_ports(argv: Sequence[str]) -> list[str]:
    words = parse(argv, valued=("endpoints",), at_most=1).positional
    if not words:
        raise ToolError("no port or range specified")
    port, _, protocol = words[0].partition("/")
    if port == "icmp":
        return ["icmp"]
    protocol = protocol or "tcp"
    numbers = port.split("-")
    if protocol not in ("tcp", "udp") or not all(
        n.isdigit() and 0 < int(n) < 65536 for n in numbers
    ):
        raise ToolError(f'invalid port "{words[0]}"')
    return [f"{port}/{protocol}"]


def _state(context: HookContext) -> dict[str, str]:
    if context.pending.state is None:
        context.pending.state = dict(context.unit.state)
    return context.pending.state


def _require_leader(context: HookContext, message: str) -> None:
    if not context.leads:
        raise ToolError(message)


def _describe(status: Status) -> dict[str, Any]:
    return {"status": status.current, "message": status.message, "status-data": status.data}


def _differs(old: Status, new: Status) -> bool:
    return (old.current, old.message) != (new.current, new.message)


def _goal(status: Status) -> dict[str, str]:
    return {"status": status.current, "since": status.since}
