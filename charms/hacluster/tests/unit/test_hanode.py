# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What units tell each other."""

import hanode


def peer(number: int, **values: object) -> hanode.Peer:
    given = {"hostname": f"node-{number}", "address": f"10.0.0.{number}", "ready": True, **values}
    return hanode.Peer(unit=f"hacluster/{number}", **given)  # type: ignore[arg-type]


def test_a_member_is_called_by_its_units_number_as_ever():
    assert hanode.node_id("hacluster/12") == 1012


def test_what_is_written_is_read_back_in_bare_words():
    me = peer(1, member_ready=True, ring=frozenset({1001, 1000}), transport="knet")
    wire = hanode.write(me)
    assert wire == {
        "hostname": "node-1",
        "private-address": "10.0.0.1",
        "ready": "True",
        "member_ready": "True",
        "ring": "1000 1001",
        "keys": "",
        "links": "",
        "transport": "knet",
        "switch": "",
    }
    assert hanode.read("hacluster/1", wire) == me


def test_nothing_is_said_of_what_is_not_so():
    assert hanode.write(peer(1, ready=False))["ready"] == ""


def test_no_ring_before_enough_are_ready():
    assert hanode.ring_nodes([peer(0), peer(1)], count=3, formed=False) == frozenset()
    late = peer(2, ready=False)
    assert hanode.ring_nodes([peer(0), peer(1), late], count=3, formed=False) == frozenset()


def test_enough_make_a_ring():
    ring = hanode.ring_nodes([peer(0), peer(1), peer(2)], count=3, formed=False)
    assert {node.id for node in ring} == {1000, 1001, 1002}


def test_a_ring_that_has_formed_shrinks_below_the_count():
    ring = hanode.ring_nodes([peer(0), peer(1)], count=3, formed=True)
    assert len(ring) == 2


def test_a_unit_that_has_not_told_its_address_is_not_in_the_ring():
    ring = hanode.ring_nodes([peer(0), peer(1, address="")], count=1, formed=True)
    assert {node.name for node in ring} == {"node-0"}


def test_a_member_that_does_not_tell_its_keys_is_the_predecessors():
    ours, new = peer(0, member_ready=True, keys="k"), peer(1)
    theirs = peer(2, member_ready=True)
    assert hanode.unrefreshed([ours, new, theirs]) == (theirs.unit,)


NOBODY: frozenset[int] = frozenset()


def test_a_unit_joins_when_every_member_lets_it():
    ring = frozenset({1000, 1001})
    members = [peer(0, member_ready=True, ring=ring), peer(1, member_ready=True, ring=ring)]
    assert not hanode.may_join(peer(2), members, NOBODY)
    told = [
        peer(number, member_ready=True, ring=frozenset({1000, 1001, 1002})) for number in (0, 1)
    ]
    assert hanode.may_join(peer(2), told, NOBODY)
    assert not hanode.may_join(peer(2), [told[0], members[1]], NOBODY)


def test_a_unit_that_has_not_heard_of_every_member_yet_waits():
    # Juju tells of them one after the other, and two make three with the unit itself.
    ring = frozenset({1000, 1001, 1002, 1003})
    members = [peer(number, member_ready=True, ring=ring) for number in range(3)]
    assert not hanode.may_join(peer(3), members[:2], NOBODY)
    assert hanode.may_join(peer(3), members, NOBODY)


def test_new_units_that_have_heard_only_of_each_other_make_no_cluster_of_their_own():
    ring = frozenset({1000, 1001, 1002})
    assert not hanode.may_join(peer(3), [peer(4), peer(5)], ring)
    assert hanode.members_of({"ring": "1000 1002 x"}) == {1000, 1002}


def test_the_first_members_and_those_of_a_predecessor_wait_for_nobody():
    assert hanode.may_join(peer(2), [peer(0), peer(1)], NOBODY)
    assert hanode.may_join(peer(2), [peer(0, member_ready=True)], NOBODY)


def test_who_joins_a_ring_has_its_transport():
    assert hanode.transport("", [peer(0), peer(2, transport="knet")]) == ""
    member = peer(0, member_ready=True, transport="udpu")
    assert hanode.transport("", [peer(2, member_ready=True), member]) == "udpu"
    assert hanode.transport("udp", [member]) == "udp"
