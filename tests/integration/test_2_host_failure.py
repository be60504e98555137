# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor loses its network: fenced, confirmed, and only then its instances move."""

import jubilant
import pytest

from lab.machines.cloud import Cloud
from lab.settings import Lab
from lab.story.openstack import OpenStack, Row, wait_for
from lab.story.watch import Watch
from tests.integration.conftest import MaasLog, moment

VICTIM = "virt-node-02"
FQDN = f"{VICTIM}.maas"
INSTANCES = ("focal-1", "focal-2")


@pytest.fixture(scope="module")
def instances(openstack: OpenStack, watch: Watch) -> tuple[str, ...]:
    for name in INSTANCES:
        openstack.boot(name, host=FQDN)
    for name in INSTANCES:
        wait_active(openstack, name)
    return INSTANCES


def wait_active(openstack: OpenStack, name: str, *, host: str | None = None) -> Row:
    def seen() -> Row | None:
        row = openstack.server(name)
        assert row["status"] != "ERROR", row
        there = host is None or row["OS-EXT-SRV-ATTR:host"] == host
        return row if row["status"] == "ACTIVE" and there else None

    return wait_for(f"{name} ACTIVE", seen, timeout=240)


def heartbeats(lab: Lab, openstack: OpenStack, name: str) -> int:
    """How long the guest's console is, which grows while the guest is alive."""
    log = lab.root / "instances" / str(openstack.server(name)["id"]) / "console.log"
    return log.stat().st_size if log.exists() else 0


@pytest.fixture(scope="module")
def failure(
    juju: jubilant.Juju, openstack: OpenStack, maas_log: MaasLog, instances: tuple[str, ...]
) -> tuple[Row, ...]:
    """Cut the hypervisor's network, as the guide says, and wait for the end of the recovery."""
    maas_log.mark()
    victim = next(
        unit
        for unit in juju.status().get_units("nova-compute")
        if juju.exec("hostname", unit=unit).stdout.strip() == VICTIM
    )
    juju.exec("systemd-run", "--on-active=1", "ip", "link", "set", "eth0", "down", unit=victim)
    for name in instances:
        wait_for(
            f"{name} on another host",
            lambda name=name: openstack.server(name)["OS-EXT-SRV-ATTR:host"] != FQDN,
            timeout=240,
        )
    rows = tuple(wait_active(openstack, name) for name in instances)
    wait_for(
        "the notification is finished",
        lambda: openstack.notifications()[0]["status"] == "finished",
        timeout=120,
    )
    return rows


def test_the_instances_are_active_on_another_host(failure: tuple[Row, ...]) -> None:
    assert {row["status"] for row in failure} == {"ACTIVE"}
    assert FQDN not in {row["OS-EXT-SRV-ATTR:host"] for row in failure}


def test_their_guests_are_alive(lab: Lab, openstack: OpenStack, failure: tuple[Row, ...]) -> None:
    for name in INSTANCES:
        before = heartbeats(lab, openstack, name)
        wait_for(
            f"{name} answers",
            lambda name=name, before=before: heartbeats(lab, openstack, name) > before,
            timeout=60,
        )


def test_maas_said_off_before_anybody_was_told(
    openstack: OpenStack, maas_log: MaasLog, failure: tuple[Row, ...]
) -> None:
    events = [event for event in maas_log.events() if event.get("hostname") == VICTIM]
    off = next(event for event in events if event["kind"] == "power_off")
    confirmed = next(
        event
        for event in events
        if event["kind"] == "query_power_state"
        and event["state"] == "off"
        and moment(event["at"]) > moment(off["at"])
    )
    told = openstack.notifications()[0]
    shown = openstack.show("notification", "show", str(told["notification_uuid"]))
    assert moment(confirmed["at"]) < moment(str(shown["created_at"]) + "+00:00")
    assert not [event for event in events if event["kind"] == "power_on"]


def test_one_notification_was_sent(openstack: OpenStack, failure: tuple[Row, ...]) -> None:
    hosts = [row for row in openstack.notifications() if row["type"] == "COMPUTE_HOST"]
    assert len(hosts) == 1


def test_the_dead_host_is_out_of_service(
    openstack: OpenStack, cloud: Cloud, failure: tuple[Row, ...]
) -> None:
    service = openstack.services()[FQDN]
    assert (service["Status"], service["State"]) == ("disabled", "down")
    assert openstack.segment_hosts("S1")[FQDN]["on_maintenance"] is True
    assert not cloud.is_on(VICTIM)


def test_no_instance_ever_ran_on_two_hosts(watch: Watch, failure: tuple[Row, ...]) -> None:
    assert watch.doubles() == ()
