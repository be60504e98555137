# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which addresses become links of the ring."""

import pytest
from ops import testing
from test_charm import World, ctx, state, world

from charm import HaclusterCharm

__all__ = ["ctx", "world"]  # fixtures

Context = testing.Context[HaclusterCharm]
Networks = dict[str, tuple[str, ...]]


def network(name: str, *addresses: str) -> testing.Network:
    """Return a binding; an address is written as ``address/length``."""
    found = [
        testing.Address(address.partition("/")[0], cidr=_cidr(address)) for address in addresses
    ]
    return testing.Network(name, [testing.BindAddress(found)])


def _cidr(address: str) -> str:
    host, _, length = address.partition("/")
    separator = ":" if ":" in host else "."
    return f"{host.rpartition(separator)[0]}{separator}0/{length}"


@pytest.mark.parametrize(
    ("networks", "links"),
    [
        ({}, ""),
        ({"ring0": ("10.9.0.1/24",), "ring1": ("10.9.0.1/24",)}, ""),
        ({"ring0": ("10.0.0.1/24",), "ring1": ("10.1.0.1/24",)}, "10.1.0.1"),
        ({"ring0": ("10.2.0.1/24",), "ring1": ("10.1.0.1/24",)}, "10.2.0.1 10.1.0.1"),
        ({"ring0": ("10.0.0.1/24",), "ring1": ("fd01::1/64",)}, "fd01::1"),
        ({"ring0": ("10.0.0.1/24",), "ring1": ("fe80::1/64",)}, ""),
    ],
    ids=["old binding", "neither bound", "two", "three", "both families", "link-local"],
)
def test_links_are_where_the_bindings_are_different(
    ctx: Context, world: World, networks: Networks, links: str
):
    bindings = {name: network(name, *addresses) for name, addresses in networks.items()}
    first = network("hanode", "10.0.0.1/24", "fd00::1/64")
    out = ctx.run(ctx.on.config_changed(), state(networks={first, *bindings.values()}))
    bag = next(r for r in out.relations if r.endpoint == "hanode").local_unit_data
    assert (bag["private-address"], bag.get("links", "")) == ("10.0.0.1", links)


def test_ipv6_is_preferred_on_every_link_that_has_it(ctx: Context, world: World):
    networks = {
        network("hanode", "10.0.0.1/24", "fd00::1/64"),
        network("ring0", "10.0.0.1/24", "fd00::1/64"),
        network("ring1", "10.1.0.1/24", "fd01::1/64"),
    }
    out = ctx.run(ctx.on.config_changed(), state(networks=networks, config={"prefer-ipv6": True}))
    bag = next(r for r in out.relations if r.endpoint == "hanode").local_unit_data
    assert (bag["private-address"], bag["links"]) == ("fd00::1", "fd01::1")
