# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which devices power lost hosts off, and whether they will be able to (pure)."""

import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

import access
import cib
from config import Config
from maas import Machine

HOSTS = "st-maas"  # the predecessor's name
MEMBERS = "st-members"

# Seconds that Pacemaker waits longer than the agent, which then says itself why it gave up.
_GRACE = 30
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


def match(names: Iterable[str], machines: Iterable[Machine]) -> Report:
    """Return which machine is which host. One that is not certain is no match.

    Args:
        names: Fully qualified names, as the hosts call themselves.
        machines: What MAAS found under their short names.
    """
    known = list(machines)
    certain: dict[str, Identity] = {}
    problems: list[str] = []
    for name in sorted(set(names)):
        found = _candidates(name, known)
        if len(found) != 1:
            problems.append(f"{name}: {'unknown to' if not found else 'ambiguous in'} MAAS")
            continue
        machine = found[0]
        if machine.power_type in _UNSTOPPABLE:
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


def present(configuration: ET.Element) -> dict[str, Identity]:
    """Return the hosts that the device powers off now, by their names in the cluster."""
    device = cib.resource(configuration, HOSTS)
    params = {} if device is None else cib.attributes(device)
    entries = [entry.split(":") for entry in params.get("hosts", "").split()]
    known = {entry[0]: Identity(*entry) for entry in entries if len(entry) in (2, 3, 4)}
    pairs = [pair.split(":", 1) for pair in params.get("pcmk_host_map", "").split(";")]
    return {pair[0]: known[pair[1]] for pair in pairs if len(pair) == 2 and pair[1] in known}


def devices(
    config: Config, machines: Mapping[str, Identity], members: Iterable[str]
) -> tuple[ET.Element, ...]:
    """Return the fencing devices.

    Args:
        config: The operator's wishes.
        machines: The hosts that may be powered off, by their names in the cluster.
        members: Names of the cluster's members.
    """
    found = [_members_device(sorted(members))]
    if config.maas_url and machines:
        found.append(_hosts_device(config, config.maas_url, machines))
    return tuple(found)


def _hosts_device(config: Config, url: str, machines: Mapping[str, Identity]) -> ET.Element:
    guard = {"monitor_host": config.monitor_host} if config.monitor_host else {}
    return cib.primitive(
        HOSTS,
        "stonith:fence_maas",
        params={
            "url": url,
            "credentials_file": access.MAAS_KEY,
            **({"ssl_ca": access.MAAS_CA} if config.maas_ca else {}),
            "hosts": " ".join(sorted({_entry(machine) for machine in machines.values()})),
            "max_hosts": str(config.fencing_max_hosts),
            "window": str(config.fencing_window),
            **guard,
            "total_timeout": str(config.fencing_timeout - _GRACE),
            "pcmk_host_map": ";".join(
                f"{name}:{machines[name].system_id}" for name in sorted(machines)
            ),
            "pcmk_host_check": "static-list",
            # By default one device powers off one host at a time.
            "pcmk_action_limit": "-1",
            "pcmk_off_timeout": f"{config.fencing_timeout}s",
            "pcmk_monitor_timeout": "60s",
        },
        operations=[{"name": "monitor", "interval": "60s", "timeout": "60s"}],
    )


def _entry(machine: Identity) -> str:
    # Anything that parts entries from each other would make nonsense of all that follows.
    owner = machine.owner if re.fullmatch(r"[\w.@+-]+", machine.owner) else ""
    return ":".join((machine.system_id, machine.hostname, machine.uuid, owner)).rstrip(":")


def _members_device(members: list[str]) -> ET.Element:
    return cib.primitive(
        MEMBERS,
        "stonith:fence_member",
        params={"pcmk_host_list": " ".join(members), "pcmk_host_check": "static-list"},
        operations=[{"name": "monitor", "interval": "120s", "timeout": "20s"}],
    )
