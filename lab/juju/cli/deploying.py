# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands that bring charms in: deploy and refresh."""

import argparse
import copy
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from lab.juju import deployment, machinemap, placement, topology
from lab.juju.bundles import (
    CharmMetadata,
    OptionValue,
    load_charm,
    parse_constraints,
    parse_option,
)
from lab.juju.bundles import deployment as plan_bundle
from lab.juju.cli import resources
from lab.juju.cli.command import Answer, Call, Command, listed, settings
from lab.juju.engine import Engine
from lab.juju.entities import Application
from lab.juju.errors import JujuError, UsageError
from lab.juju.model import Model
from lab.settings import SPACES

_ONLY_CHARM = ("config", "bind", "to", "constraints", "num_units", "resource")


def _deploy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("charm")
    parser.add_argument("name", nargs="?")
    parser.add_argument("-n", "--num-units", type=int)
    for option in ("--config", "--constraints", "--overlay", "--to"):
        parser.add_argument(option, action="append", default=[])
    for option in ("--base", "--bind", "--map-machines"):
        parser.add_argument(option)
    for flag in ("--trust", "--force", "--dry-run"):
        parser.add_argument(flag, action="store_true")
    resources.option(parser)


def _deploy(call: Call) -> Answer:
    source = call.options.charm
    path = call.request.path(source)
    if path.suffix in (".yaml", ".yml") or (path / "bundle.yaml").exists():
        return _deploy_bundle(call, path / "bundle.yaml" if path.is_dir() else path)
    if not path.exists():
        raise JujuError(
            f'"{source}" is no file: the lab has no Charmhub, only packed charms (./x.charm), '
            "charm directories and bundles"
        )
    for option in ("overlay", "map-machines"):
        if getattr(call.options, option.replace("-", "_")):
            raise UsageError(
                f"options provided but not supported when deploying a charm: --{option}"
            )
    return _deploy_charm(call, path)


def _deploy_bundle(call: Call, path: pathlib.Path) -> Answer:
    given = [f"--{name.replace('_', '-')}" for name in _ONLY_CHARM if getattr(call.options, name)]
    if given or call.options.name:
        raise UsageError(f"options not supported when deploying a bundle: {', '.join(given)}")
    overlays = [call.request.path(overlay) for overlay in call.options.overlay]
    given = machinemap.parse(call.options.map_machines or "")
    plan = plan_bundle([path, *overlays])
    engine = call.controller.engine(call.options.model)
    if call.options.dry_run:
        with engine.condition:
            draft = copy.deepcopy(engine.model)
        nowhere = deployment.Nowhere()
        told = deployment.carry_out(draft, plan, nowhere, nowhere, given)
        return _changes("Changes to deploy bundle:", told)
    with engine.change(durable=True) as model:
        done = deployment.carry_out(model, plan, engine.charms, engine.resources, given)
    return _changes("Executing changes:", done, "Deploy of bundle completed.")


def _changes(title: str, changes: Sequence[str], *end: str) -> Answer:
    """Tell of changes as Juju does (cmd/juju/application/deployer/bundlehandler.go, handleChanges)."""
    if not changes:
        return Answer(errors="No changes to apply.\n")
    lines = [title, *(f"- {change}" for change in changes), *end]
    return Answer("".join(f"{line}\n" for line in lines))


def _deploy_charm(call: Call, path: pathlib.Path) -> Answer:
    options = call.options
    charm = load_charm(path)
    name = options.name or charm.name
    constraints = parse_constraints(" ".join(options.constraints))
    config = _config(call, charm, name)
    bindings = parse_bindings((options.bind or "").split(), charm)
    files = resources.files(call, charm, options.resource)
    if charm.subordinate and (options.to or options.num_units):
        raise UsageError("cannot use --num-units or --to with a subordinate application")
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        if name in model.applications:
            raise JujuError(f'cannot add application "{name}": application already exists')
        app = Application(
            name,
            engine.charms.add(model, path),
            options.base or str(model.setting("default-base")),
            charm.subordinate,
            config,
            bindings,
            sorted(constraints.tags),
            deployment.text(constraints),
            options.trust,
        )
        topology.add_application(model, app, charm)
        engine.resources.attach(model, app, files)
        if not charm.subordinate:
            count = 1 if options.num_units is None else options.num_units
            _add_units(model, app, count, listed(options.to))
    return Answer(errors=f'Deploying "{name}" from local charm "{charm.name}"\n')


def _add_units(model: Model, app: Application, count: int, to: list[str]) -> None:
    try:
        placement.add_units(model, app, count, to)
    except (JujuError, ValueError):
        # Nothing half deployed: the units came last.
        for unit in model.units_of(app.name):
            del model.units[unit.name]
        for relation in model.relations_of(app.name):
            del model.relations[relation.id]
        del model.applications[app.name]
        raise


def _config(call: Call, charm: CharmMetadata, name: str) -> dict[str, OptionValue]:
    """Return the options of ``--config k=v`` and ``--config file.yaml``, of their types."""
    texts: dict[str, str] = {}
    for given in call.options.config:
        if "=" in given:
            texts |= settings([given])
        else:
            texts |= read_options(call.request.path(given), name)
    return parse_options(charm, texts)


def read_options(path: pathlib.Path, app: str) -> dict[str, str]:
    """Return an application's options from a file of ``juju config --file``.

    Raises:
        JujuError: The file has none for the application.
    """
    document: Any = yaml.load(path.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - strings only
    if not isinstance(document, dict) or not isinstance(document.get(app), dict):  # pyright: ignore[reportUnknownMemberType] - from YAML
        raise JujuError(f'no settings found for "{app}" in {path}')
    return {str(key): str(value) for key, value in document[app].items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType, reportUnknownVariableType] - from YAML


def parse_options(charm: CharmMetadata, texts: dict[str, str]) -> dict[str, OptionValue]:
    """Return options as their types want them.

    Raises:
        JujuError: The charm has no such option.
        ValueError: A value is not of its option's type.
    """
    for key in texts:
        if key not in charm.options:
            raise JujuError(f'unknown option "{key}"')
    return {key: parse_option(charm.options[key], text) for key, text in texts.items()}


def parse_bindings(words: Iterable[str], charm: CharmMetadata) -> dict[str, str]:
    """Return the spaces of ``space endpoint=space``; the first is of all that is not named.

    Raises:
        JujuError: There is no such endpoint or space.
    """
    found: dict[str, str] = {}
    for word in words:
        endpoint, equals, space = word.rpartition("=")
        if equals and endpoint not in charm.bindings:
            raise JujuError(f'endpoint "{endpoint}" not found in charm "{charm.name}"')
        if space not in [s.name for s in SPACES]:
            raise JujuError(f'space "{space}" not found')
        found[endpoint] = space
    return found


def _refresh_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--path")
    parser.add_argument("--config", action="append", default=[])
    for flag in ("--force", "--force-base", "--force-units", "--trust"):
        parser.add_argument(flag, action="store_true")
    resources.option(parser)


def _refresh(call: Call) -> Answer:
    options = call.options
    if not options.path:
        raise JujuError("the lab has no Charmhub: give --path to a packed charm or a directory")
    engine = call.controller.engine(options.model)
    path = call.request.path(options.path)
    charm = load_charm(path)
    with engine.change(durable=True) as model:
        app = model.application(options.name)
        old = engine.metadata(app.name)
        if charm.name != old.name:
            raise JujuError(f'cannot upgrade "{app.name}" to "{charm.name}": different charm')
        _check_relations(model, app, charm)
        config = _config(call, charm, app.name)
        files = resources.files(call, charm, options.resource)
        app.charm = engine.charms.add(model, path)
        topology.add_missing_peers(model, app, charm)
        # An option that the new revision does not have any more is dropped.
        app.config = {k: v for k, v in app.config.items() if k in charm.options} | config
        app.trust = app.trust or options.trust
        engine.resources.attach(model, app, files)
        if options.force_units:
            _force(engine, app)
        revision = app.charm.rpartition("-")[2]
    message = f'Added local charm "{charm.name}", revision {revision}, to the model\n'
    return Answer(errors=message)


def _force(engine: Engine, app: Application) -> None:
    """Let units whose hook failed have the new revision too (nextOpHookError, ForceCharmUpgrade)."""
    for unit in engine.model.units_of(app.name):
        unit.forced_charm = unit.failed


def _check_relations(model: Model, app: Application, charm: CharmMetadata) -> None:
    """Refuse a revision without an endpoint that is in use (state/application.go, SetCharm)."""
    for relation in model.relations_of(app.name):
        end = relation.end(app.name)
        if charm.endpoint(end.endpoint) is None:
            raise JujuError(
                f'cannot upgrade application "{app.name}": would break relation "{end}"'
            )


COMMANDS = {
    "deploy": Command(_deploy_arguments, _deploy),
    "refresh": Command(_refresh_arguments, _refresh),
}
