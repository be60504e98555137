# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A fenced host is powered on and returned: enabled, up, off maintenance, without ghosts."""

from lab.story import acts
from lab.story import stage as stages
from lab.story.stage import Stage, machine_of
from tests.cloud import settled

HOST = "virt-node-02.maas"


def test_a_repaired_host_returns_to_service(stage: Stage) -> None:
    acts.return_hypervisor(stage, HOST)
    service = stage.openstack.services()[HOST]
    assert (service["Status"], service["State"]) == ("enabled", "up")
    assert stage.openstack.segment_hosts(stages.SEGMENT)[HOST]["on_maintenance"] is False


def test_it_has_no_ghosts_of_the_instances_that_left(stage: Stage) -> None:
    ghosts = stage.cloud.run(machine_of(HOST), ["virsh", "list", "--all", "--name"]).stdout.split()
    assert ghosts == []
    assert stage.watch.doubles() == ()


def test_a_returned_host_takes_instances_again(stage: Stage) -> None:
    stages.boot(stage, ("back-home",), HOST)
    settled(stage.juju)
