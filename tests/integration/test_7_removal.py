# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor leaves the cluster's care: its resource and its fencing go, its power stays."""

import xml.etree.ElementTree as ET

import jubilant

from lab.story.openstack import wait_for
from tests.cloud import MaasLog

FQDN = "virt-node-10.maas"


def mentions(juju: jubilant.Juju) -> list[str]:
    """Return the tags of the CIB's configuration that name the host."""
    task = juju.exec("cibadmin", "--query", "--scope", "configuration", unit="masakari/leader")
    return [
        element.tag
        for element in ET.fromstring(task.stdout).iter()
        if any(FQDN in value for value in element.attrib.values())
    ]


def test_a_removed_remote_is_gone_and_never_fenced(juju: jubilant.Juju, maas_log: MaasLog) -> None:
    assert mentions(juju)
    maas_log.mark()
    principal = next(
        unit
        for unit in juju.status().get_units("nova-compute")
        if juju.exec("hostname", "--fqdn", unit=unit).stdout.strip() == FQDN
    )
    juju.remove_unit(principal)
    wait_for("the cluster forgot it", lambda: mentions(juju) == [], timeout=300)
    wait_for(
        "its units are gone",
        lambda: principal not in juju.status().get_units("nova-compute"),
        timeout=300,
    )
    assert maas_log.events("power") == []
