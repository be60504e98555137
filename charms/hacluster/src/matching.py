# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which machine of MAAS is which host, and whether it can be powered off (pure)."""

import dataclasses
from collections.abc import Container, Iterable, Mapping

from maas import Machine

# Power types that MAAS cannot act on (maas provisioningserver drivers/power).
_UNSTOPPABLE = frozenset({"", "manual"})


@dataclasses.dataclass(frozen=True)
class Identity:
    """Which machine a host is, as it was when the host was first seen alive.

    The agent refuses a machine that is not that one any more: MAAS may have given the host's name,
    or the machine itself, to somebody else.
    """

    system_id: str
    hostname: str
    """Short."""
    uuid: str = ""
    owner: str = ""
    """The user of MAAS that the machine is deployed to."""

    def contradicts(self, other: "Identity") -> bool:
        """Return whether two identities cannot be one machine; what is not known is no contradiction."""
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return any(one and another and one != another for one, another in pairs)


@dataclasses.dataclass(frozen=True)
class Report:
    """What is known of the hosts that ask for fencing."""

    machines: Mapping[str, Identity]
    """By the names that the hosts gave, as far as they are certain."""
    problems: tuple[str, ...] = ()
    """What keeps fencing from being certain, for people; empty if nothing does."""


def match(
    names: Iterable[str], machines: Iterable[Machine], otherwise: Container[str] = ()
) -> Report:
    """Return which machine is which host. One that is not certain is no match.

    Args:
        names: Fully qualified names, as the hosts call themselves.
        machines: What MAAS found under their short names.
        otherwise: Names of hosts that can be powered off without MAAS, so that MAAS need not be able to.
    """
    known = list(machines)
    certain: dict[str, Identity] = {}
    problems: list[str] = []
    for name in sorted(set(names)):
        found = _candidates(name, known)
        if name in otherwise and not any(_is_stoppable(machine) for machine in found):
            continue
        if len(found) != 1:
            problems.append(f"{name}: {'unknown to' if not found else 'ambiguous in'} MAAS")
            continue
        machine = found[0]
        if not _is_stoppable(machine):
            problems.append(f"{name}: MAAS cannot control its power")
            continue
        if machine.locked:
            problems.append(f"{name}: locked in MAAS")
        certain[name] = Identity(
            machine.system_id, machine.fqdn.partition(".")[0], machine.uuid, machine.owner
        )
    return Report(certain, tuple(problems))


def changed(report: Report, present: Mapping[str, Identity]) -> Report:
    """Return a report that also tells of hosts that are other machines than they were."""
    others = [
        f"{name}: not the machine any more that it was"
        for name, identity in sorted(report.machines.items())
        if present.get(name, identity).contradicts(identity)
    ]
    return dataclasses.replace(report, problems=(*report.problems, *others))


def _candidates(name: str, machines: list[Machine]) -> list[Machine]:
    exact = [machine for machine in machines if machine.fqdn == name]
    if exact or "." in name:
        return exact
    return [machine for machine in machines if machine.fqdn.partition(".")[0] == name]


def _is_stoppable(machine: Machine) -> bool:
    return machine.power_type not in _UNSTOPPABLE
