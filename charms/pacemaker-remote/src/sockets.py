# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the kernel's tables of TCP sockets say (proc(5), /proc/net/tcp and tcp6; pure)."""

import ipaddress
import sys
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# include/net/tcp_states.h
_ESTABLISHED, _LISTENING = "01", "0A"
_WORD = 8  # hexadecimal digits of 32 bits


def has_connection(table: str, port: int) -> bool:
    """Return whether somebody is connected to a port."""
    return any(_local(table, port, _ESTABLISHED))


def listeners(table: str, port: int) -> frozenset[Address]:
    """Return the addresses on which somebody waits for connections to a port."""
    return frozenset(_parsed(text) for text in _local(table, port, _LISTENING))


def _local(table: str, port: int, state: str) -> Iterator[str]:
    for row in (line.split() for line in table.splitlines()[1:]):
        if len(row) > 3 and row[3] == state:
            address, _, found = row[1].partition(":")
            if int(found, 16) == port:
                yield address


def _parsed(text: str) -> Address:
    # Word by word in the order of the processor's bytes, where the network has its own.
    words = [int(text[at : at + _WORD], 16) for at in range(0, len(text), _WORD)]
    return ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
