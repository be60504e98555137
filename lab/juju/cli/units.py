# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Commands about units and machines."""

import argparse

from lab.juju import deployment, lifecycle, placement, topology
from lab.juju.bundles import parse_constraints, parse_placement
from lab.juju.cli.command import Answer, Call, Command, listed
from lab.juju.errors import JujuError, UsageError
from lab.juju.model import Model


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("-n", "--num-units", type=int, default=1)
    parser.add_argument("--to", action="append")


def _add(call: Call) -> Answer:
    options = call.options
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        app = model.application(options.name)
        if options.num_units < 1:
            raise UsageError("--num-units must be a positive integer")
        placement.add_units(model, app, options.num_units, listed(options.to))
    return Answer()


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+")
    parser.add_argument("--num-units", type=int)
    for flag in ("--no-prompt", "--force", "--destroy-storage", "--no-wait", "--dry-run"):
        parser.add_argument(flag, action="store_true")


def _remove(call: Call) -> Answer:
    options = call.options
    if options.num_units is not None:
        raise JujuError("--num-units is for Kubernetes models: name the units to remove")
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        units = [model.unit(name) for name in options.names]
        for unit in units:
            if unit.principal is not None:
                raise JujuError(
                    f"unit {unit.name} is a subordinate: remove its relation or its principal"
                )
        for unit in units:
            if not options.dry_run:
                lifecycle.destroy_unit(model, unit, force=options.force)
    return Answer("".join(f"will remove unit {unit.name}\n" for unit in units))


def _add_machine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("placement", nargs="?")
    parser.add_argument("-n", type=int, default=1)
    parser.add_argument("--constraints", action="append")


def _add_machine(call: Call) -> Answer:
    constraints = parse_constraints(" ".join(call.options.constraints or []))
    where = parse_placement(call.options.placement) if call.options.placement else None
    engine = call.controller.engine(call.options.model)
    lines: list[str] = []
    with engine.change(durable=True) as model:
        for _ in range(call.options.n):
            host = where.machine if where is not None else None
            if host is None:
                machine = topology.add_machine(
                    model, constraints.tags, deployment.text(constraints)
                )
            else:
                machine = model.machine(host)
            if where is not None:
                if where.container is None:
                    raise JujuError(f'cannot add a machine to "{call.options.placement}"')
                machine = topology.add_container(model, machine.id)
            lines.append(f"created {'container' if machine.parent else 'machine'} {machine.id}\n")
    return Answer(errors="".join(lines))


def _remove_machine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+")
    for flag in ("--no-prompt", "--force", "--keep-instance", "--no-wait", "--dry-run"):
        parser.add_argument(flag, action="store_true")


def _remove_machine(call: Call) -> Answer:
    if call.options.keep_instance:
        raise JujuError("the lab cannot keep an instance that is in no model")
    engine = call.controller.engine(call.options.model)
    with engine.change(durable=True) as model:
        for name in call.options.names:
            model.machine(name)
        for name in call.options.names:
            if not call.options.dry_run:
                lifecycle.destroy_machine(model, name, force=call.options.force)
    return Answer("".join(f"will remove machine {name}\n" for name in call.options.names))


def _resolved_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*")
    parser.add_argument("--no-retry", action="store_true")
    parser.add_argument("--all", action="store_true")


def _resolved(call: Call) -> Answer:
    options = call.options
    if bool(options.names) == options.all:
        raise UsageError("name units, or give --all")
    engine = call.controller.engine(options.model)
    with engine.change(durable=True) as model:
        names = options.names or [unit.name for unit in model.units.values() if unit.failed]
        for name in names:
            _resolve(model, name, "skip" if options.no_retry else "retry")
    return Answer()


def _resolve(model: Model, name: str, mode: str) -> None:
    unit = model.unit(name)
    if not unit.failed:
        raise JujuError(f'unit "{unit.name}" is not in an error state')
    if unit.resolved:
        raise JujuError(f'cannot set resolved mode for unit "{unit.name}": already resolved')
    unit.resolved = mode


COMMANDS = {
    "add-machine": Command(_add_machine_arguments, _add_machine),
    "add-unit": Command(_add_arguments, _add),
    "remove-machine": Command(_remove_machine_arguments, _remove_machine),
    "remove-unit": Command(_remove_arguments, _remove),
    "resolve": Command(_resolved_arguments, _resolved),
    "resolved": Command(_resolved_arguments, _resolved),
}
