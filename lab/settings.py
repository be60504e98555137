# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""What a lab is called, where it keeps its things, and which machines it owns."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

DOMAIN = "maas"
"""The domain that MAAS gives to its machines."""

MAAS_URL = "http://10.77.0.1:5240/MAAS"
MAAS_API_KEY = "labconsumer:labtoken:labsecret"

PREFIX_LENGTH = 24
PREFIX_LENGTH_6 = 64


@dataclasses.dataclass(frozen=True)
class Space:
    """A Juju space: one bridge of the lab, one NIC of every machine."""

    name: str
    nic: str
    network: str
    network6: str
    """Of labs that have IPv6."""

    @property
    def gateway(self) -> str:
        """The address of the bridge itself, where the MAAS simulator answers."""
        return self.address(1)

    @property
    def gateway6(self) -> str:
        """The same in labs that have IPv6."""
        return self.address6(1)

    def address(self, number: int) -> str:
        """The address of the machine with this host number."""
        return f"{self.network}.{number}"

    def address6(self, number: int) -> str:
        """The address of the machine in labs that have IPv6; it ends in the same digits."""
        return f"{self.network6}::{number}"


SPACES = (
    Space("oam", "eth0", "10.77.0", "fd00:770"),
    Space("public", "eth1", "10.77.1", "fd00:771"),
    Space("admin", "eth2", "10.77.2", "fd00:772"),
    Space("internal", "eth3", "10.77.3", "fd00:773"),
    Space("storage", "eth4", "10.77.4", "fd00:774"),
)
"""In the order of the NICs; the first is where an endpoint without a binding goes."""


@dataclasses.dataclass(frozen=True)
class Physical:
    """A machine that MAAS knows."""

    hostname: str
    system_id: str
    tags: frozenset[str]
    layer: str
    number: int


def _physical(hostname: str, system_id: str, tag: str, layer: str, number: int) -> Physical:
    return Physical(hostname, system_id, frozenset({tag}), layer, number)


INVENTORY = (
    _physical("node-00", "c4q7n0", "control", "control", 10),
    _physical("node-01", "h8k3n1", "lxd", "base", 11),
    _physical("node-02", "t6m4n2", "lxd", "base", 12),
    _physical("node-03", "w3x8n3", "lxd", "base", 13),
    _physical("virt-node-01", "a7d4v1", "compute", "compute", 21),
    _physical("virt-node-02", "k4r8v2", "compute", "compute", 22),
    _physical("virt-node-10", "p6s3vc", "compute", "compute", 30),
    # Spares, for add-unit.
    _physical("node-04", "y4b7n4", "lxd", "base", 14),
    _physical("virt-node-11", "e8g3vd", "compute", "compute", 31),
    _physical("virt-node-12", "m7f6ve", "compute", "compute", 32),
    # Hosts without a hypervisor, for a cluster without a cloud.
    _physical("host-01", "b3r7h1", "remote", "base", 41),
    _physical("host-02", "d6w2h2", "remote", "base", 42),
    _physical("host-03", "f9k5h3", "remote", "base", 43),
    _physical("host-04", "g2t8h4", "remote", "base", 44),
    _physical("host-05", "n7q4h5", "remote", "base", 45),
    _physical("node-05", "s5c9n5", "lxd", "base", 15),
    # And many, to be lost at once.
    *(
        _physical(f"host-{n:02}", f"j{n:02}{7 * n % 90 + 10}k", "remote", "base", 40 + n)
        for n in range(6, 22)
    ),
)
"""The machines of MAAS, in the order in which it hands them out."""

FIRST_CONTAINER = 101
LAST_CONTAINER = 199
"""Host numbers of containers; what is above is free for virtual addresses."""


@dataclasses.dataclass(frozen=True)
class Lab:
    """One lab; several with different names live side by side."""

    name: str = "lab"

    @property
    def parent(self) -> Path:
        """Where all labs of this host, and what they share, are kept."""
        return Path(os.environ.get("INSTANCE_HA_LAB_DIR", "/var/lib/instance-ha-lab"))

    @property
    def root(self) -> Path:
        """Everything of this lab that is not a kernel object."""
        return self.parent / "labs" / self.name

    @property
    def cache(self) -> Path:
        """What outlives a lab: the image's layers."""
        return self.parent / "cache"

    @property
    def switch(self) -> str:
        """The network namespace of the bridges, in which the MAAS simulator runs."""
        return f"lab-{self.name}"

    def namespace(self, hostname: str) -> str:
        """The network namespace of a machine."""
        return f"{self.switch}-{hostname}"
