# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Twenty hosts that are lost in the same moment: how long until all are known to be off."""

from collections.abc import Iterator

import pytest

from lab.story.openstack import wait_for
from tests.faults import workings
from tests.faults.arena import Arena

CROWD = 20
INTERVAL = 5.0
"""Seconds between two looks of the cluster at a connection (`remotes.py`)."""

pytestmark = pytest.mark.slow


@pytest.fixture
def crowd(arena: Arena) -> Iterator[list[str]]:
    """Twenty hosts, each a machine of its own with a unit of its own, and a guard that lets all be lost."""
    present = arena.cluster.hosts
    new = workings.add(arena, "hypervisor", CROWD - len(present), timeout=600)
    arena.juju.config("hacluster", {"fencing-max-hosts": CROWD})
    arena.await_whole(timeout=1200)
    # Hooks that run meanwhile are the lab's work and not the cluster's.
    arena.juju.model_config({"update-status-hook-interval": "30m"})
    yield arena.cluster.hosts
    arena.restore()
    arena.await_whole(timeout=600)
    for host in new:
        workings.remove(arena, "hypervisor", host)
    for host in new:
        workings.await_gone(arena, host, timeout=600)
    # The leader lets them go one after the other, long after their machines are given back.
    arena.await_whole(timeout=1200)
    arena.juju.config("hacluster", reset="fencing-max-hosts")


def test_twenty_hosts_are_fenced_nearly_as_fast_as_one(arena: Arena, crowd: list[str]) -> None:
    alone = crowd[0]
    cut = arena.unplug(alone)
    arena.await_fenced(alone)
    one = workings.confirmed(arena)[alone] - cut
    arena.restore()
    arena.await_whole(timeout=300)
    cut = min(arena.unplug(host) for host in crowd)

    def all_off() -> bool:
        found = workings.confirmed(arena)
        return all(found.get(host, 0) >= int(cut) for host in crowd)

    wait_for("all are known to be off", all_off, timeout=300, every=2)
    found = workings.confirmed(arena)
    times = sorted(found[host] - cut for host in crowd)
    allowed = 1.5 * one + INTERVAL
    arena.note("arena", f"one alone: {one:.1f} s; of {CROWD} the first {times[0]:.1f}, the tenth"
                        f" {times[9]:.1f}, the last {times[-1]:.1f} s (allowed {allowed:.1f})")  # fmt: skip
    assert times[-1] <= allowed
