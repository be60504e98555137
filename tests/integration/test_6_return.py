# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A fenced host is powered on and returned: enabled, up, off maintenance, without ghosts."""

import jubilant
import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.stage import Stage


@pytest.mark.parametrize("machine", ["virt-node-02", "virt-node-10"])
def test_a_repaired_host_returns_to_service(stage: Stage, machine: str) -> None:
    fqdn = f"{machine}.maas"
    acts.return_hypervisor(stage, fqdn)
    service = stage.openstack.services()[fqdn]
    assert (service["Status"], service["State"]) == ("enabled", "up")
    assert stage.openstack.segment_hosts(stages.SEGMENT)[fqdn]["on_maintenance"] is False
    ghosts = stage.cloud.run(machine, ["virsh", "list", "--all", "--name"]).stdout.split()
    assert ghosts == []
    assert stage.watch.doubles() == ()


def test_a_returned_host_takes_instances_again(juju: jubilant.Juju, stage: Stage) -> None:
    stages.boot(stage, ("back-home",), "virt-node-02.maas")
    juju.wait(jubilant.all_active, timeout=300)
