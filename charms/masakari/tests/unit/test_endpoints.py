# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import ipaddress

import pytest

import endpoints
from endpoints import Place

VIPS = [ipaddress.ip_address("10.77.1.200"), ipaddress.ip_address("10.77.3.200")]


def place(number: int = 1, **more: object) -> Place:
    networks = (ipaddress.ip_network(f"10.77.{number}.0/24"),)
    return Place("public", f"10.77.{number}.101", networks, **more)


def test_the_virtual_address_of_its_own_network():
    assert endpoints.host(place(3), VIPS) == "10.77.3.200"


def test_its_own_address_where_there_is_no_virtual_one():
    assert endpoints.host(place(1), []) == "10.77.1.101"


def test_one_virtual_address_serves_all_networks():
    assert endpoints.host(place(2), VIPS[:1]) == "10.77.1.200"


def test_several_addresses_of_which_none_fits_are_a_mistake():
    with pytest.raises(endpoints.NoAddressError, match=r"public network \(10.77.2.0/24\)"):
        endpoints.host(place(2), VIPS)


def test_a_hostname_wins_over_addresses():
    assert endpoints.host(place(hostname="masakari.example.org"), VIPS) == "masakari.example.org"


def test_addresses_of_version_six_stand_in_brackets():
    places = [Place(kind, "fd00::5") for kind in ("public", "internal", "admin")]
    entry = endpoints.catalogue_entry(places, [], region="RegionOne")
    assert entry.public_url == "http://[fd00::5]:15868/v1/%(tenant_id)s"


def test_of_virtual_addresses_of_both_families_the_one_in_the_network_is_taken():
    vips = [ipaddress.ip_address("fd00:2::200"), *VIPS]
    wide = Place("internal", "fd00:2::101", (ipaddress.ip_network("fd00:2::/64"),))
    assert endpoints.host(wide, vips) == "fd00:2::200"
    assert endpoints.host(place(3), vips) == "10.77.3.200"
