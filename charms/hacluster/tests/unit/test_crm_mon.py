# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the cluster says of itself; the data is Pacemaker 3.0's own."""

from collections.abc import Callable

import pytest

import crm_mon


@pytest.fixture
def status(data: Callable[[str], str]) -> crm_mon.Status:
    return crm_mon.parse(data("crm_mon-unclean.xml"))


def test_the_cluster_has_a_coordinator_and_quorum(status: crm_mon.Status):
    assert (status.dc, status.quorate, status.maintenance, status.fencing) == (
        "node-03",
        True,
        False,
        True,
    )


def test_members_and_remotes_are_told_apart(status: crm_mon.Status):
    assert [node.name for node in status.members] == ["node-01", "node-02", "node-03"]
    assert [(node.name, node.online, node.unclean) for node in status.remotes] == [
        ("virt-node-01.maas", False, True),
        ("virt-node-02.maas", True, False),
    ]


def test_a_member_is_known_by_its_id_in_the_ring(status: crm_mon.Status):
    node = status.node("node-02")
    assert node is not None
    assert node.id == "1002"


def test_groups_and_clones_exist_by_their_names(status: crm_mon.Status):
    for name in ("grp_p_vips", "res_p_d9411c8_vip", "cl_res_p_haproxy", "res_p_haproxy"):
        assert status.has_resource(name)
    assert not status.has_resource("res_p")


def test_a_resource_runs_if_it_runs_anywhere(status: crm_mon.Status):
    assert status.runs("res_p_d9411c8_vip", "node-01")
    assert not status.runs("st-maas", "node-01")


def test_an_instance_of_a_clone_must_run_here(status: crm_mon.Status):
    assert status.runs("res_p_haproxy", "node-01")
    assert not status.runs("res_p_haproxy", "virt-node-02.maas")


def test_a_cluster_without_a_coordinator_has_none():
    found = crm_mon.parse("<r><summary><current_dc present='false'/></summary></r>")
    assert (found.dc, found.quorate) == (None, False)


def test_the_report_shows_what_was_asked_for(data: Callable[[str], str]):
    text = data("crm_mon-unclean.xml")
    report = crm_mon.report(text, resources=True, history=False)
    assert report["crm_mon_version"] == "3.0.0-3.0.0"
    assert set(report) == {"crm_mon_version", "summary", "nodes", "resources"}
    resources = report["resources"]
    assert isinstance(resources, dict)
    assert set(resources) == {"groups", "clones", "primitives"}
    assert "st-members" in resources["primitives"]
    history = crm_mon.report(text, resources=False, history=True)
    assert "resources" not in history
    assert isinstance(history["history"], dict)
    assert "st-maas" in history["history"]["node-03"]


def test_the_fencing_history_is_told_newest_first(data: Callable[[str], str]):
    events = crm_mon.fence_events(data("crm_mon-unclean.xml"))
    assert [event.status for event in events] == [
        "pending",
        "failed",
        "failed",
        "failed",
        "success",
    ]
    assert events[0].completed == ""
    assert events[-1] == crm_mon.FenceEvent(
        "virt-node-02.maas", "off", "success", "node-01", "2026-11-23 04:59:12"
    )
    assert crm_mon.fence_events("") == ()
