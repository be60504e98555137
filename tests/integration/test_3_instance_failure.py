# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A guest's process dies: one that asked for high availability is restarted in place."""

import jubilant
import pytest

from lab.story.openstack import OpenStack, wait_for

HOST = "virt-node-01.maas"


def process(juju: jubilant.Juju, unit: str, instance: str) -> str | None:
    """Return the pid of an instance's qemu on a unit's machine."""
    try:
        return juju.exec("pgrep", "-f", f"guest={instance}", unit=unit).stdout.split()[0]
    except jubilant.TaskError:
        return None


@pytest.fixture(scope="module")
def hypervisor(juju: jubilant.Juju) -> str:
    return next(
        unit
        for unit in juju.status().get_units("nova-compute")
        if juju.exec("hostname", "--fqdn", unit=unit).stdout.strip() == HOST
    )


def booted(openstack: OpenStack, name: str, *, highly_available: bool) -> str:
    """Boot an instance and return its name at libvirt."""
    openstack.boot(name, host=HOST, highly_available=highly_available)
    wait_for(f"{name} ACTIVE", lambda: openstack.server(name)["status"] == "ACTIVE", timeout=120)
    return str(openstack.server(name)["OS-EXT-SRV-ATTR:instance_name"])


def test_a_killed_instance_is_restarted_on_its_host(
    juju: jubilant.Juju, openstack: OpenStack, hypervisor: str
) -> None:
    guest = booted(openstack, "restart-me", highly_available=True)
    before = process(juju, hypervisor, guest)
    assert before
    juju.exec("pkill", "-9", "-f", f"guest={guest}", unit=hypervisor)
    after = wait_for(
        "a new process",
        lambda: (pid := process(juju, hypervisor, guest)) != before and pid,
        timeout=90,
    )
    assert after != before
    wait_for(
        "ACTIVE again",
        lambda: openstack.server("restart-me")["status"] == "ACTIVE",
        timeout=60,
    )
    assert openstack.server("restart-me")["OS-EXT-SRV-ATTR:host"] == HOST


def test_an_instance_that_did_not_ask_stays_down(
    juju: jubilant.Juju, openstack: OpenStack, hypervisor: str
) -> None:
    guest = booted(openstack, "leave-me", highly_available=False)
    juju.exec("pkill", "-9", "-f", f"guest={guest}", unit=hypervisor)
    wait_for(
        "Masakari has dealt with it",
        lambda: [
            row
            for row in openstack.notifications()
            if row["type"] == "VM" and row["status"] in ("finished", "ignored")
        ],
        timeout=60,
    )
    wait_for(
        "its last notification settled",
        lambda: openstack.notifications()[0]["status"] not in ("new", "running"),
        timeout=60,
    )
    assert process(juju, hypervisor, guest) is None
