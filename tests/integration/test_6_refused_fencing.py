# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""MAAS refuses our key: said aloud, nothing fenced, nothing moved; mended, it completes by itself."""

import time

import jubilant
import pytest

from lab.machines.cloud import Cloud
from lab.settings import MAAS_API_KEY
from lab.story import acts
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from lab.story.watch import Watch
from tests.cloud import MaasLog, settled

VICTIM = "virt-node-10"
FQDN = f"{VICTIM}.maas"


def says_so(juju: jubilant.Juju) -> bool:
    """Whether a hacluster unit's status names the refusal."""
    units = juju.status().get_units("hacluster")
    return any(
        unit.workload_status.current == "blocked" and "MAAS" in unit.workload_status.message
        for unit in units.values()
    )


@pytest.fixture(scope="module")
def stranded(openstack: OpenStack, watch: Watch) -> str:
    openstack.boot("stranded", host=FQDN)
    wait_for(
        "stranded ACTIVE", lambda: openstack.server("stranded")["status"] == "ACTIVE", timeout=120
    )
    return "stranded"


def test_a_wrong_key_is_named_in_the_status(juju: jubilant.Juju, stranded: str) -> None:
    juju.config("hacluster", {"maas_credentials": "labconsumer:labtoken:wrong"})
    wait_for("hacluster says so", lambda: says_so(juju), timeout=300)


def test_nothing_is_fenced_and_nothing_moves(
    openstack: OpenStack, cloud: Cloud, maas_log: MaasLog, stranded: str
) -> None:
    maas_log.mark()
    told = len(openstack.notifications())
    cloud.nic(VICTIM, "oam", up=False)
    # As long as a recovery takes and half as much again (test_2 measures it): silence has no event.
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert cloud.is_on(VICTIM)
        assert openstack.server(stranded)["OS-EXT-SRV-ATTR:host"] == FQDN
        time.sleep(5)
    assert len(openstack.notifications()) == told
    assert maas_log.events("power") == []


def test_the_corrected_key_lets_the_recovery_complete(
    juju: jubilant.Juju, openstack: OpenStack, cloud: Cloud, stranded: str
) -> None:
    juju.config("hacluster", {"maas_credentials": MAAS_API_KEY})
    wait_for("the host is off", lambda: not cloud.is_on(VICTIM), timeout=300)
    wait_for(
        "the instance is elsewhere and ACTIVE",
        lambda: (
            (row := openstack.server(stranded))["status"] == "ACTIVE"
            and row["OS-EXT-SRV-ATTR:host"] != FQDN
        ),
        timeout=240,
    )
    wait_for("hacluster is content", lambda: not says_so(juju), timeout=300)


def test_the_host_returns_like_any_other(stage: Stage, stranded: str) -> None:
    acts.return_hypervisor(stage, FQDN)
    settled(stage.juju)
