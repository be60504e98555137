# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which machines of a bundle are machines that the model has already (``juju deploy --map-machines``).

Source: juju/juju, cmd/juju/application/deployer/bundle.go (parseMachineMap),
cmd/juju/application/bundle/bundle.go (BuildModelRepresentation), core/bundle/changes/model.go
(InferMachineMap).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from lab.juju.bundles import Plan
from lab.juju.errors import JujuError, UsageError
from lab.juju.model import Model

_EXISTING = "existing"


@dataclasses.dataclass(frozen=True)
class MachineMap:
    """What the operator says; without a word, only what is deployed already says something.

    Attributes:
        existing: Every machine of the bundle is the model's machine of the same number, if there is one.
        pairs: The model's machines by the bundle's, before anything else.
    """

    existing: bool = False
    pairs: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def parse(text: str) -> MachineMap:
    """Return what the value of ``--map-machines`` says.

    Raises:
        UsageError: It is neither ``existing`` nor pairs, nor a list of such.
    """
    existing, pairs = False, dict[str, str]()
    for part in text.split(",") if text else ():
        bundled, equals, machine = part.strip().partition("=")
        if part.strip() == _EXISTING:
            existing = True
        elif equals and bundled.isdecimal() and machine:
            pairs[bundled] = machine
        else:
            raise UsageError(
                "error in --map-machines: expected"
                f' "existing" or "<bundle-id>=<machine-id>", got "{part.strip()}"'
            )
    return MachineMap(existing, pairs)


def resolve(given: MachineMap, plan: Plan, model: Model) -> dict[str, str]:
    """Return the model's machines by those of the bundle; machines that are not in it are made.

    Raises:
        JujuError: A pair names a machine that the model has not.
    """
    for machine in given.pairs.values():
        if machine not in model.machines:
            raise JujuError(f'error in --map-machines: machine "{machine}" not found')
    found = dict(given.pairs)
    for machine in plan.machines:
        same = machine.key if given.existing and machine.key in model.machines else None
        identifier = found.get(machine.key) or same or _inferred(machine.key, plan, model)
        if identifier is not None:
            found[machine.key] = identifier
    return found


def units(plan: Plan, model: Model) -> dict[str, str]:
    """Return the machines of the plan's units that are there, by the numbers that a bundle gives them.

    A bundle counts the units of an application from 0; the model's may have other numbers by now.
    """
    return {
        f"{planned.name}/{index}": unit.machine
        for planned in plan.applications
        if planned.name in model.applications
        for index, unit in enumerate(model.units_of(planned.name))
    }


def _inferred(key: str, plan: Plan, model: Model) -> str | None:
    """Return the machine on which what the bundle places there has been put before."""
    deployed = units(plan, model)
    for planned in plan.applications:
        for index, placement in enumerate(planned.placements):
            if placement.machine == key and (on := deployed.get(f"{planned.name}/{index}")):
                return on.partition("/")[0]
    return None
