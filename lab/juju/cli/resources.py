# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands about resources; and how ``--resource`` of other commands is read."""

import argparse
import pathlib
from collections.abc import Sequence
from typing import Any

from lab.juju.assets import Resource
from lab.juju.bundles import CharmMetadata, ResourceSpec, resource_fault
from lab.juju.cli.command import Answer, Call, Command, add_format, render
from lab.juju.entities import Application
from lab.juju.errors import JujuError, UsageError
from lab.juju.status.table import columns

_USER = "admin"
# What Juju writes for a time that is none: Go's zero time.
_NEVER = "0001-01-01T00:00:00Z"


def option(parser: argparse.ArgumentParser) -> None:
    """Add ``--resource NAME=FILE``, which may be given several times."""
    parser.add_argument("--resource", action="append", default=[])


def files(call: Call, charm: CharmMetadata, words: Sequence[str]) -> dict[str, pathlib.Path]:
    """Return the files that ``NAME=FILE`` words name.

    Raises:
        JujuError: The charm has no such resource, or cannot take the file.
    """
    found: dict[str, pathlib.Path] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise UsageError(f'bad resource arg "{word}": expected name=path format')
        path = call.request.path(value)
        if reason := resource_fault(charm, name, path):
            raise JujuError(reason)
        if not path.is_file():
            raise JujuError(f'file for resource "{name}": open {value}: no such file or directory')
        found[name] = path
    return found


def _attach_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("resource")


def _attach(call: Call) -> Answer:
    options = call.options
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        app = model.application(options.name)
        given = files(call, engine.metadata(app.name), [options.resource])
        engine.resources.attach(model, app, given)
    return Answer()


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    add_format(parser, default="tabular")


def _list(call: Call) -> Answer:
    engine = call.controller.engine(call.options.model)
    with engine.condition:
        app = engine.model.application(call.options.name)
        specs = sorted(engine.metadata(app.name).resources.values(), key=lambda spec: spec.name)
        shown = [_describe(app, spec, app.resources.get(spec.name)) for spec in specs]
    if not shown:
        return Answer(errors="No resources to display.\n")
    if call.options.format != "tabular":
        return Answer(render({"resources": shown}, call.options.format))
    rows = [(one["name"], one.get("username", one["origin"]), _revision(one)) for one in shown]
    return Answer(columns([("Resource", "Supplied by", "Revision"), *rows]))


def _describe(app: Application, spec: ResourceSpec, resource: Resource | None) -> dict[str, Any]:
    """Return a resource as cmd/juju/resource/formatted.go has it; unattached it is a placeholder."""
    shown: dict[str, Any] = {
        "resourceid": f"{app.name}/{spec.name}",
        "applicationId": app.name,
        "name": spec.name,
        "type": spec.type,
        "path": spec.filename,
        "description": spec.description,
        "revision": "0",
        "fingerprint": resource.fingerprint if resource else "",
        "size": resource.size if resource else 0,
        "origin": "upload",
        "used": resource is not None,
        "timestamp": resource.attached if resource else _NEVER,
    }
    return {**shown, "username": _USER} if resource else shown


def _revision(shown: dict[str, Any]) -> str:
    return shown["timestamp"][: len("2026-01-01T00:00")] if shown["used"] else "-"


COMMANDS = {
    "attach-resource": Command(_attach_arguments, _attach),
    "list-resources": Command(_list_arguments, _list),
    "resources": Command(_list_arguments, _list),
}
