# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands about models and the client itself."""

import argparse

from lab.juju.cli.command import Answer, Call, Command, add_format, listed, render, settings
from lab.juju.controller import short
from lab.juju.duration import parse_duration
from lab.juju.environment import JUJU_VERSION
from lab.juju.errors import JujuError
from lab.juju.model import MODEL_DEFAULTS
from lab.juju.status.document import CLOUD, CONTROLLER

_CLIENT_VERSION = f"{JUJU_VERSION}-genericlinux-amd64"
_CONTROLLER_UUID = "00000000-0000-4000-8000-000000000000"


def _version_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser, default="smart")
    parser.add_argument("--all", action="store_true")


def _version(call: Call) -> Answer:
    if call.options.format == "smart" and not call.options.all:
        return Answer(f"{_CLIENT_VERSION}\n")
    found = {"version": _CLIENT_VERSION, "git-commit": "", "git-tree-state": "", "compiler": "gc"}
    return Answer(render(found if call.options.all else _CLIENT_VERSION, call.options.format))


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("cloud", nargs="?")
    parser.add_argument("-c", "--controller")
    parser.add_argument("--config", action="append")
    parser.add_argument("--credential")
    parser.add_argument("--no-switch", action="store_true")


def _add(call: Call) -> Answer:
    config = _checked(settings(call.options.config or []))
    call.controller.add_model(call.options.name, config, switch=not call.options.no_switch)
    return Answer(errors=f"Added '{call.options.name}' model on {CLOUD} for user 'admin'\n")


def _destroy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--timeout", "-t")
    for flag in ("no-prompt", "destroy-storage", "release-storage", "force", "no-wait"):
        parser.add_argument(f"--{flag}", action="store_true")


def _destroy(call: Call) -> Answer:
    if not call.options.no_prompt:
        raise JujuError("the lab does not ask back: give --no-prompt to destroy the model")
    call.controller.destroy_model(call.options.name)
    return Answer(errors="Model destroyed.\n")


def _show_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?")
    add_format(parser)


def _show(call: Call) -> Answer:
    model = call.controller.engine(call.options.name or call.options.model).model
    shown = {
        "name": f"admin/{model.name}",
        "short-name": model.name,
        "model-uuid": model.uuid,
        "model-type": "iaas",
        "controller-uuid": _CONTROLLER_UUID,
        "controller-name": CONTROLLER,
        "is-controller": False,
        "owner": "admin",
        "cloud": CLOUD,
        "type": "maas",
        "life": "alive",
        "status": {"current": "available"},
        "agent-version": JUJU_VERSION,
    }
    return Answer(render({model.name: shown}, call.options.format))


def _list(call: Call) -> Answer:
    controller = call.controller
    found = [
        {"name": f"admin/{n}", "short-name": n, "controller-name": CONTROLLER}
        for n in controller.models
    ]
    if call.options.format != "tabular":
        document = {"models": found, "current-model": controller.current}
        return Answer(render(document, call.options.format))
    marks = (f"{name}{'*' if name == controller.current else ''}\n" for name in controller.models)
    return Answer("".join(marks))


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser, default="tabular")


def _switch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?")


def _switch(call: Call) -> Answer:
    controller = call.controller
    if call.options.name is None:
        if controller.current is None:
            raise JujuError("there is no current model")
        return Answer(f"{CONTROLLER}:admin/{controller.current}\n")
    name = short(call.options.name)
    controller.switch(name)
    return Answer(errors=f"{CONTROLLER}:admin/{name}\n")


def _config_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*")
    parser.add_argument("--reset", action="append")
    add_format(parser, default="tabular")


def _config(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    model, words = engine.model, call.options.words
    if len(words) == 1 and "=" not in words[0]:
        if words[0] not in MODEL_DEFAULTS:
            raise JujuError(f'key "{words[0]}" not found in {model.name} model')
        return Answer(f"{model.setting(words[0])}\n")
    reset = listed(call.options.reset)
    if not words and not reset:
        return Answer(_shown(call, {key: model.setting(key) for key in MODEL_DEFAULTS}))
    changes = _checked(settings(words))
    _checked(dict.fromkeys(reset, "1s"))
    with engine.change(durable=True):
        for key in reset:
            model.config.pop(key, None)
        model.config.update(changes)
        engine.configure()
    return Answer()


def _shown(call: Call, values: dict[str, str | bool]) -> str:
    model = call.controller.engine(call.options.model).model
    if call.options.format == "tabular":
        return "".join(f"{key}  {value}\n" for key, value in values.items())
    document = {
        key: {"Value": value, "Source": "model" if key in model.config else "default"}
        for key, value in values.items()
    }
    return render(document, call.options.format)


def _checked(changes: dict[str, str]) -> dict[str, str]:
    """Return model options after a check.

    Juju keeps unknown ones with a warning; the lab would do nothing with them, so it refuses them.
    """
    for key, value in changes.items():
        if key not in MODEL_DEFAULTS:
            known = ", ".join(sorted(MODEL_DEFAULTS))
            raise JujuError(f'model option "{key}" means nothing to the lab; it knows {known}')
        if key == "update-status-hook-interval":
            parse_duration(value)
    return changes


def _constraints_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser, default="tabular")


def _constraints(call: Call) -> Answer:
    found = call.controller.engine(call.options.model).model.constraints
    if call.options.format == "tabular":
        return Answer(" ".join(f"{k}={v}" for k, v in found.items()) + "\n")
    return Answer(render(found, call.options.format))


def _set_constraints_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*")


def _set_constraints(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        model.constraints = settings(call.options.words)
    return Answer()


COMMANDS = {
    "add-model": Command(_add_arguments, _add, needs_model=False),
    "destroy-model": Command(_destroy_arguments, _destroy, needs_model=False),
    "model-config": Command(_config_arguments, _config),
    "model-constraints": Command(_constraints_arguments, _constraints),
    "models": Command(_list_arguments, _list, needs_model=False),
    "set-model-constraints": Command(_set_constraints_arguments, _set_constraints),
    "show-model": Command(_show_arguments, _show),
    "switch": Command(_switch_arguments, _switch, needs_model=False),
    "version": Command(_version_arguments, _version, needs_model=False),
}
