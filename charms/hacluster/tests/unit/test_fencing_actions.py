# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator can ask about fencing, and do to it."""

import json
import logging
import pathlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from conftest import Shell

import agent
import cib
import fencing
import fencing_actions
import fencing_report
import pacemaker
import reach
import remotes
from actions import ActionError
from instance_ha import files
from instance_ha.command import CommandError, Result

LOST, WELL = "virt-node-01.maas", "virt-node-02.maas"
DECLARED = yaml.safe_load((pathlib.Path(__file__).parents[2] / "charmcraft.yaml").read_text())
HELD = agent.Guard("fencing is held: 2 of 2", 1, (LOST, WELL), (LOST,), (WELL,), False, 0.0)


class Maas:
    """Stands for what the agent finds out."""

    def __init__(self) -> None:
        fine: Mapping[str, Any] = {
            "power_type": "ipmi",
            "locked": False,
            "permitted": True,
            "problems": [],
        }
        self.machines: dict[str, dict[str, Any]] = {"a7d4v1": {**fine}, "k4r8v2": {**fine}}
        self.bmcs: dict[str, dict[str, Any]] = {}
        self.error: CommandError | None = None
        self.bmc_error: CommandError | None = None
        self.live: list[object] = []
        self.guard: agent.Guard | None = agent.Guard("", 1, (LOST, WELL), (LOST,), (), False, 0.0)

    def examine(self, _: ET.Element, **__: object) -> dict[str, dict[str, Any]]:
        if self.error:
            raise self.error
        return self.machines

    def examine_bmcs(
        self, _: ET.Element, *, live: bool, **__: object
    ) -> dict[str, dict[str, Any]]:
        self.live.append(live)
        if self.bmc_error:
            raise self.bmc_error
        return self.bmcs


@pytest.fixture
def maas(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Maas:
    found = Maas()
    monkeypatch.setattr(agent, "examine", found.examine)
    monkeypatch.setattr(agent, "examine_bmcs", found.examine_bmcs)
    monkeypatch.setattr(agent, "guard", lambda _: found.guard)
    monkeypatch.setattr(fencing_report, "VALIDATION", tmp_path / "validation.json")
    monkeypatch.setattr(
        files, "ensure", lambda path, content: pathlib.Path(path).write_text(content)
    )
    monkeypatch.setattr(fencing_report.time, "time", lambda: 1_795_000_000.0)
    return found


@pytest.fixture
def cluster(
    shell: Shell, maas: Maas, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell.answer(pacemaker.CRM_MON, stdout=data("crm_mon-unclean.xml"))
    shell.answer(pacemaker.CIBADMIN, stdout=data("cib-unclean.xml"))
    shell.answer(pacemaker.CRM_ATTRIBUTE)
    shell.answer(pacemaker.STONITH_ADMIN)
    shell.answer(pacemaker.CRM_RESOURCE)
    monkeypatch.setattr(reach, "answering", lambda _: frozenset[str]())
    ticks = iter(range(1000))
    monkeypatch.setattr(pacemaker.time, "sleep", lambda _: None)
    monkeypatch.setattr(pacemaker.time, "monotonic", lambda: float(next(ticks)))
    return shell


def says(shell: Shell, data: Callable[[str], str], *changes: tuple[str, str]) -> None:
    text = data("crm_mon-unclean.xml")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    shell.answer(pacemaker.CRM_MON, stdout=text)


def failure(name: str, **params: object) -> ActionError:
    with pytest.raises(ActionError) as caught:
        fencing_actions.perform(name, params)
    return caught.value


def test_every_action_is_declared():
    declared = {name.replace("-", "_") for name in DECLARED["actions"]}
    assert set(fencing_actions.ACTIONS) <= declared


# fencing-status


def test_the_status_tells_of_every_host_what_there_is_to_know(cluster: Shell, maas: Maas):
    maas.guard = HELD
    results = fencing_actions.perform("fencing_status", {})
    hosts = json.loads(results["hosts"])
    assert hosts[LOST] == {
        "system_id": "a7d4v1",
        "bmc": None,
        "state": "lost, not fenced",
        "held": True,
        "power_type": "ipmi",
        "locked": False,
        "permitted": True,
        "problems": [],
        "last_fence": {
            "target": LOST,
            "action": "off",
            "status": "pending",
            "delegate": "",
            "completed": "",
        },
        "last_validation": None,
    }
    assert hosts[WELL]["held"] is False
    assert hosts[WELL]["last_fence"]["completed"] == "2026-11-23 04:59:12"
    assert results["result"] == "fencing is held: 2 of 2"
    assert cluster.called(*pacemaker._STATUS, "--include=fencing")


def test_the_status_is_a_table_too(cluster: Shell):
    header, first, second = fencing_actions.perform("fencing_status", {})["table"].splitlines()
    assert header.split()[:4] == ["host", "machine", "bmc", "state"]
    assert first.split()[:3] == [LOST, "a7d4v1", "-"]
    assert "success 2026-11-23 04:59:12" in second


def test_without_maas_the_status_tells_the_rest_and_says_so(cluster: Shell, maas: Maas):
    maas.error = CommandError("fence_maas", 1, "MAAS cannot be reached")
    results = fencing_actions.perform("fencing_status", {})
    assert json.loads(results["hosts"])[LOST]["power_type"] is None
    assert "MAAS cannot be reached" in results["maas"]
    assert "MAAS cannot be reached" in results["result"]


def test_a_guard_that_cannot_be_asked_is_told(cluster: Shell, maas: Maas):
    maas.guard = None
    assert "cannot be asked" in fencing_actions.perform("fencing_status", {})["result"]


def test_without_pacemaker_there_is_nothing_to_tell(cluster: Shell):
    cluster.answer(pacemaker.CRM_MON, returncode=102)
    for name in fencing_actions.ACTIONS:
        error = failure(name, **{"node": LOST, "maintenance": True, "i-really-mean-it": True})
        assert str(error) == "failed to get cluster health"


def test_without_quorum_there_is_only_a_status(cluster: Shell, data: Callable[[str], str]):
    says(cluster, data, ('with_quorum="true"', 'with_quorum="false"'))
    fencing_actions.perform("fencing_status", {})
    assert "no quorum" in str(failure("release_fencing"))
    assert "no quorum" in str(failure("confirm_fenced", node=LOST, **{"i-really-mean-it": True}))


# validate-fencing


def test_validation_is_remembered(cluster: Shell):
    results = fencing_actions.perform("validate_fencing", {})
    assert results["result"] == "2 hosts could be fenced"
    hosts = json.loads(fencing_actions.perform("fencing_status", {})["hosts"])
    assert hosts[WELL]["last_validation"] == {"time": "2026-11-18 11:06:40Z", "problems": []}


def test_validation_fails_with_the_hosts_that_could_not_be_fenced(cluster: Shell, maas: Maas):
    maas.machines["k4r8v2"]["problems"] = ["it is locked in MAAS"]
    del maas.machines["a7d4v1"]
    error = failure("validate_fencing")
    assert str(error) == f"could not be fenced: {LOST}, {WELL}"
    assert json.loads(error.results["hosts"]) == {
        LOST: ["not examined"],
        WELL: ["it is locked in MAAS"],
    }
    assert f"{WELL}: it is locked in MAAS" in error.results["table"]


def test_validation_without_maas_fails(cluster: Shell, maas: Maas):
    maas.error = CommandError("fence_maas", 1, "401")
    with pytest.raises(CommandError, match="401"):
        fencing_actions.perform("validate_fencing", {})


def test_validation_without_the_guard_fails(cluster: Shell, maas: Maas):
    maas.guard = None
    assert "storm guard" in str(failure("validate_fencing"))


def test_a_host_without_a_device_is_not_valid():
    found = fencing_report.Examined(fencing.Fenced(), {}, frozenset())
    assert fencing_report.problems(["h"], found) == {"h": ["it has no fencing device"]}
    assert fencing_report.hopeless(["h"], found) == ["h"]


def test_a_host_that_runs_although_its_bmc_calls_it_off_has_anothers_bmc(
    cluster: Shell, maas: Maas, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(remotes, "is_really_online", lambda name, *_: name == WELL)
    for machine in maas.machines.values():
        machine["power_state"] = "off"
    error = failure("validate_fencing")
    assert str(error) == f"could not be fenced: {WELL}"
    assert "the BMC of another machine?" in error.results["table"]


# The second level


@pytest.fixture
def bmcs(cluster: Shell, maas: Maas, data: Callable[[str], str]) -> Maas:
    root = ET.fromstring(data("cib-unclean.xml"))
    device = cib.primitive(
        "st-bmc",
        "stonith:fence_bmc",
        params={"pcmk_host_map": f"{LOST}:h1;{WELL}:h2", "hosts": "h1 h2"},
    )
    cib.section(root, "resources").append(device)
    cluster.answer(pacemaker.CIBADMIN, stdout=ET.tostring(root, encoding="unicode"))
    for entry in ("h1", "h2"):
        maas.bmcs[entry] = {"bmc": "ipmi 10.0.9.1", "power_state": "on", "problems": []}
    maas.bmcs["h1"]["power_state"] = "off"
    return maas


def test_the_status_tells_of_bmcs_and_asks_none(bmcs: Maas):
    results = fencing_actions.perform("fencing_status", {})
    assert json.loads(results["hosts"])[LOST]["bmc"] == "ipmi 10.0.9.1"
    assert bmcs.live == [False]
    bmcs.bmc_error = CommandError("fence_bmc", 1, "cannot read credentials_file")
    results = fencing_actions.perform("fencing_status", {})
    assert json.loads(results["hosts"])[LOST]["bmc"] == "unknown"


def test_both_ways_of_a_host_are_validated(bmcs: Maas):
    assert fencing_actions.perform("validate_fencing", {})["result"] == "2 hosts could be fenced"
    bmcs.bmcs["h2"]["problems"] = ["h2: fence_ipmilan: no answer"]
    error = failure("validate_fencing")
    assert str(error) == f"could be fenced in one of two ways only: {WELL}"
    assert json.loads(error.results["hosts"])[WELL] == [
        "second level: h2: fence_ipmilan: no answer"
    ]
    bmcs.machines["k4r8v2"]["problems"] = ["it is locked in MAAS"]
    assert str(failure("validate_fencing")) == f"could not be fenced: {WELL}"


def test_a_maas_that_is_down_leaves_one_of_two_ways(bmcs: Maas):
    bmcs.error = CommandError("fence_maas", 1, "MAAS cannot be reached")
    error = failure("validate_fencing")
    assert str(error) == f"could be fenced in one of two ways only: {LOST}, {WELL}"
    assert "MAAS cannot be reached" in error.results["table"]


def test_bmcs_that_cannot_be_asked_at_all_are_a_problem_of_each_host(bmcs: Maas):
    bmcs.bmc_error = CommandError("fence_bmc", 1, "cannot read credentials_file")
    error = failure("validate_fencing")
    assert "cannot read credentials_file" in json.loads(error.results["hosts"])[WELL][0]


def test_a_host_whose_bmc_says_that_it_is_on_is_not_confirmed(bmcs: Maas):
    bmcs.error = CommandError("fence_maas", 1, "MAAS cannot be reached")
    bmcs.bmcs["h1"]["power_state"] = "on"
    error = failure("confirm_fenced", node=LOST, **{"i-really-mean-it": True})
    assert "its BMC says that it is on" in str(error)


# confirm-fenced


def test_a_confirmation_is_passed_on_and_noted(cluster: Shell, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        results = fencing_actions.perform(
            "confirm_fenced", {"node": "virt-node-01", "i-really-mean-it": True}
        )
    assert cluster.called(pacemaker.STONITH_ADMIN) == [
        (pacemaker.STONITH_ADMIN, "--confirm", LOST)
    ]
    assert results["node"] == LOST
    assert f"an operator confirms that {LOST} has no power" in caplog.text


@pytest.mark.parametrize("said", [None, False, "true"])
def test_nobody_confirms_by_mistake(cluster: Shell, said: object):
    error = failure("confirm_fenced", node=LOST, **{"i-really-mean-it": said})
    assert "i-really-mean-it" in str(error)
    assert not cluster.called(pacemaker.STONITH_ADMIN)


@pytest.mark.parametrize(
    ("node", "reason"), [(WELL, "not waiting to be fenced"), ("nosuch", "no node")]
)
def test_what_is_not_lost_cannot_be_confirmed(cluster: Shell, node: str, reason: str):
    assert reason in str(failure("confirm_fenced", node=node, **{"i-really-mean-it": True}))
    assert not cluster.called(pacemaker.STONITH_ADMIN)


def test_a_host_that_is_seen_to_be_on_is_not_confirmed(cluster: Shell, maas: Maas):
    maas.machines["a7d4v1"]["power_state"] = "on"
    error = failure("confirm_fenced", node=LOST, **{"i-really-mean-it": True})
    assert "its BMC says that it is on" in str(error)
    assert not cluster.called(pacemaker.STONITH_ADMIN)


def test_a_host_that_nobody_can_see_is_confirmed(cluster: Shell, maas: Maas):
    maas.error = CommandError("fence_maas", 1, "MAAS cannot be reached")
    fencing_actions.perform("confirm_fenced", {"node": LOST, "i-really-mean-it": True})
    assert cluster.called(pacemaker.STONITH_ADMIN, "--confirm")


# release-fencing


def test_a_release_is_seen_by_all_members_ends_and_fences_at_once(cluster: Shell):
    results = fencing_actions.perform("release_fencing", {"duration": 60})
    assert results["fenced"] == LOST
    assert results["until"] == "2026-11-18 11:07:40Z"
    dropped, noted = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert dropped[-3:] == ("--name", agent.HOLD, "--delete")
    assert noted[-2:] == ("--update", "1795000060")
    assert agent.RELEASE in noted
    (fenced,) = cluster.called(pacemaker.STONITH_ADMIN)
    assert fenced[1:3] == ("--fence", LOST)
    names = [call[0] for call in cluster.calls]
    assert names.index(pacemaker.STONITH_ADMIN) > names.index(pacemaker.CRM_ATTRIBUTE)


def comes_back(
    shell: Shell,
    data: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    connected: bool = True,
    pending: bool = False,
) -> None:
    """Let the lost host answer, and the cluster forget its loss when told to."""
    well = data("crm_mon-unclean.xml").replace('unclean="true"', 'unclean="false"')
    if not pending:
        well = well.replace('status="pending"', 'status="failed"')
    monkeypatch.setattr(remotes, "is_really_online", lambda *_: connected)

    def forget(*_: str, **__: object) -> Result:
        shell.answer(pacemaker.CRM_MON, stdout=well)
        return Result(0, "", "")

    shell.answers[(pacemaker.CRM_RESOURCE, "--cleanup", "--resource", LOST)] = forget
    monkeypatch.setattr(reach, "answering", lambda hosts: frozenset(host.name for host in hosts))


def test_a_lost_host_that_answers_again_is_connected_to_and_nothing_is_lifted(
    cluster: Shell, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    comes_back(cluster, data, monkeypatch)
    results = fencing_actions.perform("release_fencing", {})
    assert results["reconnected"] == LOST
    assert not cluster.called(pacemaker.STONITH_ADMIN)
    held, dropped = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert agent.HOLD in held
    assert held[-2:] == ("--update", "true")
    assert dropped[-2:] == (agent.HOLD, "--delete")
    # Otherwise the second host is fenced when the first one counts as lost no more.
    assert cluster.calls.index(held) < cluster.calls.index(
        cluster.called(pacemaker.CRM_RESOURCE)[0]
    )


@pytest.mark.parametrize(("connected", "pending"), [(False, False), (True, True)])
def test_fencing_stays_held_until_hosts_are_connected_and_no_fencing_is_under_way(
    cluster: Shell,
    data: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    connected: bool,
    pending: bool,
):
    comes_back(cluster, data, monkeypatch, connected=connected, pending=pending)
    assert "Fencing stays held" in str(failure("release_fencing"))
    (held,) = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert held[-2:] == ("--update", "true")


def test_a_host_that_answers_is_fenced_if_the_operator_insists(
    cluster: Shell, data: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    comes_back(cluster, data, monkeypatch)
    assert fencing_actions.perform("release_fencing", {"reconnect": False})["fenced"] == LOST


def test_a_host_that_is_lost_again_at_once_leaves_fencing_held(
    cluster: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reach, "answering", lambda _: frozenset({LOST}))
    assert "Fencing stays held" in str(failure("release_fencing"))
    (held,) = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert agent.HOLD in held
    assert not cluster.called(pacemaker.STONITH_ADMIN)


def test_a_release_that_could_not_fence_fails_by_name(cluster: Shell):
    cluster.answer(pacemaker.STONITH_ADMIN, returncode=1, stderr="No data available")
    error = failure("release_fencing")
    assert f"but not fenced: {LOST}" in str(error)
    assert error.results["not-fenced"] == LOST
    assert error.results["until"]


def test_a_release_without_anybody_lost_fences_nobody(cluster: Shell, data: Callable[[str], str]):
    says(cluster, data, ('unclean="true"', 'unclean="false"'))
    assert "no host is lost" in fencing_actions.perform("release_fencing", {})["result"]
    assert not cluster.called(pacemaker.STONITH_ADMIN)
    (dropped,) = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert dropped[-2:] == (agent.HOLD, "--delete")


def test_a_release_leaves_alone_what_is_in_maintenance(cluster: Shell, data: Callable[[str], str]):
    old = 'maintenance="false" pending="false" unclean="true"'
    says(cluster, data, (old, old.replace("false", "true", 1)))
    assert "no host is lost" in fencing_actions.perform("release_fencing", {})["result"]
    assert not cluster.called(pacemaker.STONITH_ADMIN)


@pytest.mark.parametrize("duration", [0, 59, 3601])
def test_a_release_must_end_soon(cluster: Shell, duration: int):
    assert "duration" in str(failure("release_fencing", duration=duration))
    assert not cluster.called(pacemaker.CRM_ATTRIBUTE)


# set-node-maintenance


def test_a_host_is_left_alone_and_looked_after_again(cluster: Shell, data: Callable[[str], str]):
    error = failure("set_node_maintenance", node=WELL, maintenance=True)
    assert "not taken note" in str(error)
    results = fencing_actions.perform(
        "set_node_maintenance", {"node": "virt-node-02", "maintenance": False}
    )
    assert results["node"] == WELL
    begin, end = cluster.called(pacemaker.CRM_ATTRIBUTE)
    assert begin[-2:] == ("--update", "true")
    assert end[-1] == "--delete"
    old = f'name="{WELL}" id="{WELL}" online="true" standby="false" standby_onfail="false" '
    says(cluster, data, (f'{old}maintenance="false"', f'{old}maintenance="true"'))
    results = fencing_actions.perform("set_node_maintenance", {"node": WELL, "maintenance": True})
    assert results["maintenance"] == "true"


def test_a_lost_host_is_not_put_in_maintenance_but_may_leave_it(cluster: Shell):
    assert "fence it first" in str(failure("set_node_maintenance", node=LOST, maintenance=True))
    fencing_actions.perform("set_node_maintenance", {"node": LOST, "maintenance": False})
