# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A fenced host is powered on and returned: enabled, up, off maintenance, without ghosts."""

import jubilant
import pytest

from lab.machines.cloud import Cloud
from lab.story.openstack import OpenStack, wait_for
from lab.story.watch import Watch


@pytest.mark.parametrize("machine", ["virt-node-02", "virt-node-10"])
def test_a_repaired_host_returns_to_service(
    juju: jubilant.Juju, openstack: OpenStack, cloud: Cloud, watch: Watch, machine: str
) -> None:
    fqdn = f"{machine}.maas"
    cloud.power_on(machine)
    cloud.nic(machine, "oam", up=True)
    task = juju.run("masakari/leader", "resume-host", {"host": fqdn}, wait=400)
    assert task.success, task
    service = openstack.services()[fqdn]
    assert (service["Status"], service["State"]) == ("enabled", "up")
    assert openstack.segment_hosts("S1")[fqdn]["on_maintenance"] is False
    ghosts = cloud.run(machine, ["virsh", "list", "--all", "--name"]).stdout.split()
    assert ghosts == []
    assert watch.doubles() == ()


def test_a_returned_host_takes_instances_again(juju: jubilant.Juju, openstack: OpenStack) -> None:
    openstack.boot("back-home", host="virt-node-02.maas")
    wait_for(
        "ACTIVE on the returned host",
        lambda: openstack.server("back-home")["status"] == "ACTIVE",
        timeout=120,
    )
    juju.wait(jubilant.all_active, timeout=300)
