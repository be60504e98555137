# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The kernel's tables of sockets."""

import ipaddress

import sockets

PORT = 3121
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue\n"
LISTENING = "   0: 00000000:0C31 00000000:0000 0A 00000000:00000000\n"
CONNECTED = "   1: 154D4D0A:0C31 0B4D4D0A:8F2A 01 00000000:00000000\n"
ELSEWHERE = "   2: 154D4D0A:0016 0B4D4D0A:8F2B 01 00000000:00000000\n"
OUTWARD = "   3: 154D4D0A:8F2C 0B4D4D0A:0C31 01 00000000:00000000\n"


def test_only_an_established_connection_to_the_daemon_counts():
    assert sockets.has_connection(HEADER + LISTENING + CONNECTED, PORT)
    assert not sockets.has_connection(HEADER + LISTENING + ELSEWHERE + OUTWARD, PORT)
    assert not sockets.has_connection("", PORT)


def test_the_addresses_that_a_port_is_open_on():
    bound = "   4: 154D4D0A:0C31 00000000:0000 0A 00000000:00000000\n"
    found = sockets.listeners(HEADER + LISTENING + bound + ELSEWHERE + CONNECTED, PORT)
    assert found == {ipaddress.ip_address("0.0.0.0"), ipaddress.ip_address("10.77.77.21")}


def test_addresses_of_version_6_are_words_in_the_processors_order():
    any_ = f"   0: {'0' * 32}:0C31 {'0' * 32}:0000 0A\n"
    one = f"   1: B80D0120000000000000000001000000:0C31 {'0' * 32}:0000 0A\n"
    found = sockets.listeners(HEADER + any_ + one, PORT)
    assert found == {ipaddress.ip_address("::"), ipaddress.ip_address("2001:db8::1")}
