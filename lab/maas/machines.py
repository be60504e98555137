# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The machines of this MAAS: what is fixed, what clients change, what is true right now."""

import dataclasses
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from lab import settings

# maasserver/enum.py, NODE_STATUS
READY, DEPLOYED = (4, "Ready"), (6, "Deployed")
OWNER = "juju"
"""The user that Juju deploys machines with."""


class Instance(Protocol):
    """What this MAAS looks at in an instance of ``lab.machines.cloud``."""

    @property
    def id(self) -> str:
        """The host name of the machine that is in use."""
        ...


class Cloud(Protocol):
    """What this MAAS uses of ``lab.machines.cloud.Cloud``."""

    def instances(self) -> Sequence[Instance]:
        """Return the machines in use."""
        ...

    def is_on(self, instance_id: str) -> bool:
        """Return whether a machine has power."""
        ...

    def power_off(self, instance_id: str) -> None:
        """Cut a machine's power."""
        ...

    def power_on(self, instance_id: str) -> None:
        """Boot a machine."""
        ...


@dataclasses.dataclass
class Record:
    """What MAAS itself keeps of a machine. Clients change the last three."""

    hardware: settings.Physical
    power_type: str = "ipmi"
    power_state: str = "unknown"
    locked: bool = False
    owner_data: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    tags: set[str] = dataclasses.field(default_factory=set[str])

    @property
    def hostname(self) -> str:
        """The short host name."""
        return self.hardware.hostname

    @property
    def system_id(self) -> str:
        """The name that MAAS gave it, which stays when the host name changes."""
        return self.hardware.system_id


class Inventory:
    """All machines; which of them are deployed is asked of the cloud each time."""

    def __init__(self, machines: Iterable[settings.Physical], cloud: Cloud) -> None:
        self._records = {each.system_id: Record(each, tags=set(each.tags)) for each in machines}
        self._cloud = cloud
        self.lock = threading.Lock()

    def __iter__(self) -> Iterator[Record]:
        """Go through the machines in the order of the inventory."""
        return iter(self._records.values())

    def find(self, system_id: str) -> Record | None:
        """Return a machine by the name that MAAS gave it."""
        return self._records.get(system_id)

    def deployed(self) -> frozenset[str]:
        """Return the host names of the machines in use."""
        return frozenset(instance.id for instance in self._cloud.instances())

    def describe(self, record: Record, deployed: frozenset[str]) -> dict[str, Any]:
        """Return a machine as the API shows it; ``power_state`` is what MAAS last heard."""
        hardware = record.hardware
        status, status_name = DEPLOYED if record.hostname in deployed else READY
        return {
            "system_id": record.system_id,
            "hostname": record.hostname,
            "fqdn": f"{record.hostname}.{settings.DOMAIN}",
            "domain": {"id": 0, "name": settings.DOMAIN, "authoritative": True},
            "hardware_uuid": hardware_uuid(record.system_id),
            "owner": OWNER if record.hostname in deployed else None,
            "owner_data": dict(record.owner_data),
            "status": status,
            "status_name": status_name,
            "power_type": record.power_type,
            "power_state": record.power_state,
            "locked": record.locked,
            "tag_names": sorted(record.tags),
            "zone": {"id": 1, "name": "default", "description": ""},
            "pool": {"id": 0, "name": "default", "description": "Default pool"},
            "ip_addresses": [space.address(hardware.number) for space in settings.SPACES],
            "boot_interface": {"mac_address": mac_address(hardware.number)},
            "architecture": "amd64/generic",
            "node_type": 0,
            "node_type_name": "Machine",
            "parent": None,
            "resource_uri": f"/MAAS/api/2.0/machines/{record.system_id}/",
        }


def hardware_uuid(system_id: str) -> str:
    """Return the UUID of a machine's mainboard, which no redeployment changes."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"instance-ha-lab/{system_id}"))


def mac_address(number: int) -> str:
    """Return the address of the NIC that a machine boots from."""
    return f"52:54:00:4d:00:{number:02x}"


# machines/ takes these; "id" is the system id, and no filter matches fully qualified names.
FILTERS = (
    "agent_name",
    "domain",
    "hostname",
    "id",
    "mac_address",
    "not_tags",
    "pool",
    "power_state",
    "status",
    "tags",
    "zone",
)


def matches(machine: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a machine as shown passes the filters of a query.

    Several values of one filter are alternatives, except of ``tags``, which must all be there
    (maasserver/forms/filters). ``agent_name`` is Juju's, which no machine here has.
    """
    shown: dict[str, set[str]] = {
        "agent_name": set(),
        "domain": {machine["domain"]["name"]},
        "hostname": {machine["hostname"]},
        "id": {machine["system_id"]},
        "mac_address": {machine["boot_interface"]["mac_address"]},
        "pool": {machine["pool"]["name"]},
        "power_state": {machine["power_state"]},
        "status": {machine["status_name"].lower()},
        "zone": {machine["zone"]["name"]},
    }
    tags = set(machine["tag_names"])
    if not set(wanted.get("tags", ())) <= tags or tags & set(wanted.get("not_tags", ())):
        return False
    return all(
        shown[name] & {value.lower() for value in values}
        for name, values in wanted.items()
        if name in shown
    )
