# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Method auto: the instances of a failed node go to any node of the segment."""

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from tests.guide.tables import (
    NODE_01,
    NODE_02,
    NODE_10,
    host_of,
    nova_table,
    segment,
    segment_table,
)


@pytest.fixture(scope="module")
def guests(stage: Stage) -> dict[str, str]:
    return stages.boot(stage, ("focal-1",), NODE_01)


def test_all_nodes_are_active_and_none_is_reserved(
    openstack: OpenStack, guests: dict[str, str]
) -> None:
    segment(openstack, "S2", "auto", NODE_01, NODE_02, NODE_10)
    assert segment_table(openstack, "S2") == {
        (NODE_10, False, False),
        (NODE_02, False, False),
        (NODE_01, False, False),
    }


def test_an_instance_of_a_failed_node_is_on_another_one(
    stage: Stage, openstack: OpenStack, guests: dict[str, str]
) -> None:
    acts.lose_hypervisor(stage, NODE_01, guests, acts.cut_primary_nic)
    assert host_of(openstack, "focal-1") in (NODE_02, NODE_10)


def test_the_failed_node_is_on_maintenance_and_nothing_else_has_changed(
    openstack: OpenStack,
) -> None:
    assert segment_table(openstack, "S2") == {
        (NODE_10, False, False),
        (NODE_02, False, False),
        (NODE_01, False, True),
    }
    assert nova_table(openstack) == {
        (NODE_10, "enabled", "up"),
        (NODE_02, "enabled", "up"),
        (NODE_01, "disabled", "down"),
    }


def test_a_host_that_was_left_out_of_service_is_named(stage: Stage) -> None:
    said = stage.juju.run("masakari/leader", "validate", wait=120).results
    assert said["ready"] == "no"
    assert f"{NODE_01}: on maintenance" in said["problems"]


def test_resume_host_brings_the_failed_node_back(stage: Stage, openstack: OpenStack) -> None:
    acts.return_hypervisor(stage, NODE_01)
    assert (NODE_01, "enabled", "up") in nova_table(openstack)
    assert (NODE_01, False, False) in segment_table(openstack, "S2")
    stages.boot(stage, ("back-home",), NODE_01)
