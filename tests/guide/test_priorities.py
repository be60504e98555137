# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Methods rh_priority and auto_priority: when the first way is impossible, the other is gone."""

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


def test_rh_priority_without_a_reserve_goes_anywhere(stage: Stage, openstack: OpenStack) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    segment(openstack, "S1", "rh_priority", NODE_01, NODE_02, NODE_10)
    acts.lose_hypervisor(stage, NODE_02, guests)
    assert host_of(openstack, "focal-1") in (NODE_01, NODE_10)
    assert (NODE_02, False, True) in segment_table(openstack, "S1")
    acts.return_hypervisor(stage, NODE_02)
    openstack.run("server", "delete", "--wait", "focal-1")


def test_auto_priority_without_a_free_host_goes_to_the_reserve(
    stage: Stage, openstack: OpenStack
) -> None:
    guests = stages.boot(stage, ("focal-2",), NODE_02)
    openstack.run("segment", "update", "--recovery_method", "auto_priority", "S1")
    stage.juju.run("masakari/leader", "set-reserved", {"host": NODE_01}, wait=120)
    openstack.run("compute", "service", "set", "--disable", NODE_10, "nova-compute")
    acts.lose_hypervisor(stage, NODE_02, guests)
    assert host_of(openstack, "focal-2") == NODE_01
    assert nova_table(openstack) == {
        (NODE_01, "enabled", "up"),
        (NODE_10, "disabled", "up"),
        (NODE_02, "disabled", "down"),
    }
    assert segment_table(openstack, "S1") == {
        (NODE_01, False, False),
        (NODE_10, False, False),
        (NODE_02, False, True),
    }
    openstack.run("compute", "service", "set", "--enable", NODE_10, "nova-compute")
    acts.return_hypervisor(stage, NODE_02)
