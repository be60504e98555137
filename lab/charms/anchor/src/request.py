# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What classic API charms ask of hacluster: a group of addresses and a clone of haproxy.

The names and parameters are those of charm-helpers (contrib/hahelpers and contrib/openstack/ha), and
every value is JSON under a key that begins with ``json_``.
"""

import hashlib
import json
from collections.abc import Sequence

NAME = "anchor"
SERVICE = "haproxy"
_PARAMS = (
    'params {param}="{address}" op monitor timeout="20s" interval="10s" depth="0" '
    'meta migration-threshold="INFINITY" failure-timeout="5s"'
)


def write(addresses: Sequence[str], *, haproxy: bool) -> dict[str, str]:
    """Return the databag content that asks for addresses, and for haproxy beside them."""
    vips = {f"res_{NAME}_{_short(address)}_vip": address for address in addresses}
    resource = f"res_{NAME}_{SERVICE}"
    services = {resource: f"lsb:{SERVICE}"} if haproxy else {}
    timing = {name: 'op monitor interval="5s"' for name in services}
    content: dict[str, object] = {
        "resources": {name: _agent(vip)[0] for name, vip in vips.items()} | services,
        "resource_params": {
            name: _PARAMS.format(param=_agent(vip)[1], address=vip) for name, vip in vips.items()
        }
        | timing,
        "groups": {f"grp_{NAME}_vips": " ".join(vips)} if vips else {},
        "ms": {},
        "orders": {},
        "colocations": {},
        "clones": {f"cl_{name}": name for name in services},
        "locations": {},
        "delete_resources": [] if haproxy else [resource],
        "init_services": dict.fromkeys(services, SERVICE),
        "systemd_services": {},
    }
    return {f"json_{key}": json.dumps(value) for key, value in content.items()}


def is_ipv6(address: str) -> bool:
    """Return whether an address is of IPv6."""
    return ":" in address


def _agent(address: str) -> tuple[str, str]:
    """Return who brings an address up, and what it calls it."""
    if is_ipv6(address):
        return "ocf:heartbeat:IPv6addr", "ipv6addr"
    return "ocf:heartbeat:IPaddr2", "ip"


def _short(address: str) -> str:
    return hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()[:7]
