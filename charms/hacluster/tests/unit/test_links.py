# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which addresses become links of the ring."""

import dataclasses
import ipaddress

import pytest
from ops import testing
from test_charm import World, ctx, state, world

import links
from charm import HaclusterCharm
from instance_ha.interfaces import hacluster

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


def said(ctx: Context, given: testing.State) -> str:
    out = ctx.run(ctx.on.config_changed(), given)
    return next(r for r in out.relations if r.endpoint == "hanode").local_unit_data[
        "private-address"
    ]


@pytest.mark.parametrize(
    ("vip", "ipv6", "others", "mine"),
    [
        ("10.0.0.100", False, ("10.0.0.100/24", "10.0.0.1/24"), "10.0.0.1"),
        ("fd00::100", True, ("fd00::100/64", "fd00::1/64"), "fd00::1"),
    ],
)
def test_an_address_that_the_cluster_moves_about_is_no_members(
    ctx: Context, world: World, vip: str, ipv6: bool, others: tuple[str, ...], mine: str
):
    request = {
        "json_resources": '{"vip":"ocf:heartbeat:IPaddr2"}',
        "json_resource_params": f'{{"vip":"params ip=\\"{vip}\\""}}',
    }
    given = state(networks={network("hanode", *others)}, config={"prefer-ipv6": ipv6})
    relations = {
        next(each for each in given.relations if each.endpoint == "hanode"),
        testing.SubordinateRelation("ha", remote_unit_data=request),
    }
    assert said(ctx, dataclasses.replace(given, relations=relations)) == mine


def test_the_address_stays_in_whatever_order_juju_tells_them(ctx: Context, world: World):
    given = state(networks={network("hanode", "10.0.0.7/24", "10.0.0.1/24")})
    (relation,) = given.get_relations("hanode")
    before = dataclasses.replace(relation, local_unit_data={"private-address": "10.0.0.1"})
    others = {each for each in given.relations if each.endpoint != "hanode"}
    assert said(ctx, dataclasses.replace(given, relations={before, *others})) == "10.0.0.1"
    # Bound to another network, the old one is gone.
    gone = dataclasses.replace(relation, local_unit_data={"private-address": "10.9.0.1"})
    assert said(ctx, dataclasses.replace(given, relations={gone, *others})) == "10.0.0.7"


def test_virtual_addresses_are_found_in_what_principals_write():
    request = hacluster.Request(
        resources={
            "a": "ocf:heartbeat:IPaddr2",
            "b": "ocf:heartbeat:IPv6addr",
            "c": "ocf:heartbeat:IPaddr2",
            "d": "lsb:haproxy",
            "e": "ocf:heartbeat:IPaddr2",
        },
        resource_params={
            "a": 'params ip="10.0.0.100" cidr_netmask=24',
            "b": "params ipv6addr=fd00::100 nic=eth0",
            "c": "params ip=vip.example",
            "d": "params ip=10.0.0.200",
        },
    )
    found = {ipaddress.ip_address(each) for each in ("10.0.0.100", "fd00::100")}
    assert links.virtual_addresses(request) == found
    assert links.virtual_addresses(None) == frozenset()
