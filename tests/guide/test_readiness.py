# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What would keep a recovery from happening is named by ``validate``, and refused by the actions that would bring it about."""

import datetime
import json
from collections.abc import Iterator

import jubilant
import pytest

from lab.settings import MAAS_API_KEY
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage, machine_of
from tests.cloud import settled
from tests.guide.tables import NODE_01, NODE_02, NODE_10, nova_table, segment, segment_table

SEGMENT = "R1"
NO_RESERVE = f"segment {SEGMENT}: reserved_host, but no reserve that could stand in"
_SERVICE = ("compute", "service", "set")


@pytest.fixture(scope="module", autouse=True)
def busy(stage: Stage, fresh: None) -> str:
    """A host with an instance that Masakari leaves down, in a segment that wants a reserve."""
    guests = stages.boot(stage, ("busy",), NODE_10, highly_available=False)
    segment(stage.openstack, SEGMENT, "reserved_host", NODE_01, NODE_02, NODE_10)
    return guests["busy"]


def refused(stage: Stage, host: str) -> str:
    """Return why a host cannot be made a reserve; nothing may have changed for the asking."""
    before = nova_table(stage.openstack), segment_table(stage.openstack, SEGMENT)
    with pytest.raises(jubilant.TaskError) as failed:
        stage.juju.run("masakari/leader", "set-reserved", {"host": host}, wait=120)
    assert (nova_table(stage.openstack), segment_table(stage.openstack, SEGMENT)) == before
    return failed.value.task.message


def problems(stage: Stage) -> list[str]:
    """Return what ``validate`` finds on the unit of the leader."""
    said = stage.juju.run("masakari/leader", "validate", wait=120).results
    found = said["problems"].splitlines()
    assert said["ready"] == ("no" if found else "yes")
    return found


def await_named(stage: Stage, problem: str) -> None:
    """Wait until ``validate`` names a problem, or something that begins like it."""

    def named() -> bool:
        return any(one.startswith(problem) for one in problems(stage))

    wait_for(f"validate says {problem}", named, timeout=240, every=3)


def await_clear(stage: Stage) -> None:
    """Wait until nothing is in the way any more."""
    wait_for("nothing is in the way", lambda: not problems(stage), timeout=240, every=5)


def on_cluster(stage: Stage, *argv: str) -> str:
    """Run a command on a member of the cluster."""
    return stage.juju.exec(*argv, unit="masakari/leader").stdout


def test_a_segment_without_its_reserve_is_named(stage: Stage) -> None:
    found = problems(stage)
    assert NO_RESERVE in found
    assert any(one.startswith(f"{NODE_10}: its instances use") for one in found)


def test_a_host_with_instances_is_no_reserve(stage: Stage, busy: str) -> None:
    assert refused(stage, NODE_10) == f"{NODE_10} cannot be a reserve: instances are on it: 1"


def test_a_host_that_somebody_keeps_out_is_no_reserve(stage: Stage, openstack: OpenStack) -> None:
    openstack.run(*_SERVICE, "--disable", "--disable-reason", "bad fan", NODE_01, "nova-compute")
    assert "disabled in nova for another reason (bad fan)" in refused(stage, NODE_01)
    openstack.run(*_SERVICE, "--enable", NODE_01, "nova-compute")


def test_a_host_that_the_cluster_leaves_alone_is_no_reserve(stage: Stage) -> None:
    unit = stages.unit_on(stage, "pacemaker-remote", NODE_01)
    stage.juju.run(unit, "pause", wait=120)
    try:
        assert refused(stage, NODE_01) == (
            f"{NODE_01} cannot be a reserve: unwatched in the cluster"
        )
    finally:
        stage.juju.run(unit, "resume", wait=120)
    settled(stage.juju)


def test_a_host_that_nova_misses_is_no_reserve(stage: Stage, openstack: OpenStack) -> None:
    machine = machine_of(NODE_01)
    stage.cloud.run(machine, ["systemctl", "stop", "nova-compute"])
    try:
        wait_for(
            "nova to miss it",
            lambda: (NODE_01, "enabled", "down") in nova_table(openstack),
            timeout=180,
            every=5,
        )
        assert "down in nova" in refused(stage, NODE_01)
    finally:
        stage.cloud.run(machine, ["systemctl", "start", "nova-compute"])
    wait_for(
        "it is up",
        lambda: (NODE_01, "enabled", "up") in nova_table(openstack),
        timeout=180,
        every=5,
    )


def test_a_reserve_that_could_not_stand_in_is_named(stage: Stage, openstack: OpenStack) -> None:
    # Masakari itself takes any host.
    openstack.run("segment", "host", "update", "--reserved", "True", SEGMENT, NODE_10)
    found = problems(stage)
    assert f"{NODE_10}: a reserve, but enabled in nova" in found
    assert f"{NODE_10}: a reserve that could not stand in: instances are on it: 1" in found
    assert NO_RESERVE in found
    openstack.run("segment", "host", "update", "--reserved", "False", SEGMENT, NODE_10)


@pytest.fixture
def recovering(stage: Stage, busy: str) -> Iterator[None]:
    """A notification that no engine takes up: until it is, Masakari lets nobody change the segment."""
    members = sorted(one.id for one in stage.cloud.instances() if one.host)
    for member in members:
        stage.cloud.run(member, ["systemctl", "stop", "masakari-engine"])
    payload = {
        "event": "LIFECYCLE",
        "instance_uuid": busy,
        "vir_domain_event": "STOPPED_FAILED",
    }
    now = (
        datetime.datetime.now(datetime.timezone.utc)
        .replace(tzinfo=None)
        .isoformat(timespec="seconds")
    )
    stage.openstack.run("notification", "create", "VM", NODE_10, now, json.dumps(payload))
    yield
    for member in members:
        stage.cloud.run(member, ["systemctl", "start", "masakari-engine"])
    wait_for(
        "the notification to end",
        lambda: stage.openstack.notifications()[0]["status"] in ("ignored", "finished"),
        timeout=300,
        every=3,
    )


def test_a_reserve_that_masakari_refuses_stays_in_use(
    stage: Stage, openstack: OpenStack, recovering: None
) -> None:
    # Disabled in nova first, for a host must never be a reserve and in use; and then let in again.
    assert "409" in (why := refused(stage, NODE_01)) or "recover" in why
    assert (NODE_01, "enabled", "up") in nova_table(openstack)


def test_a_good_one_is_taken_and_nothing_is_in_the_way(stage: Stage, openstack: OpenStack) -> None:
    stage.juju.run("masakari/leader", "set-reserved", {"host": NODE_01}, wait=120)
    assert (NODE_01, "disabled", "up") in nova_table(openstack)
    assert problems(stage) == []


def test_a_cluster_that_does_not_fence_is_named(stage: Stage) -> None:
    option = ("crm_attribute", "--type", "crm_config", "--name", "stonith-enabled", "--update")
    on_cluster(stage, *option, "false")
    try:
        await_named(stage, "the cluster does not fence (stonith-enabled=false)")
    finally:
        on_cluster(stage, *option, "true")
    assert problems(stage) == []


def test_maintenance_mode_is_named(stage: Stage) -> None:
    stage.juju.config("hacluster", {"maintenance-mode": True})
    try:
        await_named(stage, "the cluster is in maintenance mode")
    finally:
        stage.juju.config("hacluster", reset="maintenance-mode")
    settled(stage.juju)
    assert problems(stage) == []


def test_a_fencing_device_that_does_not_run_is_named(stage: Stage) -> None:
    role = ("crm_resource", "--resource", "st-maas", "--meta")
    on_cluster(stage, *role, "--set-parameter", "target-role", "--parameter-value", "Stopped")
    try:
        await_named(stage, "the fencing device st-maas does not run")
    finally:
        on_cluster(stage, *role, "--delete-parameter", "target-role")
    await_clear(stage)


def test_a_fencing_device_that_maas_refuses_is_named(stage: Stage) -> None:
    # Failed at first, and stopped everywhere once every member has tried.
    stage.juju.config("hacluster", {"maas_credentials": "labconsumer:labtoken:wrong"})
    try:
        await_named(stage, "the fencing device st-maas ")
    finally:
        stage.juju.config("hacluster", {"maas_credentials": MAAS_API_KEY})
    settled(stage.juju)
    await_clear(stage)


def test_a_reserve_that_is_removed_is_said_to_be_disabled_still(
    stage: Stage, openstack: OpenStack
) -> None:
    said = stage.juju.run("masakari/leader", "remove-host", {"host": NODE_01}, wait=120).results
    assert "still disabled in nova (Reserve of instance recovery.)" in said["outcome"]
    openstack.run(*_SERVICE, "--enable", NODE_01, "nova-compute")
