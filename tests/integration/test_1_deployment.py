# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The guide's overlay, as written, deploys; the guide's commands answer."""

import jubilant
import pytest

from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import SEGMENT, Stage
from tests.cloud import settled

OURS = ("masakari", "masakari-monitors", "pacemaker-remote", "hacluster")


def test_everything_becomes_active(juju: jubilant.Juju) -> None:
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


def test_hypervisors_are_up_under_their_full_names(stage: Stage) -> None:
    assert stages.registered(stage)
    services = stage.openstack.services()
    assert set(services) == {"virt-node-01.maas", "virt-node-02.maas", "virt-node-10.maas"}
    assert {(row["Status"], row["State"]) for row in services.values()} == {("enabled", "up")}


def test_a_segment_takes_the_hypervisors(stage: Stage) -> None:
    hosts = stages.make_segment(stage)
    rows = stage.openstack.segment_hosts(SEGMENT)
    assert sorted(rows) == hosts
    assert {(row["reserved"], row["on_maintenance"]) for row in rows.values()} == {(False, False)}


def test_a_host_is_in_one_segment_only(openstack: OpenStack) -> None:
    segments = [str(row["name"]) for row in openstack.list("segment", "list")]
    taken = [host for segment in segments for host in openstack.segment_hosts(segment)]
    assert taken, "no host is in a failover segment"
    openstack.run("segment", "create", "S2", "auto", "COMPUTE")
    try:
        with pytest.raises(jubilant.TaskError):
            openstack.run("segment", "host", "create", taken[0], "COMPUTE", "SSH", "S2")
    finally:
        openstack.run("segment", "delete", "S2")


def test_notifications_can_be_listed(openstack: OpenStack) -> None:
    assert all(row["notification_uuid"] for row in openstack.list("notification", "list"))


def test_nothing_was_reported_while_all_came_up(openstack: OpenStack, lab: object) -> None:
    assert openstack.list("notification", "list") == ()


def test_a_second_reconcile_changes_nothing_in_the_cluster(juju: jubilant.Juju) -> None:
    def configuration() -> str:
        task = juju.exec("cibadmin", "--query", "--scope", "configuration", unit="masakari/leader")
        return task.stdout

    before = configuration()
    for unit in juju.status().get_units("masakari"):
        juju.exec("true", unit=unit)
    juju.config("hacluster", {"cluster_count": 3})
    wait_for("every agent idle", lambda: jubilant.all_agents_idle(juju.status()), timeout=300)
    assert configuration() == before


@pytest.mark.parametrize("application", OURS)
def test_a_paused_unit_says_so_and_comes_back(juju: jubilant.Juju, application: str) -> None:
    unit = sorted(juju.status().get_units(application))[-1]
    juju.run(unit, "pause", wait=300)
    paused = juju.status().get_units(application)[unit].workload_status
    assert (paused.current, paused.message.split()[0]) == ("maintenance", "Paused.")
    juju.run(unit, "resume", wait=300)
    settled(juju)


def test_a_cluster_waits_for_the_number_of_units_it_is_told(juju: jubilant.Juju) -> None:
    juju.config("hacluster", {"cluster_count": 4})
    try:
        wait_for(
            "hacluster misses a unit",
            lambda: any(
                "require 4" in unit.workload_status.message
                for unit in juju.status().get_units("hacluster").values()
            ),
            timeout=120,
        )
    finally:
        juju.config("hacluster", {"cluster_count": 3})
    settled(juju)


def test_ring_traffic_is_encrypted_with_a_key_of_this_deployment(juju: jubilant.Juju) -> None:
    conf = juju.exec("cat", "/etc/corosync/corosync.conf", unit="masakari/leader").stdout
    assert "crypto_cipher: aes256" in conf
    assert "transport: knet" in conf
    owners = {secret.owner for secret in juju.secrets()}
    assert "hacluster" in owners
