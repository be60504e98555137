# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What units tell each other."""

from collections.abc import Iterable

import corosync
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


def ids(nodes: Iterable[corosync.Node]) -> set[int]:
    return {node.id for node in nodes}


def member(number: int, *ring: int, **values: object) -> hanode.Peer:
    return peer(number, member_ready=True, ring=frozenset(1000 + each for each in ring), **values)


def test_no_ring_before_enough_are_ready():
    assert hanode.first_nodes([peer(0), peer(1)], count=3) == frozenset()
    late = peer(2, ready=False)
    assert hanode.first_nodes([peer(0), peer(1), late], count=3) == frozenset()


def test_enough_make_a_ring():
    assert ids(hanode.first_nodes([peer(0), peer(1), peer(2)], count=3)) == {1000, 1001, 1002}


def test_a_member_that_does_not_tell_its_keys_is_the_predecessors():
    ours, new = peer(0, member_ready=True, keys="k"), peer(1)
    theirs = peer(2, member_ready=True)
    assert hanode.unrefreshed([ours, new, theirs]) == (theirs.unit,)


def test_a_unit_joins_when_every_member_lets_it():
    new = peer(2)
    not_yet = [member(0, 0, 1), member(1, 0, 1)]
    assert not hanode.first_nodes([new, *not_yet], count=3)
    assert not hanode.first_nodes([new, member(0, 0, 1, 2), not_yet[1]], count=3)
    told = [member(0, 0, 1, 2), member(1, 0, 1, 2)]
    assert ids(hanode.first_nodes([new, *told], count=3)) == {1000, 1001, 1002}


def test_a_unit_that_has_not_heard_of_every_member_yet_waits():
    # Juju tells of them one after the other, and two make three with the unit itself.
    members = [member(number, 0, 1, 2, 3) for number in range(3)]
    assert not hanode.first_nodes([peer(3), *members[:2]], count=3)
    assert hanode.first_nodes([peer(3), *members], count=3)


def test_new_units_that_have_heard_only_of_each_other_make_no_cluster_of_their_own():
    ring = frozenset({1000, 1001, 1002})
    assert not hanode.first_nodes([peer(3), peer(4), peer(5)], count=3, ring=ring)
    assert hanode.members_of({"ring": "1000 1002 x"}) == {1000, 1002}


def test_the_first_members_and_those_of_a_predecessor_wait_for_nobody():
    assert hanode.first_nodes([peer(2), peer(0), peer(1)], count=3)
    assert hanode.first_nodes([peer(2), peer(0, member_ready=True), peer(1)], count=3)


def test_a_unit_that_joins_expects_no_more_votes_than_the_members_do():
    told = [member(number, 0, 1, 2, 3) for number in range(3)]
    assert ids(hanode.first_nodes([peer(3), *told, peer(4), peer(5)], count=3)) == {
        1000,
        1001,
        1002,
        1003,
    }


def test_a_ring_that_has_formed_shrinks_to_whoever_is_left():
    assert ids(
        hanode.ring_nodes([member(0), member(1)], present=frozenset({1000, 1001, 1002}))
    ) == {
        1000,
        1001,
    }


def test_a_unit_that_has_not_told_its_address_is_not_in_the_ring():
    assert ids(hanode.ring_nodes([member(0), peer(1, address="")], present=frozenset())) == {1000}


def test_newcomers_are_let_in_one_by_one():
    members = [member(number) for number in range(3)]
    new = [peer(number) for number in (3, 4, 5)]
    present = frozenset({1000, 1001, 1002})
    assert ids(hanode.ring_nodes([*members, *reversed(new)], present=present)) == present | {1003}
    # As long as the first has not come the next one waits.
    waiting = present | {1003}
    assert ids(hanode.ring_nodes([*members, *new], present=waiting)) == waiting
    come = [*members, member(3), *new[1:]]
    assert ids(hanode.ring_nodes(come, present=waiting)) == waiting | {1004}


def test_a_unit_that_cannot_join_yet_keeps_nobody_waiting():
    found = hanode.ring_nodes([member(0), peer(1, ready=False), peer(2)], present=frozenset())
    assert ids(found) == {1000, 1002}


def test_a_ring_that_forms_waits_for_all_it_was_formed_with_before_it_takes_in_more():
    formed = frozenset({1000, 1001, 1002})
    found = hanode.ring_nodes([member(0), peer(1), peer(2), peer(3)], present=formed)
    assert ids(found) == formed


def test_who_joins_a_ring_has_its_transport():
    assert hanode.transport("", [peer(0), peer(2, transport="knet")]) == ""
    member = peer(0, member_ready=True, transport="udpu")
    assert hanode.transport("", [peer(2, member_ready=True), member]) == "udpu"
    assert hanode.transport("udp", [member]) == "udp"
