# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import ipaddress

from machine import Machine

import network


def test_reads_the_addresses_and_leaves_virtual_ones_out(machine: Machine):
    machine.addresses = {"eth0": "10.0.0.5/24", "lo": "10.0.0.200/32"}
    assert network.read() == {ipaddress.ip_interface("10.0.0.5/24")}


def test_near_means_in_a_network_of_the_machine():
    interfaces = [ipaddress.ip_interface("10.0.0.5/24")]
    assert network.is_near(ipaddress.ip_address("10.0.0.200"), interfaces)
    assert not network.is_near(ipaddress.ip_address("10.0.1.200"), interfaces)
