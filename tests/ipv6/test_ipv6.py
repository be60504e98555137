# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a cluster says and does whose members have IPv4 as well, and are told to prefer IPv6."""

import ipaddress
import json
import re
import subprocess

from lab.settings import SPACES
from lab.story.openstack import wait_for
from tests.faults import workings
from tests.faults.arena import MAAS, Arena

_LISTEN = "3121"


def _is_ours(address: str, machine: str, arena: Arena) -> bool:
    """Return whether an address is the one of IPv6 that a machine has in the ring's space."""
    return address == arena.cloud.instance(machine).addresses[SPACES[0].name] and ":" in address


def test_ring_hosts_and_virtual_address_are_reached_over_ipv6_alone(arena: Arena) -> None:
    members, hosts = arena.cluster.members, arena.cluster.hosts
    for member in members:
        conf = workings.run(arena, member, "cat", "/etc/corosync/corosync.conf")
        blocks = re.findall(r"^\s+node \{(.*?)\}", conf, re.DOTALL | re.MULTILINE)
        nodes = [dict(re.findall(r"(\w+): (\S+)", block)) for block in blocks]
        assert {node["name"] for node in nodes} == set(members)
        assert all(_is_ours(node["ring0_addr"], node["name"], arena) for node in nodes)
        links = workings.run(arena, member, "/usr/sbin/corosync-cfgtool", "-s")
        assert "addr\t= fd" in links
        assert links.count("connected") >= len(members) - 1
        assert "disconnected" not in links
    for host in hosts:
        table = workings.run(arena, host, "ss", "-Hltn", f"sport = :{_LISTEN}")
        (address,) = re.findall(rf"\[(\S+)\]:{_LISTEN}", table)
        assert _is_ours(address, host, arena)
    holder = arena.holder()
    assert _answer(arena) == holder
    arena.note("arena", f"{holder} answers at {arena.url}")


def test_a_lost_host_is_fenced_through_maas_over_ipv6(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.unplug(host)
    arena.await_fenced(host)
    assert not arena.cloud.is_on(host)
    assert {event["who"] for event in arena.power(host)} == {MAAS}
    assert ipaddress.ip_address(arena.client_of_last_power_off()).version == 6


def test_the_address_goes_elsewhere_when_its_holder_loses_its_power(arena: Arena) -> None:
    holder = arena.holder()
    at = arena.cut_power(holder)
    wait_for("another answers", lambda: _answer(arena) not in ("", holder), timeout=60, every=0.1)
    moved = arena.note("arena", f"{_answer(arena)} answers at {arena.url}")
    print(json.dumps({"gap": round(moved - at, 1)}))


def _answer(arena: Arena) -> str:
    """Return the name of whoever answers at the address; empty if nobody does."""
    curl = ("curl", "--silent", "--max-time", "1", arena.url)
    done = subprocess.run(
        ["ip", "netns", "exec", arena.lab.switch, *curl],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else ""
