# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The address plan and the words that make it so."""

import ipaddress

from lab import settings
from lab.machines import network
from lab.settings import INVENTORY, SPACES, Lab


def test_every_machine_has_a_number_a_system_id_and_a_name_of_its_own():
    for values in (
        [machine.number for machine in INVENTORY],
        [machine.system_id for machine in INVENTORY],
        [machine.hostname for machine in INVENTORY],
    ):
        assert len(set(values)) == len(INVENTORY)
    assert {len(machine.system_id) for machine in INVENTORY} == {6}


def test_containers_and_virtual_addresses_do_not_meet():
    assert max(machine.number for machine in INVENTORY) < settings.FIRST_CONTAINER
    assert settings.LAST_CONTAINER < 200


def test_maas_answers_where_the_oam_bridge_is():
    assert f"http://{SPACES[0].gateway}:5240/MAAS" == settings.MAAS_URL


def test_two_labs_share_nothing_but_the_cache():
    one, two = Lab("one"), Lab("two")
    assert one.root != two.root
    assert one.switch != two.switch
    assert one.cache == two.cache


def test_interface_names_fit_the_kernel():
    for number in (10, settings.LAST_CONTAINER):
        assert all(len(port.name) < 16 for port in network.ports(number))


def test_no_two_nics_have_the_same_address():
    numbers = [machine.number for machine in INVENTORY] + [101, 102, 199]
    macs = [port.mac for number in numbers for port in network.ports(number)]
    assert len(set(macs)) == len(macs)
    assert {len(mac) for mac in macs} == {17}


def test_the_switch_has_a_bridge_for_each_space():
    commands = list(network.switch_commands())
    for space in SPACES:
        assert f"address add {space.gateway}/24 dev {space.name}" in commands
        assert f"link set {space.name} up" in commands


def test_a_machine_is_plugged_into_every_bridge():
    commands = list(network.plug_commands(21, "lab-lab-virt-node-01"))
    assert (
        "link add m21-eth0 type veth peer name eth0 address 52:54:00:77:00:15 "
        "netns lab-lab-virt-node-01"
    ) in commands
    assert [line.split()[-2:] for line in commands if "master" in line] == [
        [space.name, "up"] for space in SPACES
    ]


def test_a_cable_on_a_dead_nic_carries_nothing():
    commands = list(network.plug_commands(101, "any", dead=("storage",)))
    assert "link set m101-eth4 master storage down" in commands
    assert "link set m101-eth0 master oam up" in commands


def test_a_machine_has_its_number_in_every_space():
    assert "address add 10.77.3.30/24 dev eth3" in list(network.address_commands(30))


def test_nobody_has_ipv6_unless_the_lab_does():
    both = [*network.address_commands(30), *network.switch_commands()]
    assert not any(":" in line.split()[2] for line in both if line.startswith("address"))


def test_a_lab_with_ipv6_has_it_beside_ipv4():
    commands = list(network.address_commands(30, ipv6=True))
    assert "address add 10.77.3.30/24 dev eth3" in commands
    assert "address add fd00:773::30/64 dev eth3 nodad" in commands
    assert "address add fd00:770::1/64 dev oam nodad" in list(network.switch_commands(ipv6=True))


def test_addresses_of_ipv6_are_written_as_everybody_writes_them():
    for space in SPACES:
        for address in (space.gateway6, space.address6(199)):
            assert str(ipaddress.ip_address(address)) == address
