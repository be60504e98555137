# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a unit knows of its machine's networks."""

import dataclasses
import hashlib
import ipaddress
from typing import Any

from lab.juju.cloud import Instance
from lab.juju.model import DEFAULT_SPACE

# Every space of a lab is one such network (lab/settings.py); the cloud tells addresses only.
PREFIX_LENGTHS = {4: 24, 6: 64}


@dataclasses.dataclass(frozen=True)
class Network:
    """The addresses of one machine, by space."""

    instance: Instance

    def address(self, space: str) -> str:
        """Return the address in a space; the default space's when the machine is not in it.

        Juju would refuse to place a unit on a machine without the bound space; the lab's machines
        are in every space.
        """
        return self.instance.addresses.get(space) or self.default

    @property
    def default(self) -> str:
        """Return the address that others reach the machine by."""
        addresses = self.instance.addresses
        return addresses.get(DEFAULT_SPACE) or next(iter(addresses.values()), "127.0.0.1")

    @property
    def fingerprint(self) -> str:
        """Return a value that changes when any address does."""
        return hashlib.sha256(repr(sorted(self.instance.addresses.items())).encode()).hexdigest()

    def all(self, space: str) -> list[str]:
        """Return the addresses in a space, of either family, the one that counts first."""
        return [a for a in (self.address(space), self.instance.others.get(space)) if a]

    def describe(self, space: str) -> dict[str, Any]:
        """Return what network-get answers (rpc/params/network.go, NetworkInfoResult)."""
        found = self.all(space)
        return {
            "bind-addresses": [
                {
                    "mac-address": "",
                    "interface-name": self.instance.nics.get(space, ""),
                    "addresses": [
                        {"hostname": "", "value": address, "cidr": _subnet(address)}
                        for address in found
                    ],
                }
            ],
            "egress-subnets": [str(ipaddress.ip_network(found[0]))],
            "ingress-addresses": found,
        }


def _subnet(address: str) -> str:
    length = PREFIX_LENGTHS[ipaddress.ip_address(address).version]
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
