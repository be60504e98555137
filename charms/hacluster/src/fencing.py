# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which devices power lost hosts off, and whether they will be able to (pure)."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

import cib
from maas import Machine

KEY_FILE = "/etc/pacemaker/fence_maas.key"
HOSTS = "st-maas"  # the predecessor's name
MEMBERS = "st-members"

# Seconds that powering a host off may take, confirmation included.
TIMEOUT = 150
# Power types that MAAS cannot act on (maas provisioningserver drivers/power).
_UNSTOPPABLE = frozenset({"", "manual"})


@dataclasses.dataclass(frozen=True)
class Report:
    """What is known of the hosts that ask for fencing."""

    machines: Mapping[str, str]
    """Host → MAAS's system_id, as far as it is certain."""
    problems: tuple[str, ...] = ()
    """What keeps fencing from being certain, for people; empty if nothing does."""


def match(names: Iterable[str], machines: Iterable[Machine]) -> Report:
    """Return which machine is which host. One that is not certain is no match.

    Args:
        names: Fully qualified names, as the hosts call themselves.
        machines: What MAAS found under their short names.
    """
    known = list(machines)
    certain: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(set(names)):
        found = _candidates(name, known)
        if len(found) != 1:
            problems.append(f"{name}: {'unknown to' if not found else 'ambiguous in'} MAAS")
            continue
        machine = found[0]
        if machine.power_type in _UNSTOPPABLE:
            problems.append(f"{name}: MAAS cannot control its power")
        elif machine.locked:
            problems.append(f"{name}: locked in MAAS")
        certain[name] = machine.system_id
    return Report(certain, tuple(problems))


def _candidates(name: str, machines: list[Machine]) -> list[Machine]:
    exact = [machine for machine in machines if machine.fqdn == name]
    if exact or "." in name:
        return exact
    return [machine for machine in machines if machine.fqdn.partition(".")[0] == name]


def present_map(configuration: ET.Element) -> dict[str, str]:
    """Return the hosts that the device powers off now, with their system_ids."""
    device = cib.resource(configuration, HOSTS)
    text = "" if device is None else cib.attributes(device).get("pcmk_host_map", "")
    pairs = (pair.split(":", 1) for pair in text.split(";") if ":" in pair)
    return {name: system_id for name, system_id in pairs}


def devices(
    url: str, machines: Mapping[str, str], members: Iterable[str]
) -> tuple[ET.Element, ...]:
    """Return the fencing devices.

    Args:
        url: MAAS's.
        machines: The hosts that may be powered off, with their system_ids.
        members: Names of the cluster's members.
    """
    found = [_members_device(sorted(members))]
    if url and machines:
        found.append(_hosts_device(url, machines))
    return tuple(found)


def _hosts_device(url: str, machines: Mapping[str, str]) -> ET.Element:
    return cib.primitive(
        HOSTS,
        "stonith:fence_maas",
        params={
            "url": url,
            "credentials_file": KEY_FILE,
            "pcmk_host_map": ";".join(f"{name}:{machines[name]}" for name in sorted(machines)),
            "pcmk_host_check": "static-list",
            # By default one device powers off one host at a time.
            "pcmk_action_limit": "-1",
            "pcmk_off_timeout": f"{TIMEOUT}s",
            "pcmk_monitor_timeout": "60s",
        },
        operations=[{"name": "monitor", "interval": "60s", "timeout": "60s"}],
    )


def _members_device(members: list[str]) -> ET.Element:
    return cib.primitive(
        MEMBERS,
        "stonith:fence_member",
        params={"pcmk_host_list": " ".join(members), "pcmk_host_check": "static-list"},
        operations=[{"name": "monitor", "interval": "120s", "timeout": "20s"}],
    )
