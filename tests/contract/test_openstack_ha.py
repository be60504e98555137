# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`cluster`: what the predecessors' units told each other."""

from instance_ha.interfaces import openstack_ha

UNIT = {
    "admin-address": "10.0.2.21",
    "internal-address": "10.0.3.21",
    "private-address": "10.0.0.21",
    "public-address": "10.0.1.21",
}


def test_a_unit_writes_what_its_predecessor_wrote():
    addresses = openstack_ha.Addresses(
        private="10.0.0.21", public="10.0.1.21", internal="10.0.3.21", admin="10.0.2.21"
    )
    assert openstack_ha.write(addresses) == UNIT
    assert openstack_ha.read({**UNIT, "egress-subnets": "10.0.0.21/32"}) == addresses


def test_a_unit_that_has_only_joined_is_reached_at_its_private_address():
    addresses = openstack_ha.read({"private-address": "10.0.0.21"})
    assert addresses is not None
    assert addresses.internal == ""


def test_a_unit_without_any_address_is_not_there_yet():
    assert openstack_ha.read({}) is None
