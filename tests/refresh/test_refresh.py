# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Refreshed from the predecessors: nobody notices, and what was theirs is ours.

The tests of one case belong together and run in this order: the last one breaks something.
"""

import xml.etree.ElementTree as ET

from tests.faults.arena import Arena
from tests.refresh.cases import Case
from tests.refresh.snapshot import KEYS
from tests.refresh.story import Story

_DEVICES = {"st-maas", "st-null", "st-members"}
_READY = "Unit is ready and clustered"
_PUBLIC = f"{_READY} (with the predecessor's key, which is public: run rotate-keys)"


def _homes(locations: dict[str, ET.Element]) -> dict[str, str]:
    return {
        each.get("rsc", ""): each.get("node", "")
        for each in locations.values()
        if each.get("score") == "200"
    }


# Before


def test_the_predecessors_have_left_what_they_leave(story: Story):
    before = story.before
    device = before.device("st-maas")
    assert device is not None
    assert (device["type"], "apikey" in device) == ("external/maas", True)
    assert before.device("st-null") is not None
    members, hosts = story.arena.cluster.members, story.arena.cluster.hosts
    placed = ["grp_anchor_vips", "cl_res_anchor_haproxy", "st-maas", "st-null"]
    placed += [f"{host}.maas" for host in hosts]
    assert set(before.locations()) == {f"loc-{name}-{m}" for name in placed for m in members}
    assert {before.modes[host, KEYS[1]] for host in hosts} == {"444 hacluster:haclient"}
    assert {before.ring[member, "transport"] for member in members} == {"udpu"}
    assert set(before.foreign.values()) == {"active"}


# Meanwhile


def test_the_address_stayed_where_it_was_and_answered_all_the_time(story: Story):
    assert len(story.arena.watch.moves) == 1, story.arena.watch.moves
    assert len(story.probe.answers) == 1
    assert story.probe.misses == 0
    assert story.probe.longest < 3


def test_no_daemon_was_restarted(story: Story):
    for look in story.snapshots:
        assert look.daemons == story.before.daemons, look.when
    assert "0" not in story.before.daemons.values()


def test_the_ring_stayed_as_it_was(story: Story):
    for look in story.snapshots:
        assert look.ring == story.before.ring, look.when


def test_nothing_began_or_ended_but_the_devices_that_fence(story: Story):
    for look in story.snapshots:
        assert look.operations == story.before.operations, look.when
    assert {name for _, name in story.executed()} == _DEVICES


def test_maas_was_told_to_switch_nothing(story: Story):
    assert story.arena.power() == []


def test_units_of_both_kinds_get_on_with_each_other(story: Story, case: Case):
    assert (story.behind == story.leader) == case.leader_last
    ready = _PUBLIC if case.public_key else _READY
    for unit, text in story.told.items():
        if unit == story.behind:
            assert text == _READY
        elif case.leader_last:
            assert text == "Waiting for the leader to make the cluster's keys"
        elif unit == story.leader:
            assert text == f"Waiting for the refresh of {story.behind}"
        else:
            assert text == ready


def test_the_configuration_stays_the_predecessors_until_all_members_are_ours(story: Story):
    (look,) = (look for look in story.snapshots if look.when.startswith("hacluster is ours but"))
    assert ET.tostring(look.configuration) == ET.tostring(story.before.configuration)


# After


def test_the_keys_are_the_same_and_less_people_can_read_them(story: Story):
    for look in story.snapshots:
        assert look.keys == story.before.keys, look.when
    modes = {
        path: {story.after.modes[m, p] for m, p in story.after.modes if p == path} for path in KEYS
    }
    assert modes == {KEYS[0]: {"400 root:root"}, KEYS[1]: {"640 root:haclient"}}


def test_the_fencing_devices_are_ours_and_the_key_of_maas_is_not_in_the_configuration(
    story: Story,
):
    device = story.after.device("st-maas")
    assert device is not None
    assert device["type"] == "fence_maas"
    assert len(device["pcmk_host_map"].split(";")) == len(story.arena.cluster.hosts)
    assert story.after.device("st-null") is None
    assert story.after.device("st-members") is not None
    key = story.before.device("st-maas") or {}
    assert key["apikey"] not in ET.tostring(story.after.configuration, encoding="unicode")


def test_locations_are_rules_and_connections_are_at_home_where_they_were(story: Story):
    locations = story.after.locations()
    assert not [each for each in locations.values() if each.get("score") == "0"]
    assert _homes(locations) == _homes(story.before.locations())


def test_hosts_do_not_run_the_daemon_of_the_ring_any_more(story: Story):
    assert set(story.after.foreign.values()) == {"inactive"}


def test_the_status_names_a_key_that_is_public(story: Story, case: Case):
    expected = _PUBLIC if case.public_key else _READY
    assert set(story.said().values()) == {expected}


def test_a_second_look_changes_nothing(story: Story):
    story.arena.recover()


def test_a_host_that_is_lost_then_is_fenced_by_our_device(story: Story):
    arena: Arena = story.arena
    host = arena.cluster.hosts[0]
    arena.unplug(host)
    arena.await_fenced(host)
    assert not arena.cloud.is_on(host)
    assert {event["machine"] for event in arena.power()} == {host}
    arena.judge()
