# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm's own fence agent, asked with the parameters of the device."""

import json
import pathlib
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from conftest import Shell

import agent
import cib
import crm_mon
import pacemaker
from instance_ha.command import CommandError

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import guard

HELD = {
    "refusal": "fencing is held: ...",
    "limit": 1,
    "window": 300.0,
    "remotes": ["h1", "h2"],
    "unclean": ["h1"],
    "fenced": ["h2"],
    "hold": False,
    "released": 0.0,
}


@pytest.fixture
def configuration(data: Callable[[str], str]) -> ET.Element:
    root = ET.fromstring(data("cib-unclean.xml"))
    device = cib.resource(root, "st-maas")
    assert device is not None
    attributes = device.find("instance_attributes")
    assert attributes is not None
    attributes.extend(cib.nvpairs("st-maas", {"max_hosts": "0", "window": "300"}))
    return root


@pytest.fixture
def status(data: Callable[[str], str]) -> crm_mon.Status:
    return crm_mon.parse(data("crm_mon-unclean.xml"))


def test_charm_and_agent_mean_the_same_properties():
    assert (agent.HOLD, agent.RELEASE) == (guard.HOLD, guard.RELEASE)


def test_the_guard_is_asked_with_the_devices_parameters(shell: Shell, configuration: ET.Element):
    shell.answer(agent.FENCE_MAAS, stdout=json.dumps(HELD))
    found = agent.guard(configuration)
    assert found is not None
    assert found.held == ("h1",)
    assert found.lost == 2
    given = (shell.inputs[0] or "").splitlines()
    assert {"action=guard", "max_hosts=0", "window=300"} <= set(given)
    assert not any(line.startswith("pcmk_") for line in given)
    assert shell.calls == [(agent.FENCE_MAAS,)]  # nothing in its arguments


@pytest.mark.parametrize("answer", ["", "[]", "[1]", "{}", '{"refusal": ""}'])
def test_a_guard_that_talks_nonsense_is_none(shell: Shell, configuration: ET.Element, answer: str):
    shell.answer(agent.FENCE_MAAS, stdout=answer)
    assert agent.guard(configuration) is None


def test_a_guard_that_fails_is_none(shell: Shell, configuration: ET.Element):
    shell.answer(agent.FENCE_MAAS, returncode=1, stderr="crm_mon does not answer")
    assert agent.guard(configuration) is None


def test_a_predecessors_device_has_no_guard(shell: Shell, data: Callable[[str], str]):
    assert agent.guard(ET.fromstring(data("cib-unclean.xml"))) is None
    assert shell.calls == []


def test_as_long_as_nobody_is_lost_nobody_is_asked(
    shell: Shell, configuration: ET.Element, data: Callable[[str], str]
):
    well = crm_mon.parse(data("crm_mon-unclean.xml").replace('unclean="true"', 'unclean="false"'))
    assert agent.holding(configuration, well) is None
    assert shell.calls == []


def test_an_order_to_hold_is_seen_before_anybody_is_lost(
    shell: Shell, configuration: ET.Element, data: Callable[[str], str]
):
    well = crm_mon.parse(data("crm_mon-unclean.xml").replace('unclean="true"', 'unclean="false"'))
    cib.set_pairs(configuration, "crm_config", cib.OWN_PROPERTIES, {agent.HOLD: "true"})
    ordered = {**HELD, "unclean": [], "hold": True}
    shell.answer(agent.FENCE_MAAS, stdout=json.dumps(ordered))
    found = agent.holding(configuration, well)
    assert found is not None
    assert found.hold


def test_fencing_that_goes_on_is_not_held(
    shell: Shell, configuration: ET.Element, status: crm_mon.Status
):
    shell.answer(agent.FENCE_MAAS, stdout=json.dumps({**HELD, "refusal": ""}))
    assert agent.holding(configuration, status) is None
    shell.answer(agent.FENCE_MAAS, stdout=json.dumps(HELD))
    assert agent.holding(configuration, status) is not None


def test_without_an_answer_of_the_cluster_it_is_not_known(shell: Shell, status: crm_mon.Status):
    shell.answer(pacemaker.CIBADMIN, returncode=102)
    assert agent.now(status) is None
    assert agent.now(None) is None


@pytest.fixture
def with_bmcs(configuration: ET.Element) -> ET.Element:
    params = {"hosts": "h1 h2", "max_hosts": "0", "window": "300", "pcmk_host_map": "h1.maas:h1"}
    device = cib.primitive("st-bmc", "stonith:fence_bmc", params=params)
    cib.section(configuration, "resources").append(device)
    return configuration


def test_without_maas_the_other_devices_guard_is_asked(shell: Shell, with_bmcs: ET.Element):
    maas = cib.resource(with_bmcs, "st-maas")
    assert maas is not None
    cib.section(with_bmcs, "resources").remove(maas)
    shell.answer(agent.FENCE_BMC, stdout=json.dumps(HELD))
    found = agent.guard(with_bmcs)
    assert found is not None
    assert found.refusal


def test_bmcs_are_asked_with_their_devices_parameters(shell: Shell, with_bmcs: ET.Element):
    shell.answer(agent.FENCE_BMC, stdout="{}")
    assert agent.examine_bmcs(with_bmcs, live=True, timeout=5) == {}
    assert agent.examine_bmcs(with_bmcs, live=False, timeout=5, only="h2") == {}
    first, second = (set((given or "").splitlines()) for given in shell.inputs)
    assert {"action=examine", "hosts=h1 h2"} <= first
    assert {"action=describe", "hosts=h2"} <= second
    assert shell.calls == [(agent.FENCE_BMC,)] * 2


def test_without_bmcs_none_is_asked(shell: Shell, configuration: ET.Element):
    assert agent.examine_bmcs(configuration, live=True, timeout=5) == {}
    assert shell.calls == []


def test_one_machine_alone_can_be_examined(shell: Shell, configuration: ET.Element):
    shell.answer(agent.FENCE_MAAS, stdout="{}")
    assert agent.examine(configuration, live=True, timeout=5, only="a7d4v1") == {}
    lines = (shell.inputs[0] or "").splitlines()
    assert "action=examine" in lines
    assert "total_timeout=5" in lines
    (hosts,) = [line for line in lines if line.startswith("hosts=")]
    assert hosts.startswith("hosts=a7d4v1:")
    assert "k4r8v2" not in hosts


def test_a_refusal_of_maas_is_told(shell: Shell, configuration: ET.Element):
    shell.answer(agent.FENCE_MAAS, returncode=1, stderr="MAAS refused the API key (401)")
    with pytest.raises(CommandError, match="401"):
        agent.examine(configuration, live=False, timeout=5)
