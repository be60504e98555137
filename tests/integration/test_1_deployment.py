# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The guide's overlay, as written, deploys; the guide's commands answer."""

import jubilant
import pytest

from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import SEGMENT, Stage

OURS = ("masakari", "masakari-monitors", "pacemaker-remote", "hacluster")


def test_everything_becomes_active(juju: jubilant.Juju, lab: object) -> None:
    juju.wait(jubilant.all_active, error=jubilant.any_error)


def test_the_status_names_the_four_applications_and_their_versions(juju: jubilant.Juju) -> None:
    apps = juju.status().apps
    assert set(OURS) <= set(apps)
    assert [name for name in OURS if not apps[name].version] == []
    assert apps["hacluster"].subordinate_to == ["masakari"]
    assert apps["pacemaker-remote"].subordinate_to == ["nova-compute"]


def test_masakari_is_in_the_catalogue(openstack: OpenStack) -> None:
    (endpoint,) = openstack.list(
        "endpoint", "list", "--service", "instance-ha", "--interface", "public"
    )
    assert endpoint["URL"].endswith(":15868/v1/%(tenant_id)s")


def test_hypervisors_are_up_under_their_full_names(openstack: OpenStack) -> None:
    services = openstack.services()
    assert set(services) == {"virt-node-01.maas", "virt-node-02.maas", "virt-node-10.maas"}
    assert {(row["Status"], row["State"]) for row in services.values()} == {("enabled", "up")}


def test_a_segment_takes_the_hypervisors(stage: Stage) -> None:
    hosts = stages.make_segment(stage)
    rows = stage.openstack.segment_hosts(SEGMENT)
    assert sorted(rows) == hosts
    assert {(row["reserved"], row["on_maintenance"]) for row in rows.values()} == {(False, False)}


def test_a_host_is_in_one_segment_only(openstack: OpenStack) -> None:
    openstack.run("segment", "create", "S2", "auto", "COMPUTE")
    try:
        with pytest.raises(jubilant.TaskError):
            openstack.run("segment", "host", "create", "virt-node-01.maas", "COMPUTE", "SSH", "S2")
    finally:
        openstack.run("segment", "delete", "S2")


def test_notifications_can_be_listed(openstack: OpenStack) -> None:
    assert openstack.list("notification", "list") == ()


def test_a_second_reconcile_changes_nothing_in_the_cluster(juju: jubilant.Juju) -> None:
    def configuration() -> str:
        task = juju.exec("cibadmin", "--query", "--scope", "configuration", unit="masakari/0")
        return task.stdout

    before = configuration()
    for unit in juju.status().get_units("masakari"):
        juju.exec("true", unit=unit)
    juju.config("hacluster", {"cluster_count": 3})
    wait_for("every agent idle", lambda: jubilant.all_agents_idle(juju.status()), timeout=300)
    assert configuration() == before
