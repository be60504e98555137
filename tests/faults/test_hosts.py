# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Many hosts at once, one after another, and one that cannot decide."""

import time

from tests.faults.arena import Arena


def test_when_all_hosts_are_lost_at_once_fencing_is_held_until_it_is_released(
    arena: Arena,
) -> None:
    hosts = arena.cluster.hosts
    limit = (len(hosts) + 1) // 2
    for host in hosts:
        arena.unplug(host)
    arena.await_told("Fencing held", timeout=120)
    # Hosts are noticed one after the other, so as many as the limit may be off before the last is.
    off = {str(event["machine"]) for event in arena.power() if event["phase"] == "begin"}
    assert len(off) <= limit
    held = [host for host in hosts if host not in off]
    assert held
    calls = len(arena.power())
    arena.silent(30, lambda: len(arena.power()) == calls, f"{', '.join(held)} held")
    back = held[0]
    arena.plug(back)
    arena.broken.discard(back)
    results = arena.act("release-fencing")
    arena.note("operator", f"release-fencing: {results}")
    assert back in str(results["reconnected"])
    assert arena.power(back) == []
    for host in hosts:
        if host != back:
            arena.await_fenced(host)


def test_two_hosts_that_die_at_once_are_both_fenced(arena: Arena) -> None:
    first, second = arena.cluster.hosts[:2]
    arena.unplug(first)
    arena.unplug(second)
    for host in (first, second):
        arena.await_fenced(host)
        assert not arena.cloud.is_on(host)


def test_a_host_whose_network_flaps_for_less_than_the_patience_is_left_alone(
    arena: Arena,
) -> None:
    host = arena.cluster.hosts[0]
    for _ in range(5):
        arena.unplug(host)
        time.sleep(1)
        arena.plug(host)
        time.sleep(2)
    arena.broken.discard(host)
    arena.silent(45, lambda: arena.power() == [], "nothing is fenced")


def test_a_host_that_loses_its_power_is_fenced_all_the_same(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.cut_power(host)
    arena.await_fenced(host)
