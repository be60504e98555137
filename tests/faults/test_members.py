# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Members that die, are cut off, or are short of something."""

import re
import subprocess
import time

import pytest

from lab.story.openstack import wait_for
from lab.story.timeline import Moment
from tests.faults import workings
from tests.faults.arena import Arena


def forget(arena: Arena, member: str, others: list[str]) -> None:
    """Cut a member off from the others alone: it still reaches MAAS and the hosts."""
    addresses = ", ".join(arena.cloud.instance(other).addresses["oam"] for other in others)
    family = "ip6" if ":" in addresses else "ip"
    rules = (
        "table inet fault { chain in { type filter hook input priority 0;"
        f" {family} saddr {{ {addresses} }} drop; }}; chain out {{ type filter hook output"
        f" priority 0; {family} daddr {{ {addresses} }} drop; }}; }}"
    )
    done = arena.cloud.run(member, ["/usr/sbin/nft", "-f", "-"], stdin=rules)
    assert done.returncode == 0, done.stderr
    arena.note("fault", f"{member} hears nothing of {' and '.join(others)}")


def remember(arena: Arena, member: str) -> None:
    """End that."""
    arena.cloud.run(member, ["/usr/sbin/nft", "delete", "table", "inet", "fault"])
    arena.note("operator", f"{member} hears the others again")


def answers(arena: Arena) -> bool:
    """Whether the API answers at its address."""
    # One that waits longer would not see when the address is back: TCP tries again after a second.
    curl = ("curl", "--silent", "--output", "/dev/null", "--max-time", "0.3", arena.url)
    done = subprocess.run(["ip", "netns", "exec", arena.lab.switch, *curl], check=False)
    return done.returncode == 0


_STEPS = re.compile(
    r"A processor failed|A new membership|State transition|Requesting (peer )?fencing"
    r"|Operation 'off'|Result of start operation for (res_|host-)|will be fenced"
)


def steps(arena: Arena, since: float) -> list[Moment]:
    """Return what the members that are left have logged on the way to the address' new place."""
    log = ("journalctl", "--output=short-unix", f"--since=@{since:.3f}", "--no-hostname")
    found: list[Moment] = []
    for member in arena.cluster.members:
        if not arena.cloud.is_on(member):
            continue
        for line in workings.run(arena, member, *log).splitlines():
            if _STEPS.search(line):
                at, _, text = line.partition(" ")
                found.append(Moment(float(at), member, text.strip()[:160]))
    return found


@pytest.mark.quick
def test_a_minority_never_fences_and_gives_up_its_address(arena: Arena) -> None:
    member = arena.holder()
    others = [name for name in arena.cluster.members if name != member]
    forget(arena, member, others)
    try:
        arena.await_(
            "the address is with the majority",
            lambda: set(arena.watch.holders()) & set(others),
            timeout=60,
        )
        arena.silent(60, lambda: arena.power() == [], "nothing is fenced")
        assert not arena.status(member).quorate
    finally:
        remember(arena, member)


def test_a_member_without_any_network_fences_nobody_and_gives_up_its_address(
    arena: Arena,
) -> None:
    member = arena.holder()
    arena.unplug(member)
    arena.broken.discard(member)
    arena.await_(
        "the address is elsewhere",
        lambda: arena.watch.holders() and member not in arena.watch.holders(),
        timeout=60,
    )
    arena.silent(45, lambda: arena.power() == [], "nothing is fenced")


def test_a_member_that_loses_only_the_network_of_the_hosts_gets_nobody_fenced(
    arena: Arena,
) -> None:
    # The unit that leads is to reach the hosts: it has them connected again.
    leads = workings.machine_of(arena, arena.leader("hacluster"))
    host = next(one for one in arena.cluster.hosts if arena.home(one) != leads)
    member = arena.home(host)
    forget(arena, member, arena.cluster.hosts)
    try:
        arena.await_lost(host)
        arena.silent(45, lambda: arena.power() == [], "nobody is switched off")

        def elsewhere() -> bool:
            arena.look(arena.leader("hacluster"))
            status = arena.status()
            return status.is_healthy and status.running[f"{host}.maas"] not in ((), (member,))

        arena.await_(f"{host} is watched by another member", elsewhere, timeout=180)
    finally:
        remember(arena, member)
    assert arena.power() == []


def test_a_host_whose_daemon_hangs_is_fenced(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.broken.add(host)
    workings.run(arena, host, "pkill", "-STOP", "-f", "pacemaker-remoted")
    arena.note("fault", f"{host}: pacemaker_remote hangs")
    arena.await_fenced(host)


def test_a_host_that_a_returning_member_calls_lost_is_connected_again(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    member = arena.home(host)
    arena.unplug(member)
    arena.broken.discard(member)
    arena.await_(
        f"{member} tells of {host}'s loss", lambda: _tells_of_loss(arena, member, host), 60
    )
    # The state that was changed more often is the one that all have when it is back.
    noise = 'for n in $(seq 300); do attrd_updater --name noise --update "$n" --delay 0; done'
    workings.run(arena, member, "bash", "-c", noise, timeout=120)
    arena.plug(member)

    def connected() -> bool:
        arena.look(arena.leader("hacluster"))
        return arena.status().is_healthy

    arena.await_("everybody is online", connected, timeout=180)
    assert arena.power() == []


def _tells_of_loss(arena: Arena, member: str, host: str) -> bool:
    failure = f"{host}.maas_last_failure_0"
    return failure in workings.run(arena, member, "cibadmin", "--query", "--local")


def test_a_member_that_dies_while_it_fences_leaves_it_to_another(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    arena.knob("power-latency", 8.0, host)
    arena.unplug(host)
    arena.await_("MAAS was told", lambda: arena.power(host), timeout=60)
    addresses = {
        arena.cloud.instance(name).addresses["oam"]: name for name in arena.cluster.members
    }
    fencing = addresses[arena.client_of_last_power_off()]
    # Another coordinator begins anew; the same one waits for the dead one's answer first.
    role = "is" if arena.status().coordinator == fencing else "is not"
    cut = arena.cut_power(fencing)
    arena.broken.discard(fencing)
    # 1.2 times fencing-timeout, and all of it anew.
    arena.await_fenced(host, timeout=240)
    arena.note("arena", f"{time.time() - cut:.1f} s after its death; {fencing} {role} coordinator")


def test_the_hosts_of_a_member_that_dies_are_left_alone(arena: Arena) -> None:
    host = arena.cluster.hosts[0]
    member = arena.home(host)
    arena.cut_power(member)
    arena.broken.discard(member)
    arena.await_(
        f"{host} is connected to another member",
        lambda: (
            (running := arena.status().running.get(f"{host}.maas"))
            and running != (member,)
            and arena.status().nodes[host].online
        ),
        timeout=60,
    )
    arena.silent(45, lambda: arena.power() == [], "nothing is fenced")


@pytest.mark.parametrize("coordinator", [False, True], ids=["a member", "the coordinator"])
@pytest.mark.parametrize("later", [False, True], ids=["together", "noticed before"])
def test_a_host_that_dies_with_the_member_that_watches_it_is_fenced(
    arena: Arena, later: bool, coordinator: bool
) -> None:
    decides = arena.status().coordinator
    homes = {host: arena.home(host) for host in arena.cluster.hosts}
    host, member = next(pair for pair in homes.items() if (pair[1] == decides) is coordinator)
    arena.unplug(host)
    if later:
        arena.await_lost(host)
    cut = arena.cut_power(member)
    arena.broken.discard(member)
    # What it knew of the loss is gone with it: the others find out by connecting in vain.
    arena.await_fenced(host, timeout=180)
    arena.moments += steps(arena, cut)


def test_the_address_of_a_member_that_loses_its_power_answers_elsewhere(arena: Arena) -> None:
    wait_for("the API answers", lambda: answers(arena), timeout=60)
    member = arena.holder()
    role = "is" if arena.status().coordinator == member else "is not"
    cut = arena.cut_power(member)
    arena.broken.discard(member)
    wait_for("the API answers again", lambda: answers(arena), timeout=60, every=0.1)
    gap = arena.note("arena", "the API answers again") - cut
    arena.note("arena", f"a gap of {gap:.1f} s; {member} {role} coordinator")
    arena.moments += steps(arena, cut)


@pytest.mark.parametrize("daemon", ["corosync", "pacemaker-controld", "pacemaker-fenced"])
def test_a_killed_daemon_comes_back_and_nobody_is_fenced(arena: Arena, daemon: str) -> None:
    member = arena.holder()
    arena.cloud.run(member, ["/usr/bin/pkill", "-KILL", "--full", f"/{daemon}( |$)"])
    arena.note("fault", f"{daemon} on {member} is killed")
    arena.silent(60, lambda: arena.power() == [], "nothing is fenced")


def test_a_member_whose_disk_is_full_harms_nobody(arena: Arena) -> None:
    member = arena.holder()
    # A small disk over the one directory that Pacemaker writes to all the time.
    directory = "/var/lib/pacemaker/cib"
    fill = (
        f"set -e; cp -a {directory} /run/cib.kept; mount -t tmpfs -o size=256k tmpfs {directory};"
        f" cp -a /run/cib.kept/. {directory}/ || true; chown hacluster:haclient {directory};"
        f" dd if=/dev/zero of={directory}/ballast bs=4k || true"
    )
    done = arena.cloud.run(member, ["/bin/sh", "-c", fill])
    assert done.returncode == 0, done.stderr
    arena.note("fault", f"the disk of {member} is full")
    try:
        host = arena.cluster.hosts[0]
        arena.unplug(host)
        arena.await_fenced(host)
        arena.silent(
            30, lambda: {e["machine"] for e in arena.power()} == {host}, "no more fencing"
        )
    finally:
        arena.cloud.run(member, ["/usr/bin/umount", "--lazy", directory])
        arena.note("operator", f"{member} has room again")
