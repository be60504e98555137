# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Method reserved_host: a reserve, disabled until a host fails, takes that host's instances."""

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage, machine_of
from tests.guide.tables import (
    NODE_01,
    NODE_02,
    NODE_10,
    host_of,
    nova_table,
    segment,
    segment_table,
)


@pytest.fixture(scope="module")
def guests(stage: Stage) -> dict[str, str]:
    return stages.boot(stage, ("focal-1", "focal-2"), NODE_02)


def test_the_reserve_is_shown_as_in_the_guide(
    openstack: OpenStack, guests: dict[str, str]
) -> None:
    segment(openstack, "S1", "reserved_host", NODE_10, NODE_02, NODE_01, reserved=NODE_01)
    assert host_of(openstack, "focal-1") == NODE_02
    assert segment_table(openstack, "S1") == {
        (NODE_01, True, False),
        (NODE_10, False, False),
        (NODE_02, False, False),
    }
    assert nova_table(openstack) == {
        (NODE_01, "disabled", "up"),
        (NODE_10, "enabled", "up"),
        (NODE_02, "enabled", "up"),
    }


def test_the_instances_of_a_failed_node_are_on_the_reserve(
    stage: Stage, openstack: OpenStack, guests: dict[str, str]
) -> None:
    acts.lose_hypervisor(stage, NODE_02, guests, acts.cut_primary_nic)
    assert {host_of(openstack, name) for name in guests} == {NODE_01}


def test_nova_shows_the_failed_node_disabled_and_the_reserve_enabled(openstack: OpenStack) -> None:
    assert nova_table(openstack) == {
        (NODE_01, "enabled", "up"),
        (NODE_10, "enabled", "up"),
        (NODE_02, "disabled", "down"),
    }


def test_masakari_shows_no_reserve_and_the_failed_node_on_maintenance(
    openstack: OpenStack,
) -> None:
    assert segment_table(openstack, "S1") == {
        (NODE_01, False, False),
        (NODE_10, False, False),
        (NODE_02, False, True),
    }


def test_a_re_inserted_node_is_disabled_but_up_and_on_maintenance(
    stage: Stage, openstack: OpenStack
) -> None:
    acts.power_on(stage, NODE_02)
    wait_for(
        f"{NODE_02} disabled and up",
        lambda: (NODE_02, "disabled", "up") in nova_table(openstack),
        timeout=300,
        every=5,
    )
    assert (NODE_02, False, True) in segment_table(openstack, "S1")


def test_the_guides_two_commands_make_it_an_active_hypervisor(
    stage: Stage, openstack: OpenStack
) -> None:
    openstack.run("compute", "service", "set", "--enable", NODE_02, "nova-compute")
    openstack.run("segment", "host", "update", "--on_maintenance=False", "S1", NODE_02)
    assert (NODE_02, "enabled", "up") in nova_table(openstack)
    assert (NODE_02, False, False) in segment_table(openstack, "S1")
    stages.boot(stage, ("back-home",), NODE_02)


def test_it_has_no_ghosts_of_the_instances_that_left(
    stage: Stage, openstack: OpenStack, guests: dict[str, str]
) -> None:
    here = {found.instance for found in stage.watch.now() if found.machine == machine_of(NODE_02)}
    assert here.isdisjoint(guests.values())
    assert len(here) == 1


def test_the_used_reserve_becomes_a_reserve_again(stage: Stage, openstack: OpenStack) -> None:
    for name in ("focal-1", "focal-2"):
        openstack.run("server", "delete", "--wait", name)
    stage.juju.run("masakari/leader", "set-reserved", {"host": NODE_01}, wait=120)
    assert (NODE_01, True, False) in segment_table(openstack, "S1")
    assert (NODE_01, "disabled", "up") in nova_table(openstack)
    stage.juju.run("masakari/leader", "set-reserved", {"host": NODE_01, "reserved": False})
    assert (NODE_01, "enabled", "up") in nova_table(openstack)
