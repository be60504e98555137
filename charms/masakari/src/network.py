# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The machine's own addresses, to tell in which network a virtual address lives."""

import ipaddress
import json
from collections.abc import Iterable

from instance_ha import command

IP = "/usr/sbin/ip"

Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def read() -> frozenset[Interface]:
    """Return the addresses of the machine's interfaces, with their prefixes.

    Addresses for this machine alone do not count, nor does a virtual address: a /32 names no network.
    """
    links = json.loads(command.run(IP, "-json", "address", "show"))
    found = (
        ipaddress.ip_interface(f"{address['local']}/{address['prefixlen']}")
        for link in links
        for address in link.get("addr_info", ())
        if address.get("scope") == "global" and "local" in address
    )
    return frozenset(interface for interface in found if interface.network.num_addresses > 1)


def is_near(address: Address, interfaces: Iterable[Interface]) -> bool:
    """Return whether one of the interfaces is in the address's network."""
    return any(address in interface.network for interface in interfaces)
