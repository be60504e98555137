# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where units go: onto machines, into containers, beside other units, or onto new machines."""

from lab.juju import topology
from lab.juju.bundles import Directive, parse_placement
from lab.juju.entities import Application, Machine, Unit
from lab.juju.errors import JujuError, UsageError
from lab.juju.model import Model


def parse_directive(text: str) -> tuple[Directive | None, str]:
    """Return a ``--to`` argument as a bundle's placement, or as the id of a container (``1/lxd/0``).

    Raises:
        ValueError: It is neither.
    """
    kind, _, machine = text.rpartition(":")
    if "/lxd/" in machine and not kind:
        return None, machine
    return parse_placement(text), ""


def machine_for(model: Model, app: Application, text: str | None) -> Machine:
    """Return the machine for a new unit, which is made if need be.

    Args:
        model: The model.
        app: The unit's application; a new machine has its constraints.
        text: A ``--to`` argument; nothing means a new machine.
    """
    if text is None:
        return topology.add_machine(model, frozenset(app.tags), app.constraints)
    directive, container = parse_directive(text)
    if directive is None:
        return model.machine(container)
    host = _host(model, app, directive)
    return topology.add_container(model, host.id) if directive.container else host


def add_units(model: Model, app: Application, count: int, to: list[str]) -> list[Unit]:
    """Add units, each to its own placement while they last.

    Raises:
        UsageError: The application's units are placed by their principals.
    """
    if app.subordinate:
        raise UsageError(f'application "{app.name}" is a subordinate: its units follow principals')
    if len(to) > count:
        raise UsageError(f"cannot place {count} units with {len(to)} placements")
    targets: list[str | None] = [*to, *[None] * (count - len(to))]
    return [topology.add_unit(model, app, machine_for(model, app, t).id) for t in targets]


def _host(model: Model, app: Application, directive: Directive) -> Machine:
    if directive.machine is not None:
        return model.machine(directive.machine)
    if directive.application is None:
        return topology.add_machine(model, frozenset(app.tags), app.constraints)
    if directive.unit is None:
        raise JujuError("place beside a unit (app/0): only a bundle can name an application")
    return model.machine(model.unit(f"{directive.application}/{directive.unit}").machine)
