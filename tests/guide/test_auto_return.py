# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""With auto-return a repaired hypervisor is in service again without its operator, unless somebody keeps it out."""

from collections.abc import Iterator

import jubilant
import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from tests.cloud import settled
from tests.guide.tables import NODE_01, NODE_02, NODE_10, nova_table, segment, segment_table

_BY_ITSELF = {"auto-return": True, "auto-return-delay": 30}


@pytest.fixture(scope="module", autouse=True)
def by_itself(stage: Stage, fresh: None) -> Iterator[None]:
    stage.juju.config("masakari", _BY_ITSELF)
    settled(stage.juju)
    segment(stage.openstack, "S1", "auto", NODE_01, NODE_02, NODE_10)
    yield
    stage.juju.config("masakari", reset=list(_BY_ITSELF))


def is_back(openstack: OpenStack, host: str) -> bool:
    return (host, "enabled", "up") in nova_table(openstack) and (
        host,
        False,
        False,
    ) in segment_table(openstack, "S1")


def story(stage: Stage, host: str) -> str:
    """Return the timeline of a hypervisor's last failure, from the unit that has seen it."""
    found: list[str] = []
    for unit in stage.juju.status().get_units("masakari"):
        try:
            found.append(stage.juju.run(unit, "show-recovery", {"host": host}).results["timeline"])
        except (jubilant.TaskError, KeyError):
            continue  # the cluster runs the monitor on another unit
    return "\n".join(found)


def test_a_repaired_hypervisor_is_in_service_again(stage: Stage, openstack: OpenStack) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    acts.lose_hypervisor(stage, NODE_02, guests)
    acts.power_on(stage, NODE_02)
    began = stage.note("operator", f"{NODE_02} is powered on")
    wait_for("it is back", lambda: is_back(openstack, NODE_02), timeout=600, every=5)
    print(f"\nin service {stage.note('nova', 'it is in service') - began:.0f} s after power-on")
    stages.boot(stage, ("back-home",), NODE_02)


def test_one_that_somebody_keeps_out_stays_out(stage: Stage, openstack: OpenStack) -> None:
    guests = stages.boot(stage, ("focal-2",), NODE_10)
    acts.lose_hypervisor(stage, NODE_10, guests)
    service = ("compute", "service", "set")
    openstack.run(*service, "--enable", NODE_10, "nova-compute")
    openstack.run(*service, "--disable", "--disable-reason", "kept", NODE_10, "nova-compute")
    acts.power_on(stage, NODE_10)
    wait_for("it says why", lambda: "by itself" in story(stage, NODE_10), timeout=600, every=10)
    assert (NODE_10, "disabled", "up") in nova_table(openstack)
    openstack.run(*service, "--enable", NODE_10, "nova-compute")
    acts.return_hypervisor(stage, NODE_10)
