# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A recovery that could not end well is repeated by its operator, once the reason is mended."""

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage, is_active
from tests.guide.tables import NODE_01, NODE_02, NODE_10, segment
from tests.guide.test_actions import refused


def test_instances_that_had_nowhere_to_go(stage: Stage, openstack: OpenStack) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    segment(openstack, "S1", "auto", NODE_01, NODE_02, NODE_10)
    for host in (NODE_01, NODE_10):
        openstack.run("compute", "service", "set", "--disable", host, "nova-compute")
    try:
        cut = acts.cut_every_nic(stage, NODE_02)
        acts.await_end(stage, cut, "COMPUTE_HOST", "failed")
    finally:
        for host in (NODE_01, NODE_10):
            openstack.run("compute", "service", "set", "--enable", host, "nova-compute")
    stage.juju.run("masakari/leader", "retry-recovery", {"host": NODE_02}, wait=120)

    def away() -> bool:
        return is_active(stages.instances(stage).get("focal-1"), away_from=NODE_02)

    wait_for("it is elsewhere", away, timeout=300, every=3)
    stages.alive(stage, "focal-1", guests["focal-1"])
    acts.return_hypervisor(stage, NODE_02)


def test_a_hypervisor_that_is_well_is_not_recovered(stage: Stage) -> None:
    assert NODE_01 in refused(stage, "retry-recovery", host=NODE_01)
