# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts that come, hosts that go, and hosts that somebody works on: none of them is fenced for it."""

from collections.abc import Iterator

import pytest

from tests.faults import workings
from tests.faults.arena import Arena


@pytest.fixture
def guest(arena: Arena) -> Iterator[str]:
    """One host more, which is gone again afterwards, whatever the test has done to it."""
    (host,) = workings.add(arena, "hypervisor")
    yield host
    arena.note("arena", f"{host} goes")
    if host in arena.cluster.hosts:
        # One that was fenced is off, and its unit could not take its leave.
        arena.restore()
        workings.hear(arena, host)
        workings.remove(arena, "hypervisor", host)
        workings.await_gone(arena, host)


def never_fenced(arena: Arena, host: str, seconds: float) -> None:
    """See that a host is not touched for a while."""
    arena.silent(
        seconds, lambda: arena.power(host) == [] and arena.cloud.is_on(host), f"{host} is let be"
    )


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param("tcp dport 3121", id="no answer"),
        # The connection is made and the handshake of TLS is not: it looks as if it were there.
        pytest.param("tcp dport 3121 meta length > 120", id="no handshake"),
    ],
)
def test_a_new_host_that_cannot_be_reached_is_not_fenced_and_holds_up_nobody(
    arena: Arena, guest: str, rule: str
) -> None:
    workings.deafen(arena, guest, rule)
    workings.await_active(arena, "pacemaker-remote", guest)
    arena.await_told(guest, timeout=180)
    never_fenced(arena, guest, 60)
    other = arena.cluster.hosts[0]
    arena.unplug(other)
    arena.await_fenced(other, timeout=120)
    assert arena.power(guest) == []
    workings.hear(arena, guest)
    arena.restore()
    arena.await_whole(timeout=300)
    assert arena.power(guest) == []
    arena.unplug(guest)
    arena.await_fenced(guest)


def test_a_host_that_is_removed_is_never_fenced_and_leaves_nothing_behind(
    arena: Arena, guest: str
) -> None:
    arena.await_whole(timeout=900)
    workings.remove(arena, "hypervisor", guest)
    workings.await_gone(arena, guest)
    arena.await_(
        f"nothing is left of {guest}", lambda: not workings.remembered(arena, guest), timeout=90
    )
    assert arena.power() == []


def test_a_lost_host_that_is_removed_stays_until_it_is_known_to_be_off(
    arena: Arena, guest: str
) -> None:
    arena.await_whole(timeout=900)
    arena.knob("query-state", "unknown", guest)
    arena.knob("switch", "stuck", guest)
    arena.unplug(guest)
    arena.await_lost(guest)
    workings.remove(arena, "hypervisor", guest, force=True)
    workings.await_gone(arena, guest)
    arena.silent(
        60,
        lambda: (node := arena.status().nodes.get(guest)) is not None and node.unclean,
        f"{guest} is still called lost",
    )
    arena.maas.reset()
    arena.note("operator", "its BMC works again")
    # Seen before it is forgotten, and what the fencer knows of it with it.
    arena.await_fenced(guest, timeout=240)
    arena.await_(
        f"{guest} is forgotten, after it was fenced",
        lambda: guest not in arena.status().nodes and not workings.remembered(arena, guest),
        timeout=300,
    )


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("systemctl restart pacemaker_remote", id="restart"),
        pytest.param("systemctl stop pacemaker_remote; sleep 15; systemctl start pacemaker_remote", id="stop and start"),
        pytest.param("DEBIAN_FRONTEND=noninteractive apt-get install --yes --reinstall pacemaker-remote", id="reinstall"),
        # Long enough for every member to have tried in vain, which is when the cluster asks for fencing.
        pytest.param("systemctl stop pacemaker_remote; sleep 75; systemctl start pacemaker_remote", id="long stop"),
    ],
)  # fmt: skip
def test_a_restart_of_the_daemon_is_no_loss_and_leaves_the_host_protected(
    arena: Arena, command: str
) -> None:
    host = arena.cluster.hosts[0]
    arena.note("operator", f"{host}: {command}")
    done = arena.cloud.run(host, ["/bin/sh", "-c", command], timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    arena.note("operator", f"{host}: done")
    never_fenced(arena, host, 40)
    arena.await_(
        f"{host} is connected and watched",
        lambda: arena.status().is_healthy and workings.left_alone(arena) == [],
        timeout=90,
    )
    assert arena.power() == []
    arena.unplug(host)
    arena.await_fenced(host)


def test_a_paused_host_is_not_fenced_when_its_connection_breaks(arena: Arena) -> None:
    host = arena.cluster.hosts[1]
    unit = workings.unit_on(arena, "pacemaker-remote", host)
    assert arena.refusal(unit, "pause") == ""
    assert workings.left_alone(arena) != []
    assert arena.refusal(unit, "resume") == ""
    assert workings.left_alone(arena) == []
    arena.note("operator", f"{unit} was paused and resumed")
    assert arena.refusal(unit, "pause") == ""
    arena.note("operator", f"{unit} is paused")
    arena.unplug(host)
    never_fenced(arena, host, 60)
    assert not arena.status().nodes[host].unclean
    arena.plug(host)
    arena.broken.discard(host)
    if said := arena.refusal(unit, "resume"):
        # It asks by way of the connection, which the cluster does not make anew for a paused host.
        assert "resume-host" in said
        member = arena.cluster.members[0]
        option = ("--resource", f"{host}.maas", "--meta", "--delete-parameter", "is-managed")
        workings.run(arena, member, "/usr/sbin/crm_resource", *option)
        arena.note("operator", f"{host} is watched again, told by {member}")
    arena.await_whole(timeout=120)
    assert arena.power() == []
    arena.unplug(host)
    arena.await_fenced(host)


def test_a_host_in_maintenance_is_not_fenced(arena: Arena) -> None:
    host = arena.cluster.hosts[2]
    told = arena.act("set-node-maintenance", node=f"{host}.maas", maintenance=True)
    arena.note("operator", f"set-node-maintenance: {told}")
    arena.unplug(host)
    never_fenced(arena, host, 60)
    arena.plug(host)
    arena.broken.discard(host)
    arena.await_(
        f"{host} is connected again",
        lambda: (node := arena.status().nodes[host]).online and not node.unclean,
        timeout=120,
    )
    told = arena.act("set-node-maintenance", node=host, maintenance=False)
    arena.note("operator", f"set-node-maintenance: {told}")
    arena.await_whole(timeout=120)
    assert arena.power() == []
    arena.unplug(host)
    # A member that missed the end of the maintenance is slow to notice the loss (Pacemaker 3.0.0).
    arena.await_fenced(host, timeout=240)
