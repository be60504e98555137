# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Planned work is not a failure: nothing is recovered, and no host ends up on maintenance."""

import time
from collections.abc import Iterator

import jubilant
import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage, machine_of
from tests.cloud import MaasLog, settled
from tests.guide.tables import NODE_01, NODE_02, NODE_10, nova_table, segment, segment_table

IN_SERVICE = {(host, "enabled", "up") for host in (NODE_01, NODE_02, NODE_10)}
UNTOUCHED = {(host, False, False) for host in (NODE_01, NODE_02, NODE_10)}


def reported(openstack: OpenStack) -> set[str]:
    """Return the notifications that made Masakari do something."""
    rows = openstack.notifications()
    return {str(row["notification_uuid"]) for row in rows if row["status"] != "ignored"}


@pytest.fixture(scope="module", autouse=True)
def protected(stage: Stage, fresh: None) -> None:
    segment(stage.openstack, "S1", "auto", NODE_01, NODE_02, NODE_10)


@pytest.fixture(autouse=True)
def nothing_recovered(openstack: OpenStack, maas_log: MaasLog, protected: None) -> Iterator[None]:
    """Nobody is told of a failure, nobody's power is cut, and afterwards all is as it was."""
    told = reported(openstack)
    maas_log.mark()
    yield
    assert reported(openstack) == told
    assert maas_log.events("power") == []
    assert nova_table(openstack) == IN_SERVICE
    assert segment_table(openstack, "S1") == UNTOUCHED


def test_a_hypervisor_is_rebooted_after_pause_host(stage: Stage, openstack: OpenStack) -> None:
    stage.juju.run("masakari/leader", "pause-host", {"host": NODE_02}, wait=120)
    assert (NODE_02, "disabled", "up") in nova_table(openstack)
    assert (NODE_02, False, True) in segment_table(openstack, "S1")
    acts.reboot(stage, NODE_02)
    stage.juju.run("masakari/leader", "resume-host", {"host": NODE_02}, wait=600)
    stages.boot(stage, ("after-reboot",), NODE_02)
    openstack.run("server", "delete", "--wait", "after-reboot")


def test_nova_compute_comes_minutes_after_the_monitors(stage: Stage, openstack: OpenStack) -> None:
    machine = machine_of(NODE_10)
    stage.cloud.run(machine, ["systemctl", "stop", "nova-compute"])
    stage.cloud.run(machine, ["systemctl", "restart", "masakari-instancemonitor"])
    wait_for(
        "nova to miss the host",
        lambda: (NODE_10, "enabled", "down") in nova_table(openstack),
        timeout=180,
        every=5,
    )
    # As long again: that nothing happens has no event to wait for.
    time.sleep(60)
    stage.cloud.run(machine, ["systemctl", "start", "nova-compute"])
    wait_for("it is up", lambda: nova_table(openstack) == IN_SERVICE, timeout=180, every=5)


def test_the_whole_cloud_is_powered_off_and_on(stage: Stage, openstack: OpenStack) -> None:
    everything = [one.id for one in stage.cloud.instances() if one.host is None]
    for machine in everything:
        stage.cloud.power_off(machine)
    for machine in everything:
        stage.cloud.power_on(machine)
    for machine in everything:
        stage.cloud.wait(machine)

    def answers() -> bool:
        try:
            return nova_table(openstack) == IN_SERVICE
        except jubilant.TaskError:
            return False

    wait_for("every hypervisor up", answers, timeout=600, every=10)
    settled(stage.juju)
