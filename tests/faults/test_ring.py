# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Changes of the ring under a cluster that runs: its keys, its members, its leader."""

from tests.faults import workings
from tests.faults.arena import Arena


def assert_undisturbed(arena: Arena, before: dict[str, str]) -> None:
    """See that members went on running, and had quorum all the time."""
    for member, starts in before.items():
        assert workings.starts(arena, member) == starts, f"{member} restarted"
        assert workings.without_quorum(arena, member) == []


def starts(arena: Arena, members: list[str]) -> dict[str, str]:
    """Return what changes when a daemon of these members starts."""
    return {member: workings.starts(arena, member) for member in members}


def test_keys_are_rotated_under_a_running_cluster_and_hosts_are_protected_afterwards(
    arena: Arena,
) -> None:
    members, hosts = arena.cluster.members, arena.cluster.hosts
    holder = arena.holder()
    before = starts(arena, members)
    rings = {member: workings.ring_id(arena, member) for member in members}
    old = workings.keys(arena, members[0])
    arena.note("operator", f"rotate-keys: {arena.act('rotate-keys')}")

    def done() -> bool:
        found = {workings.keys(arena, member) for member in members}
        there = {workings.keys(arena, host) for host in hosts}
        return (
            len(found) == 1
            and not set(old) & set(*found)
            and there == {(next(iter(found))[-1],)}
            and workings.left_alone(arena) == []
        )

    arena.await_("everybody has the new keys, and nobody is left alone", done, timeout=300)
    assert_undisturbed(arena, before)
    assert {member: workings.ring_id(arena, member) for member in members} == rings
    assert arena.holder() == holder
    assert arena.power() == []
    arena.unplug(hosts[0])
    arena.await_fenced(hosts[0])
    # A member that starts with what is on its disk is let in only by a ring that has the new key.
    late = next(member for member in members if member != holder)
    arena.cut_power(late)
    arena.broken.discard(late)


def test_the_ring_takes_another_transport_and_back_and_all_goes_on_meanwhile(arena: Arena) -> None:
    members, host = arena.cluster.members, arena.cluster.hosts[0]
    holder = arena.holder()
    for wanted, named in (("unicast", "udpu"), ("knet", "knet")):
        told = arena.act("switch-transport", transport=wanted)
        arena.note("operator", f"switch-transport transport={wanted}: {told['result']}")

        def done(named: str = named) -> bool:
            if {workings.transport(arena, member) for member in members} != {named}:
                return False
            if arena.cluster.status() is None:
                return False
            return workings.left_alone(arena) == [] and "nothing is watched" not in str(
                arena.messages()
            )

        arena.await_(f"the ring has {named} and the cluster is at work", done, timeout=600)
        arena.await_whole(timeout=120)
        assert not [text for text in arena.messages() if "stays on" in text]
        assert arena.holder() == holder
    assert arena.power() == []
    assert [move.what for move in arena.watch.moves] == [f"the address is on {holder}"]
    arena.unplug(host)
    arena.await_fenced(host)


def test_members_come_and_go_without_a_restart_of_the_others(arena: Arena) -> None:
    members = arena.cluster.members
    before = starts(arena, members)
    new = workings.add(arena, "anchor", 2)
    arena.await_whole(timeout=1200)
    everybody = {*members, *new}
    assert set(arena.cluster.members) == everybody
    for member in sorted(everybody):
        assert workings.expected_votes(arena, member) == 5
        assert workings.ring_members(arena, member) == everybody
        assert workings.known_members(arena, member) == everybody
    assert_undisturbed(arena, before)
    for member in new:
        workings.remove(arena, "anchor", member)
        workings.await_gone(arena, member, timeout=900)
    arena.await_whole(timeout=300)
    assert_undisturbed(arena, before)
    for member in members:
        assert workings.expected_votes(arena, member) == 3
        assert workings.ring_members(arena, member) == set(members)
        assert workings.known_members(arena, member) == set(members)
    assert arena.power() == []


def test_a_unit_that_is_added_has_the_transport_of_the_ring_and_not_the_options(
    arena: Arena,
) -> None:
    members = arena.cluster.members
    before = starts(arena, members)
    (has,) = {workings.transport(arena, member) for member in members}
    assert has == "knet"
    arena.juju.config("hacluster", {"corosync_transport": "unicast"})
    arena.note("operator", "corosync_transport=unicast")
    try:
        (new,) = workings.add(arena, "anchor")
        arena.await_whole(timeout=1200)
        assert workings.known_members(arena, new) == {*members, new}
        assert {workings.transport(arena, member) for member in (*members, new)} == {has}
        workings.remove(arena, "anchor", new)
        workings.await_gone(arena, new, timeout=900)
        arena.await_whole(timeout=300)
    finally:
        arena.juju.config("hacluster", reset="corosync_transport")
    assert {workings.transport(arena, member) for member in members} == {has}
    assert_undisturbed(arena, before)
    assert arena.power() == []


def test_when_the_leaders_machine_is_lost_another_leads_and_works(arena: Arena) -> None:
    leader = arena.leader("hacluster")
    machine = workings.machine_of(arena, leader)
    others = [member for member in arena.cluster.members if member != machine]
    before = starts(arena, others)
    arena.cut_power(machine)
    arena.broken.discard(machine)
    arena.await_(
        "another unit leads", lambda: arena.leader("hacluster") not in ("", leader), timeout=180
    )
    try:
        arena.juju.config("hacluster", {"cluster_recheck_interval": 61})
        arena.await_(
            "what an operator changes reaches the cluster",
            lambda: 'value="61"' in arena.cluster.configuration(),
            timeout=90,
        )
    finally:
        arena.juju.config("hacluster", reset="cluster_recheck_interval")
    assert_undisturbed(arena, before)
    assert arena.power() == []


def test_members_are_rebooted_one_by_one(arena: Arena) -> None:
    members = arena.cluster.members
    for member in members:
        before = starts(arena, [other for other in members if other != member])
        arena.note("operator", f"{member} reboots")
        arena.cloud.run(member, ["systemctl", "poweroff"])
        arena.await_(f"{member} is down", lambda m=member: not arena.cloud.is_on(m), timeout=120)
        arena.cloud.power_on(member)
        arena.cloud.wait(member)
        arena.await_whole(timeout=240)
        assert_undisturbed(arena, before)
    assert arena.power() == []


def test_nonsense_about_the_ring_is_refused(arena: Arena) -> None:
    leader = arena.leader("hacluster")
    other = next(unit for unit in arena.units("hacluster") if unit != leader)
    member = arena.cluster.members[0]
    really = {"i-really-mean-it": True}
    assert "i-really-mean-it" in arena.refusal(
        leader, "update-ring", **{"i-really-mean-it": False}
    )
    assert "leader" in arena.refusal(other, "update-ring", **really)
    assert "leader" in arena.refusal(other, "delete-node-from-ring", node=member)
    assert "not a member" in arena.refusal(leader, "delete-node-from-ring", node="nobody")
    host = arena.cluster.hosts[0]
    assert "not a member" in arena.refusal(leader, "delete-node-from-ring", node=f"{host}.maas")
    assert "Still online" in arena.refusal(leader, "delete-node-from-ring", node=member)
    assert arena.act("update-ring", **really)["result"] == "No changes required."
    for one in arena.cluster.members:
        assert workings.known_members(arena, one) == set(arena.cluster.members)


def test_a_lost_member_that_was_deleted_is_back_when_its_machine_is(arena: Arena) -> None:
    leader = workings.machine_of(arena, arena.leader("hacluster"))
    members = arena.cluster.members
    lost = next(member for member in members if member != leader)
    arena.cut_power(lost)
    arena.broken.discard(lost)
    arena.await_(
        f"{lost} is offline",
        lambda: not (node := arena.status().nodes[lost]).online and not node.unclean,
        timeout=60,
    )
    result = arena.act("delete-node-from-ring", node=lost)
    arena.note("operator", f"delete-node-from-ring: {result}")
    rest = {member for member in members if member != lost}
    arena.await_(
        f"nobody remembers {lost}",
        lambda: all(lost not in workings.known_members(arena, member) for member in rest),
        timeout=30,
    )


def test_a_lost_member_whose_unit_is_removed_by_force_is_forgotten_and_replaced(
    arena: Arena,
) -> None:
    leader = workings.machine_of(arena, arena.leader("hacluster"))
    members = arena.cluster.members
    lost = next(member for member in members if member != leader)
    rest = [member for member in members if member != lost]
    before = starts(arena, rest)
    arena.cut_power(lost)
    arena.broken.discard(lost)
    arena.await_(f"{lost} is missed", lambda: not arena.status().nodes[lost].online, timeout=60)
    workings.remove(arena, "anchor", lost, force=True)
    workings.await_gone(arena, lost)
    arena.await_(
        f"nobody remembers {lost}",
        lambda: all(
            lost not in {*workings.known_members(arena, m), *workings.ring_members(arena, m)}
            for m in rest
        ),
        timeout=120,
    )
    (new,) = workings.add(arena, "anchor")
    arena.await_whole(timeout=1200)
    assert_undisturbed(arena, before)
    assert workings.known_members(arena, new) == {*rest, new}
    assert arena.power() == []
