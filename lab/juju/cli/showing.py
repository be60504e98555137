# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands that show the model."""

import argparse
from typing import Any

from lab.juju.cli.command import Answer, Call, Command, add_format, render
from lab.juju.engine import Engine
from lab.juju.entities import Unit
from lab.juju.network import Network
from lab.juju.relation import Relation
from lab.juju.status import document, table


def _status_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("patterns", nargs="*")
    for flag in ("--relations", "--integrations", "--storage", "--utc", "--color", "--no-color"):
        parser.add_argument(flag, action="store_true")
    add_format(parser, default="tabular")


def _status(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.condition:
        whole = document.build(engine.model, networks(engine), engine.metadata)
    shown = document.keep(whole, call.options.patterns)
    if call.options.format in ("json", "yaml"):
        return Answer(render(shown, call.options.format))
    relations = call.options.relations or call.options.integrations
    return Answer(table.render(shown, relations=relations))


def networks(engine: Engine) -> document.Networks:
    """Return what gives a machine's network, or nothing while it has none."""

    def network(machine: str) -> Network | None:
        known = engine.model.machines.get(machine)
        return engine.network(machine) if known is not None and known.instance else None

    return network


def _unit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+")
    parser.add_argument("--app", action="store_true")
    parser.add_argument("--endpoint")
    parser.add_argument("--related-unit")
    add_format(parser)


def _unit(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.condition:
        shown = {
            unit.name: _describe(engine, unit, call.options)
            for unit in map(engine.model.unit, call.options.names)
        }
    return Answer(render(shown, call.options.format))


def _describe(engine: Engine, unit: Unit, options: argparse.Namespace) -> dict[str, Any]:
    model = engine.model
    app = model.applications[unit.app]
    network = networks(engine)(unit.machine)
    shown: dict[str, Any] = {
        "workload-version": unit.version,
        "machine": unit.machine,
        "opened-ports": unit.ports,
        "public-address": network.default if network else "",
        "charm": f"local:{unit.charm or app.charm}",
        "leader": app.leader == unit.name,
        "life": unit.life.value,
    }
    relations = [
        _relation(engine, unit, relation, options)
        for relation in model.relations_of(unit.app)
        if options.endpoint in (None, relation.end(unit.app).endpoint)
    ]
    return {**shown, "relation-info": relations} if relations else shown


def _relation(
    engine: Engine, unit: Unit, relation: Relation, options: argparse.Namespace
) -> dict[str, Any]:
    other = relation.other(unit.app)
    shown: dict[str, Any] = {
        "relation-id": relation.id,
        "endpoint": relation.end(unit.app).endpoint,
        "related-endpoint": other.endpoint,
        "application-data": relation.bags.get(other.app, {}),
    }
    if options.app:
        return shown
    if unit.name in relation.bags:
        shown["local-unit"] = {
            "in-scope": unit.name in relation.members,
            "data": relation.bags[unit.name],
        }
    visible = engine.model.visible(relation, unit)
    shown["related-units"] = {
        name: {"in-scope": name in relation.members, "data": relation.bags.get(name, {})}
        for name in sorted(visible)
        if options.related_unit in (None, name)
    }
    return shown


def _machines_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser, default="tabular")


def _machines(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.condition:
        whole = document.build(engine.model, networks(engine), engine.metadata)
    if call.options.format in ("json", "yaml"):
        return Answer(render({"machines": whole["machines"]}, call.options.format))
    return Answer(table.render({**whole, "applications": {}}))


COMMANDS = {
    "machines": Command(_machines_arguments, _machines),
    "show-unit": Command(_unit_arguments, _unit),
    "status": Command(_status_arguments, _status),
}
