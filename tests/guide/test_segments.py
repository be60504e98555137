# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Segments and their hosts by the guide's commands: create, list, show, update, delete."""

import jubilant
import pytest

from lab.story.openstack import OpenStack
from tests.guide.tables import NODE_01, NODE_02, NODE_10, segment, segment_table


def segments(openstack: OpenStack) -> dict[str, dict[str, object]]:
    return {str(row["name"]): dict(row) for row in openstack.list("segment", "list")}


def test_a_segment_shows_what_the_guide_shows(openstack: OpenStack) -> None:
    openstack.run("segment", "create", "S2", "auto", "COMPUTE")
    row = segments(openstack)["S2"]
    assert {"uuid", "name", "description", "service_type", "recovery_method"} <= set(row)
    assert (row["service_type"], row["recovery_method"]) == ("COMPUTE", "auto")
    assert row["description"] in (None, "None", "")


def test_a_segment_can_be_shown_by_name(openstack: OpenStack) -> None:
    shown = openstack.show("segment", "show", "S2")
    assert (shown["name"], shown["recovery_method"]) == ("S2", "auto")


def test_hosts_are_added_and_one_of_them_is_reserved(openstack: OpenStack) -> None:
    for host in (NODE_10, NODE_02):
        openstack.run("segment", "host", "create", host, "COMPUTE", "SSH", "S2")
    openstack.run(
        *("segment", "host", "create", "--reserved", "True", NODE_01, "COMPUTE", "SSH", "S2")
    )
    assert segment_table(openstack, "S2") == {
        (NODE_01, True, False),
        (NODE_10, False, False),
        (NODE_02, False, False),
    }


def test_a_host_can_be_shown_by_name(openstack: OpenStack) -> None:
    shown = openstack.show("segment", "host", "show", "S2", NODE_01)
    assert (shown["name"], shown["reserved"], shown["on_maintenance"]) == (NODE_01, True, False)
    assert (shown["type"], shown["control_attributes"]) == ("COMPUTE", "SSH")


def test_the_reserved_status_is_updated(openstack: OpenStack) -> None:
    openstack.run("segment", "host", "update", "--reserved=False", "S2", NODE_01)
    assert (NODE_01, False, False) in segment_table(openstack, "S2")


@pytest.mark.parametrize("method", ["reserved_host", "rh_priority", "auto_priority", "auto"])
def test_the_recovery_method_is_updated(openstack: OpenStack, method: str) -> None:
    openstack.run(
        *("segment", "update", "--recovery_method", method, "--service_type", "COMPUTE", "S2")
    )
    assert segments(openstack)["S2"]["recovery_method"] == method


def test_an_unknown_method_is_refused(openstack: OpenStack) -> None:
    with pytest.raises(jubilant.TaskError) as refused:
        openstack.run("segment", "create", "S3", "by-hand", "COMPUTE")
    assert "by-hand" in str(refused.value)


def test_a_host_that_nova_does_not_know_is_refused(openstack: OpenStack) -> None:
    with pytest.raises(jubilant.TaskError) as refused:
        openstack.run("segment", "host", "create", "nobody.maas", "COMPUTE", "SSH", "S2")
    assert "nobody.maas" in str(refused.value)


def test_a_node_is_in_one_segment_until_it_is_removed_from_it(openstack: OpenStack) -> None:
    segment(openstack, "S1", "auto")
    with pytest.raises(jubilant.TaskError) as refused:
        openstack.run("segment", "host", "create", NODE_02, "COMPUTE", "SSH", "S1")
    assert NODE_02 in str(refused.value)
    openstack.run("segment", "host", "delete", "S2", NODE_02)
    openstack.run("segment", "host", "create", NODE_02, "COMPUTE", "SSH", "S1")
    assert segment_table(openstack, "S1") == {(NODE_02, False, False)}
    assert {name for name, *_ in segment_table(openstack, "S2")} == {NODE_01, NODE_10}


def test_segments_are_deleted(openstack: OpenStack) -> None:
    openstack.run("segment", "delete", "S1")
    openstack.run("segment", "delete", "S2")
    assert segments(openstack) == {}
