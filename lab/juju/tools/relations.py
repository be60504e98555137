# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Tools about relations and networks."""

from collections.abc import Sequence

from lab.juju.context import HookContext
from lab.juju.relation import Relation
from lab.juju.tools.arguments import Arguments, ToolError, parse
from lab.juju.tools.general import pairs


def relation_ids(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the ids of an endpoint's relations; by default of the one whose hook this is."""
    arguments = parse(argv, at_most=1)
    name = arguments.positional[0] if arguments.positional else _current_endpoint(context)
    found = [
        f"{name}:{identifier}"
        for identifier in context.unit.relations
        if (relation := context.relation(identifier))
        and relation.end(context.unit.app).endpoint == name
    ]
    return arguments.answer(sorted(found))


def relation_list(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the remote units, or with ``--app`` the remote application."""
    arguments = parse(argv, valued=("relation",), switches=("app",), at_most=0)
    relation = _relation(context, arguments)
    if arguments.flag("app"):
        return arguments.answer(relation.other(context.unit.app).app)
    return arguments.answer(context.members(relation))


def relation_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer one value, or all, of a unit's or (``--app``) an application's bag."""
    arguments = parse(argv, valued=("relation",), switches=("app",), at_most=2)
    relation = _relation(context, arguments)
    words = arguments.positional
    owner = words[1] if len(words) > 1 else _remote(context, arguments)
    if arguments.flag("app"):
        owner = owner.split("/")[0]
    _check_readable(context, relation, owner)
    bag = context.bag(relation, owner)
    if not words or words[0] in ("-", ""):
        return arguments.answer(bag)
    return arguments.answer(bag.get(words[0]))


def relation_set(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Write to the own bag when the hook has succeeded; an empty value deletes the key."""
    arguments = parse(argv, valued=("relation", "file"), switches=("app",))
    relation = _relation(context, arguments)
    changes = pairs(arguments.positional, stdin if "file" in arguments.values else "")
    if arguments.flag("app"):
        if not context.leads:
            raise ToolError("cannot write relation settings")
        context.pending.app_bags.setdefault(relation.id, {}).update(changes)
    else:
        context.pending.unit_bags.setdefault(relation.id, {}).update(changes)
    return ""


def relation_model_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the model of the other end: always this one, there are no others."""
    arguments = parse(argv, valued=("relation",), at_most=0)
    _relation(context, arguments)
    return arguments.answer({"uuid": context.model.uuid})


def network_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the machine's network in the space of a binding."""
    only = ("bind-address", "ingress-address", "egress-subnets", "primary-address")
    arguments = parse(argv, valued=("relation",), switches=only, at_most=1)
    if not arguments.positional:
        raise ToolError("no arguments specified")
    binding = arguments.positional[0]
    if binding not in context.metadata.bindings:
        raise ToolError(f'no network config found for binding "{binding}"')
    network = context.network.describe(context.model.space(context.unit.app, binding))
    address = context.network.address(context.model.space(context.unit.app, binding))
    chosen = {
        "bind-address": address,
        "primary-address": address,
        "ingress-address": network["ingress-addresses"][0],
        "egress-subnets": network["egress-subnets"],
    }
    asked = {name: chosen[name] for name in only if arguments.flag(name)}
    if not asked:
        return arguments.answer(network)
    return arguments.answer(next(iter(asked.values())) if len(asked) == 1 else asked)


def unit_get(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer the unit's private or public address: the same in a lab."""
    arguments = parse(argv, at_most=1)
    if arguments.positional not in (["private-address"], ["public-address"]):
        raise ToolError(f"unknown setting {arguments.positional!r}")
    return arguments.answer(context.network.default)


def _relation(context: HookContext, arguments: Arguments) -> Relation:
    """Return the relation of ``-r`` (``endpoint:3`` or ``3``), or the one whose hook this is."""
    given = arguments.values.get("relation")
    if given is None:
        if context.hook is None or context.hook.relation is None:
            raise ToolError("no relation id specified")
        identifier = context.hook.relation
    else:
        text = given.rpartition(":")[2]
        identifier = int(text) if text.isdigit() else -1
    relation = context.relation(identifier)
    if relation is None:
        raise ToolError(f'invalid value "{given}" for option -r: relation not found', 2)
    return relation


def _current_endpoint(context: HookContext) -> str:
    hook = context.hook
    relation = context.relation(hook.relation) if hook and hook.relation is not None else None
    if relation is None:
        raise ToolError("no endpoint name specified")
    return relation.end(context.unit.app).endpoint


def _remote(context: HookContext, arguments: Arguments) -> str:
    """Return whose bag is meant when none is named: the hook's remote unit or application."""
    hook = context.hook
    name = (hook.remote_app if arguments.flag("app") else hook.remote_unit) if hook else ""
    if not name:
        raise ToolError("no unit or application specified")
    return name


def _check_readable(context: HookContext, relation: Relation, owner: str) -> None:
    """Refuse what the controller would (apiserver/facades/agent/uniter, ReadSettings).

    An application's own bag is for its leader alone, except among peers.
    """
    unit, app = context.unit, context.unit.app
    if owner == app and not relation.peer and not context.leads:
        raise ToolError("permission denied")
    if not relation.joins(owner.split("/")[0]):
        raise ToolError("permission denied")
    if "/" in owner and owner not in relation.bags:
        raise ToolError(f'cannot read settings for unit "{owner}" in relation: unit not found')
    foreign = "/" in owner and owner != unit.name and owner.split("/")[0] == app
    if foreign and not relation.peer:
        raise ToolError("permission denied")
