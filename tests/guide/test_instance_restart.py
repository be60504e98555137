# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Instance restart: by the property, and only where the hypervisor is in a segment."""

import time

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from tests.guide.tables import NODE_02, NODE_10, host_of, segment

# Longer than any restart takes (11 s on the lab): silence has no event that could be awaited.
SILENCE = 30.0


def stays_down(stage: Stage, name: str, uuid: str) -> bool:
    """Kill an instance of which Masakari does not hear, and see whether it stays down."""
    acts.kill_instances(stage, {name: uuid})
    deadline = time.monotonic() + SILENCE
    while time.monotonic() < deadline and not acts.runs(stage, uuid):
        time.sleep(1)
    return not acts.runs(stage, uuid) and acts.notifications_about(stage, uuid) == []


def test_without_a_segment_nothing_is_restarted(stage: Stage) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    assert stays_down(stage, "focal-1", guests["focal-1"])


def test_a_segment_for_this_purpose_alone_is_enough(stage: Stage, openstack: OpenStack) -> None:
    segment(openstack, "restart-only", "auto", NODE_02)
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    acts.lose_instance(stage, "focal-1", guests["focal-1"])
    assert host_of(openstack, "focal-1") == NODE_02


def test_the_guides_property_switches_it_off_and_on(stage: Stage, openstack: OpenStack) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    openstack.run("server", "set", "--property", "HA_Enabled=False", "focal-1")
    acts.leave_down(stage, "focal-1", guests["focal-1"])
    assert not acts.runs(stage, guests["focal-1"])
    openstack.run("server", "set", "--property", "HA_Enabled=True", "focal-1")
    openstack.run("server", "reboot", "--hard", "--wait", "focal-1")
    acts.lose_instance(stage, "focal-1", guests["focal-1"])


def test_a_hypervisor_beside_the_segment_is_left_alone(stage: Stage) -> None:
    guests = stages.boot(stage, ("focal-2",), NODE_10)
    assert stays_down(stage, "focal-2", guests["focal-2"])
