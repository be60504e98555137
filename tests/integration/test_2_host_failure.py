# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor loses its network: fenced, confirmed, and only then its instances move."""

import pytest

from lab.machines.cloud import Cloud
from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, Row
from lab.story.stage import Stage
from lab.story.timeline import parse_time
from lab.story.watch import Watch
from tests.cloud import MaasLog

VICTIM = "virt-node-02"
FQDN = f"{VICTIM}.maas"
INSTANCES = ("focal-1", "focal-2")


@pytest.fixture(scope="module")
def guests(stage: Stage) -> dict[str, str]:
    """Two instances on the hypervisor that is about to fail: uuids by name."""
    return stages.boot(stage, INSTANCES, FQDN)


@pytest.fixture(scope="module")
def told(stage: Stage, maas_log: MaasLog, guests: dict[str, str]) -> tuple[Row, ...]:
    """Cut the hypervisor's network with the guide's command, and wait for the recovery's end.

    Returns:
        The notifications about hosts, newest first.
    """
    maas_log.mark()
    acts.lose_hypervisor(stage, FQDN, guests, acts.cut_primary_nic)
    rows = [row for row in stage.openstack.notifications() if row["type"] == "COMPUTE_HOST"]
    assert rows[0]["status"] == "finished"
    return tuple(rows)


def test_the_instances_move_and_their_guests_are_alive(
    stage: Stage, guests: dict[str, str], told: tuple[Row, ...]
) -> None:
    for name, uuid in guests.items():
        stages.alive(stage, name, uuid)


def test_one_notification_was_sent(told: tuple[Row, ...]) -> None:
    assert len(told) == 1


def test_maas_said_off_before_anybody_was_told(
    openstack: OpenStack, maas_log: MaasLog, told: tuple[Row, ...]
) -> None:
    begin, end = maas_log.events("power", VICTIM)
    assert (begin["action"], begin["phase"], end["phase"]) == ("off", "begin", "end")
    off = [event for event in maas_log.events("query", VICTIM) if event["state"] == "off"]
    confirmed = [event for event in off if event["time"] > end["time"]]
    shown = openstack.show("notification", "show", str(told[0]["notification_uuid"]))
    # Masakari keeps whole seconds, cut off.
    assert parse_time(str(confirmed[0]["time"])) < parse_time(str(shown["created_at"])) + 1


def test_the_dead_host_is_out_of_service(
    openstack: OpenStack, cloud: Cloud, told: tuple[Row, ...]
) -> None:
    service = openstack.services()[FQDN]
    assert (service["Status"], service["State"]) == ("disabled", "down")
    assert openstack.segment_hosts(stages.SEGMENT)[FQDN]["on_maintenance"] is True
    assert not cloud.is_on(VICTIM)


def test_no_instance_ever_ran_on_two_hosts(watch: Watch, told: tuple[Row, ...]) -> None:
    assert watch.sightings()
    assert watch.doubles() == ()
