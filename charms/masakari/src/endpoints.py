# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where the API answers: the URLs of the catalogue entry."""

import dataclasses
import ipaddress
from collections.abc import Iterable

from instance_ha.interfaces import keystone

PORT = 15868
SERVICE = "masakari"
PATH = "/v1/%(tenant_id)s"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NoAddressError(Exception):
    """None of the virtual addresses is in the network of an endpoint."""


@dataclasses.dataclass(frozen=True)
class Place:
    """What decides where one of the three endpoints is."""

    kind: str
    """public, internal or admin; also the name of the binding."""
    address: str
    """The unit's own address on the binding."""
    networks: tuple[Network, ...] = ()
    """The networks of the binding, or the one that os-*-network names."""
    hostname: str | None = None
    """The name that os-*-hostname gives it."""


def host(place: Place, vips: Iterable[Address]) -> str:
    """Return the name or address of an endpoint: its hostname, its virtual address, its own.

    Raises:
        NoAddressError: There are several virtual addresses and none is in its network.
    """
    if place.hostname:
        return place.hostname
    candidates = list(vips)
    near = [vip for vip in candidates if any(vip in network for network in place.networks)]
    if near:
        return str(near[0])
    if len(candidates) > 1:
        networks = ", ".join(str(network) for network in place.networks)
        raise NoAddressError(
            f"vip: none of the addresses is in the {place.kind} network ({networks})"
        )
    return str(candidates[0]) if candidates else place.address


def catalogue_entry(
    places: Iterable[Place], vips: Iterable[Address], *, region: str, scheme: str = "http"
) -> keystone.Endpoint:
    """Return the service for keystone's catalogue.

    Raises:
        NoAddressError: An endpoint has no virtual address in its network.
    """
    candidates = tuple(vips)
    urls = {
        place.kind: keystone.url(scheme, host(place, candidates), PORT) + PATH for place in places
    }
    return keystone.Endpoint(
        service=SERVICE,
        region=region,
        public_url=urls["public"],
        internal_url=urls["internal"],
        admin_url=urls["admin"],
    )
