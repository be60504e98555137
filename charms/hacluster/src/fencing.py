# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which devices power lost hosts off, and in which order (pure)."""

import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

import access
import cib
from config import Config
from matching import Identity

HOSTS = "st-maas"  # the predecessor's name
BMCS = "st-bmc"
MEMBERS = "st-members"

# Seconds that Pacemaker waits longer than the agent, which then says itself why it gave up.
_GRACE = 30


@dataclasses.dataclass(frozen=True)
class Fenced:
    """The hosts that may be powered off, by their names in the cluster, and by what."""

    machines: Mapping[str, Identity] = dataclasses.field(default_factory=dict[str, Identity])
    """Through MAAS."""
    bmcs: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """Directly, if that fails: names in the file of BMCs."""

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self.machines) | frozenset(self.bmcs)


def present(configuration: ET.Element) -> Fenced:
    """Return the hosts that may be powered off now."""
    device = cib.resource(configuration, HOSTS)
    params = {} if device is None else cib.attributes(device)
    entries = [entry.split(":") for entry in params.get("hosts", "").split()]
    known = {entry[0]: Identity(*entry) for entry in entries if len(entry) in (2, 3, 4)}
    machines = _host_map(params)
    bmcs = cib.resource(configuration, BMCS)
    return Fenced(
        {name: known[machine] for name, machine in machines.items() if machine in known},
        {} if bmcs is None else _host_map(cib.attributes(bmcs)),
    )


def _host_map(params: Mapping[str, str]) -> dict[str, str]:
    pairs = [pair.split(":", 1) for pair in params.get("pcmk_host_map", "").split(";")]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def devices(config: Config, fenced: Fenced, members: Iterable[str]) -> tuple[ET.Element, ...]:
    """Return the fencing devices.

    Args:
        config: The operator's wishes.
        fenced: The hosts that may be powered off, and by what.
        members: Names of the cluster's members.
    """
    found = [_members_device(sorted(members))]
    maas = config.maas_url if fenced.machines else None
    levels = 2 if maas and fenced.bmcs else 1
    if maas:
        found.append(_hosts_device(config, maas, fenced.machines, levels))
    if fenced.bmcs:
        found.append(_bmcs_device(config, fenced, levels))
    return tuple(found)


def levels(config: Config, fenced: Fenced) -> tuple[ET.Element, ...]:
    """Return in which order devices are tried, for hosts that have a BMC of which we know.

    The others have but one device that may power them off, which Pacemaker finds by itself.
    """
    wanted = [
        (host, level, device)
        for host in sorted(fenced.bmcs)
        for level, device in (("1", HOSTS), ("2", BMCS))
        if device == BMCS or (config.maas_url and host in fenced.machines)
    ]
    return tuple(
        ET.Element(
            "fencing-level", id=f"level-{host}-{level}", target=host, index=level, devices=device
        )
        for host, level, device in wanted
    )


def _hosts_device(
    config: Config, url: str, machines: Mapping[str, Identity], levels: int
) -> ET.Element:
    trust = {"ssl_ca": access.MAAS_CA} if config.maas_ca else {}
    return cib.primitive(
        HOSTS,
        "stonith:fence_maas",
        params={
            "url": url,
            "credentials_file": access.MAAS_KEY,
            **trust,
            "hosts": _expectations(machines),
            "pcmk_host_map": _pairs({name: it.system_id for name, it in machines.items()}),
            **_common(config, levels),
        },
        operations=[{"name": "monitor", "interval": "60s", "timeout": "60s"}],
    )


def _bmcs_device(config: Config, fenced: Fenced, levels: int) -> ET.Element:
    trust = {"maas_ssl_ca": access.MAAS_CA} if config.maas_ca else {}
    maas = {
        "maas_url": config.maas_url or "",
        "maas_credentials_file": access.MAAS_KEY,
        "maas_hosts": _expectations(fenced.machines),
        **trust,
    }
    return cib.primitive(
        BMCS,
        "stonith:fence_bmc",
        params={
            "credentials_file": access.BMCS,
            "hosts": " ".join(sorted(fenced.bmcs.values())),
            "pcmk_host_map": _pairs(fenced.bmcs),
            **_common(config, levels),
            **(maas if config.maas_url and fenced.machines else {}),
        },
        # It asks every BMC, and many of them do not like to be asked often.
        operations=[{"name": "monitor", "interval": "300s", "timeout": "60s"}],
    )


def _common(config: Config, levels: int) -> dict[str, str]:
    """Return what devices that power hosts off have in common.

    Args:
        config: The operator's wishes.
        levels: Devices that a host may have. They share the time that there is.
    """
    seconds = config.fencing_timeout // levels
    grace = _GRACE // levels
    # With another level to come the same one is not tried twice; the cluster comes back to it.
    once = {"pcmk_off_retries": "1"} if levels > 1 else {}
    guard = {"monitor_host": config.monitor_host} if config.monitor_host else {}
    return {
        "max_hosts": str(config.fencing_max_hosts),
        "window": str(config.fencing_window),
        **guard,
        "total_timeout": str(seconds - grace),
        "pcmk_host_check": "static-list",
        # By default one device powers off one host at a time.
        "pcmk_action_limit": "-1",
        "pcmk_off_timeout": f"{seconds}s",
        **once,
        "pcmk_monitor_timeout": "60s",
    }


def _expectations(machines: Mapping[str, Identity]) -> str:
    return " ".join(sorted({_entry(machine) for machine in machines.values()}))


def _pairs(named: Mapping[str, str]) -> str:
    return ";".join(f"{name}:{named[name]}" for name in sorted(named))


def _entry(machine: Identity) -> str:
    # Anything that parts entries from each other would make nonsense of all that follows.
    owner = machine.owner if re.fullmatch(r"[\w.@+-]+", machine.owner) else ""
    return ":".join((machine.system_id, machine.hostname, machine.uuid, owner)).rstrip(":")


def known_members(configuration: ET.Element) -> frozenset[str] | None:
    """Return the members for whom there is a device of ours; ``None`` if there never was one."""
    device = cib.resource(configuration, MEMBERS)
    if device is None:
        return None
    return frozenset(cib.attributes(device).get("pcmk_host_list", "").split())


def _members_device(members: list[str]) -> ET.Element:
    return cib.primitive(
        MEMBERS,
        "stonith:fence_member",
        params={"pcmk_host_list": " ".join(members), "pcmk_host_check": "static-list"},
        operations=[{"name": "monitor", "interval": "120s", "timeout": "20s"}],
    )
