# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether anybody still has an address: asked by ping, and by ARP of every card in its network."""

import ipaddress
import json
import pathlib
import select
import socket
import struct
import subprocess
import time
from collections.abc import Sequence

PING = ("/usr/bin/ping", "-n", "-q", "-c", "1", "-W")
ROUTE = ("/usr/sbin/ip", "-json", "route", "get")
INTERFACES = pathlib.Path("/sys/class/net")

# Seconds that an address may take to answer a ping.
ANSWER = 0.3
# How often all cards are asked, and the seconds that they have for an answer each time. It comes from their
# kernel, in well under a millisecond; the repetition is for what gets lost.
PROBES = 3
PROBE = 0.06

_ARP = 0x0806  # linux/if_ether.h, ETH_P_ARP
_LAYOUT = struct.Struct("!HHBBH6s4s6s4s")  # RFC 826, for Ethernet and IPv4
_ETHERNET, _IPV4, _REQUEST, _REPLY = 1, 0x0800, 1, 2
_EVERYBODY = b"\xff" * 6


def answers(addresses: Sequence[str]) -> bool:
    """Return whether one of these addresses answers a ping."""
    try:
        asked = [
            subprocess.Popen(
                [*PING, str(ANSWER), each], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for each in addresses
        ]
    except OSError:
        return False
    return any([each.wait() == 0 for each in asked])


def is_gone(addresses: Sequence[str]) -> bool:
    """Return whether it is certain that no card has one of these addresses any more.

    It is not for an address of another network than ours, of one whose cable is out here, or of IPv6.
    Unlike a ping, ARP is answered by machines that filter packets, too.
    """
    try:
        places = {each: device for each in addresses if (device := _device(each))}
        return len(places) == len(addresses) and not _claimed(places)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


def _device(address: str) -> str:
    """Return the interface, with a carrier, whose own network an address is in; empty if there is none."""
    if ipaddress.ip_address(address).version != 4:
        return ""
    done = subprocess.run(
        [*ROUTE, address], capture_output=True, text=True, timeout=2, check=False
    )
    routes: list[dict[str, str]] = json.loads(done.stdout) if done.returncode == 0 else []
    route = routes[0] if routes else {}
    device = route.get("dev", "")
    if not device or "gateway" in route or route.get("type", "unicast") != "unicast":
        return ""
    return device if (INTERFACES / device / "carrier").read_text().strip() == "1" else ""


def _claimed(places: dict[str, str]) -> bool:
    """Return whether a card answers for one of these addresses, by their interfaces."""
    asked = {device: _listen(device) for device in sorted(set(places.values()))}
    try:
        for _ in range(PROBES):
            for address, device in places.items():
                _ask(asked[device], device, address)
            if _heard(list(asked.values()), {socket.inet_aton(each) for each in places}):
                return True
        return False
    finally:
        for one in asked.values():
            one.close()


def _listen(device: str) -> socket.socket:
    one = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ARP))
    one.bind((device, _ARP))
    return one


def _ask(one: socket.socket, device: str, address: str) -> None:
    # A probe (RFC 5227): from no address, so that nobody learns one.
    card, nobody = one.getsockname()[4], bytes(4)
    target = socket.inet_aton(address)
    packet = _LAYOUT.pack(_ETHERNET, _IPV4, 6, 4, _REQUEST, card, nobody, bytes(6), target)
    one.sendto(packet, (device, _ARP, 0, 0, _EVERYBODY))


def _heard(asked: list[socket.socket], wanted: set[bytes]) -> bool:
    """Return whether one of the wanted is answered for within the time of a probe."""
    end = time.monotonic() + PROBE
    while (left := end - time.monotonic()) > 0:
        for one in select.select(asked, [], [], left)[0]:
            packet = one.recv(2048)
            if len(packet) < _LAYOUT.size:
                continue
            *_, operation, _, sender, _, _ = _LAYOUT.unpack_from(packet)
            if operation == _REPLY and sender in wanted:
                return True
    return False
