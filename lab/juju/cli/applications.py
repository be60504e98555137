# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands about applications in place: options, relations, removal."""

import argparse
from typing import Any

from lab.juju import lifecycle, topology
from lab.juju.bundles import CharmMetadata, Option, match_endpoints
from lab.juju.cli.command import Answer, Call, Command, add_format, listed, render, settings
from lab.juju.cli.deploying import parse_bindings, parse_options, read_options
from lab.juju.engine import Engine
from lab.juju.entities import Application
from lab.juju.errors import JujuError, UsageError
from lab.juju.relation import Relation


def _config_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("words", nargs="*")
    parser.add_argument("--reset", action="append")
    parser.add_argument("--file")
    add_format(parser)


def _config(call: Call) -> Answer:
    options = call.options
    engine = call.controller.engine(options.model)
    app = engine.model.application(options.name)
    charm = engine.metadata(app.name)
    reset = listed(options.reset)
    if len(options.words) == 1 and "=" not in options.words[0]:
        return Answer(_value(app, charm, options.words[0]))
    if not options.words and not reset and not options.file:
        return Answer(render(_all(app, charm), "json" if options.format == "json" else "yaml"))
    texts = read_options(call.request.path(options.file), app.name) if options.file else {}
    for key, text in settings(options.words).items():
        # "key=@file" takes the file's content.
        texts[key] = call.request.path(text[1:]).read_text() if text.startswith("@") else text
    trust = texts.pop("trust", None) if "trust" not in charm.options else None
    changes = parse_options(charm, texts)
    parse_known(charm, reset)
    with engine.change(durable=True):
        app.config = {k: v for k, v in app.config.items() if k not in reset} | changes
        if trust is not None:
            app.trust = trust == "true"
    return Answer()


def parse_known(charm: CharmMetadata, names: list[str]) -> None:
    """Refuse names of options that a charm does not have."""
    for name in names:
        if name not in charm.options:
            raise JujuError(f'unknown option "{name}"')


def _value(app: Application, charm: CharmMetadata, name: str) -> str:
    parse_known(charm, [name])
    value = app.config.get(name, charm.options[name].default)
    if value is None:
        return "\n"
    return f"{str(value).lower() if isinstance(value, bool) else value}\n"


def _all(app: Application, charm: CharmMetadata) -> dict[str, Any]:
    shown = {name: _option(app, option) for name, option in sorted(charm.options.items())}
    trust = {
        "trust": {
            "default": False,
            "description": "Does this application have access to trusted credentials",
            "source": "user" if app.trust else "default",
            "type": "bool",
            "value": app.trust,
        }
    }
    return {
        "application": app.name,
        "application-config": trust,
        "charm": charm.name,
        "settings": shown,
    }


def _option(app: Application, option: Option) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": option.description, "type": option.type}
    if option.default is not None:
        shown["default"] = option.default
    value = app.config.get(option.name, option.default)
    source = "user" if option.name in app.config else "default"
    if value is None:
        return {**shown, "source": "unset"}
    return {**shown, "source": source, "value": value}


def _bind_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("words", nargs="+")
    parser.add_argument("--force", action="store_true")


def _bind(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    app = engine.model.application(call.options.name)
    bindings = parse_bindings(call.options.words, engine.metadata(app.name))
    with engine.change(durable=True):
        # A default for all takes the place of every binding that is not named with it.
        app.bindings = bindings if "" in bindings else app.bindings | bindings
    return Answer()


def _trust_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--remove", action="store_true")


def _trust(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        model.application(call.options.name).trust = not call.options.remove
    return Answer()


def _name_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")


def _expose(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        model.application(call.options.name).exposed = call.request.words[0] == "expose"
    return Answer()


def _relation_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("left")
    parser.add_argument("right")


def _integrate(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        charms = {
            name: engine.metadata(model.application(name).name)
            for name in (_app(call.options.left), _app(call.options.right))
        }
        left, right = call.options.left, call.options.right
        found = match_endpoints(left, charms[_app(left)], right, charms[_app(right)])
        ends = (found.provider, found.requirer)
        topology.add_relation(
            model, tuple((end.application, end.endpoint) for end in ends), charms
        )
    return Answer()


def _unrelate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ends", nargs="+")
    parser.add_argument("--force", action="store_true")


def _unrelate(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        relation = _find_relation(engine, call.options.ends)
        lifecycle.destroy_relation(model, relation, force=call.options.force)
    return Answer()


def _find_relation(engine: Engine, ends: list[str]) -> Relation:
    """Return the relation that a number, or two ends, mean."""
    model = engine.model
    if len(ends) == 1:
        relation = model.relation(int(ends[0])) if ends[0].isdigit() else None
        if relation is None:
            raise JujuError(f'relation "{ends[0]}" not found')
        return relation
    if len(ends) != 2:
        raise UsageError("a relation must involve two applications")
    for end in ends:
        model.application(_app(end))
    wanted = [
        relation
        for relation in model.relations_of(_app(ends[0]))
        if not relation.peer and _matches(relation, ends)
    ]
    if not wanted:
        raise JujuError(f'relation "{ends[0]} {ends[1]}" not found')
    if len(wanted) > 1:
        choices = "; ".join(" ".join(map(str, relation.ends)) for relation in wanted)
        raise JujuError(f"ambiguous relation: could be any of {choices}")
    return wanted[0]


def _matches(relation: Relation, ends: list[str]) -> bool:
    names = [str(end) for end in relation.ends]
    apps = [end.app for end in relation.ends]
    if sorted(apps) != sorted(_app(end) for end in ends):
        return False
    return all(end in names or ":" not in end for end in ends)


def _app(end: str) -> str:
    return end.split(":")[0]


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+")
    for flag in ("--no-prompt", "--force", "--destroy-storage", "--no-wait", "--dry-run"):
        parser.add_argument(flag, action="store_true")


def _remove(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        apps = [model.application(name) for name in call.options.names]
        for app in apps:
            if not call.options.dry_run:
                lifecycle.destroy_application(model, app, force=call.options.force)
    return Answer("".join(f"will remove application {app.name}\n" for app in apps))


COMMANDS = {
    "bind": Command(_bind_arguments, _bind),
    "config": Command(_config_arguments, _config),
    "expose": Command(_name_argument, _expose),
    "integrate": Command(_relation_arguments, _integrate),
    "relate": Command(_relation_arguments, _integrate),
    "remove-application": Command(_remove_arguments, _remove),
    "remove-relation": Command(_unrelate_arguments, _unrelate),
    "trust": Command(_trust_arguments, _trust),
    "unexpose": Command(_name_argument, _expose),
}
