# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Pacemaker's XML, in the shapes that 2.1.5 and 3.0.0 were seen to give, and what it is read as."""

import dataclasses
import pathlib
import subprocess

import pytest

from fencing_monitor import evidence, pacemaker
from fencing_monitor.cluster import Cluster, Device, Level, Remote
from fencing_monitor.evidence import Memory, Policy

NODE = (
    '<node name="{name}" id="{name}" online="{online}" standby="false" standby_onfail="false" '
    'maintenance="false" pending="false" unclean="{unclean}" health="green" shutdown="false" '
    'expected_up="false" is_dc="false" resources_running="0" type="remote"/>'
)
MEMBER = '<node name="masakari1" id="1" online="true" unclean="false" expected_up="true" is_dc="true" type="member"/>'
DC = '<summary><current_dc present="true" version="3.0.0-5cf1ffa" name="masakari1" id="1" with_quorum="{quorum}"/></summary>'
CIB = """
<cib><configuration><resources>
 <primitive id="compute1" class="ocf" provider="pacemaker" type="remote"/>
 <primitive id="st-maas" class="stonith" type="fence_maas"><instance_attributes id="a">
  <nvpair id="b" name="pcmk_host_map" value="compute1:abc123;compute2:def456"/></instance_attributes></primitive>
 <primitive id="guard" class="stonith" type="fence_guard"><instance_attributes id="c">
  <nvpair id="d" name="pcmk_host_list" value="compute1 compute2"/></instance_attributes></primitive>
</resources><fencing-topology>
 <fencing-level target="compute1" index="1" devices="guard,st-maas" id="fencing"/></fencing-topology></configuration>
<status><node_state id="1" uname="masakari1" in_ccm="1755" crmd="1755"><lrm id="1"><lrm_resources>
 <lrm_resource id="compute1" class="ocf" provider="pacemaker" type="remote">{operations}</lrm_resource>
 </lrm_resources></lrm></node_state>{state}</status></cib>
"""
STARTED = (
    '<lrm_rsc_op id="compute1_last_0" operation="start" call-id="4" rc-code="0" op-status="0" '
    'interval="0" last-rc-change="1795375000"/>'
    '<lrm_rsc_op id="compute1_monitor_5000" operation="monitor" call-id="5" rc-code="0" op-status="0" '
    'interval="5000" last-rc-change="1795375001"/>'
)
TRYING = (
    '<lrm_rsc_op id="compute1_last_0" operation="start" call-id="-1" rc-code="193" op-status="-1" '
    'interval="0" last-rc-change="1795375600"/>'
    '<lrm_rsc_op id="compute1_last_failure_0" operation="start" call-id="7" rc-code="1" op-status="2" '
    'interval="0" last-rc-change="1795375590"/>'
)
# T healthy / fenced, B healthy / fenced (Pacemaker 3.0.0 and 2.1.5)
T_HEALTHY = (
    '<node_state remote_node="true" id="compute1" uname="compute1" in_ccm="0" '
    'crm-debug-origin="controld_update_resource_history" node_fenced="0"/>'
)
T_FENCED = (
    '<node_state remote_node="true" id="compute1" uname="compute1" in_ccm="0" '
    'crm-debug-origin="send_stonith_update" node_fenced="1795375552"/>'
)
B_HEALTHY = T_HEALTHY.replace('in_ccm="0"', 'in_ccm="true"')
B_FENCED = T_FENCED.replace('in_ccm="0"', 'in_ccm="false"')
EVENT = '<fence_event action="off" target="compute1" client="pacemaker-controld.92" origin="masakari3" {rest}/>'
T_SUCCESS = EVENT.format(
    rest='status="success" delegate="masakari2" completed="2026-11-22 19:25:52.225701Z"'
)
B_SUCCESS = EVENT.format(
    rest='status="success" delegate="masakari2" completed="2026-11-22 19:25:52Z"'
)
PENDING = EVENT.format(rest='status="pending" extended-status="0"')
FAILED = EVENT.format(
    rest='status="failed" delegate="masakari3" completed="2026-11-22 19:26:26.429703Z"'
)
HUMAN = T_SUCCESS.replace("masakari2", "a human").replace(
    "pacemaker-controld.92", "stonith_admin.2216"
)


def look(
    *,
    online: str = "true",
    unclean: str = "false",
    role: str = "Started",
    events: str = "",
    state: str = T_HEALTHY,
    operations: str = STARTED,
    quorum: str = "true",
    managed: str = "true",
) -> Cluster:
    node = NODE.format(name="compute1", online=online, unclean=unclean)
    place = '<node name="masakari1" id="1" cached="true"/>' if role != "Stopped" else ""
    resource = (
        f'<resource id="compute1" resource_agent="ocf:pacemaker:remote" role="{role}" '
        f'managed="{managed}">{place}</resource>'
    )
    history = f'<fence_history status="0">{events}</fence_history>' if events else ""
    status = (
        f'<pacemaker-result api-version="2.38">{DC.format(quorum=quorum)}<nodes>{MEMBER}{node}</nodes>'
        f"<resources>{resource}</resources>{history}</pacemaker-result>"
    )
    return pacemaker.parse(status, CIB.format(operations=operations, state=state), 1795376000.0)


def compute1(cluster: Cluster) -> Remote:
    found = cluster.remote("compute1")
    assert found is not None
    return found


def reason(cluster: Cluster, policy: Policy | None = None) -> str:
    verdict = evidence.confirm(cluster, compute1(cluster), Memory(), policy or Policy())
    return "" if verdict.evidence else verdict.reason


FENCED = {
    "online": "false",
    "role": "Stopped",
    "events": T_SUCCESS,
    "state": T_FENCED,
    "operations": TRYING,
}


def test_members_are_not_remotes():
    assert [remote.name for remote in look().remotes] == ["compute1"]


@pytest.mark.parametrize("state", [T_HEALTHY, B_HEALTHY])
def test_a_healthy_remote_is_really_online(state: str):
    assert evidence.is_really_online(compute1(look(state=state)))


@pytest.mark.parametrize(("event", "state"), [(T_SUCCESS, T_FENCED), (B_SUCCESS, B_FENCED)])
def test_a_fenced_remote_is_confirmed(event: str, state: str):
    assert reason(look(**{**FENCED, "events": event, "state": state})) == ""


@pytest.mark.parametrize("role", ["Starting", "Started"])
def test_a_remote_that_is_being_tried_is_not_online_and_stays_confirmed(role: str):
    cluster = look(**{**FENCED, "online": "true", "role": role})
    assert not evidence.is_really_online(compute1(cluster))
    assert reason(cluster) == ""


def test_a_pending_start_alone_is_not_online_either():
    """Without fencing nothing sets node_fenced, and Pacemaker calls the dead host Started."""
    assert not evidence.is_really_online(compute1(look(operations=TRYING)))
    assert evidence.is_lost(compute1(look(operations=TRYING)))


def test_an_old_failure_in_the_history_does_not_hide_that_it_is_online():
    old = TRYING.split("/>")[1] + "/>"
    assert evidence.is_really_online(
        compute1(look(operations=old.replace("1795375590", "1795370000") + STARTED))
    )


def test_an_unclean_remote_is_not_confirmed():
    cluster = look(online="false", unclean="true", role="Stopped", events=T_SUCCESS)
    assert "unclean" in reason(cluster)


def test_without_node_state_nothing_is_known():
    cluster = look(**{**FENCED, "state": ""})
    assert "does not say" in reason(cluster)
    assert not evidence.is_really_online(compute1(look(state="")))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("", "no success"),
        (FAILED, "no success"),
        (PENDING + T_SUCCESS, "pending"),
        (HUMAN, "human"),
        (T_SUCCESS.replace("19:25:52", "19:25:55"), "no success"),
        (T_SUCCESS.replace('action="off"', 'action="on"'), "no success"),
        (T_SUCCESS.replace("compute1", "compute2"), "no success"),
    ],
)
def test_a_history_that_does_not_fit_is_no_evidence(events: str, expected: str):
    assert expected in reason(look(**{**FENCED, "events": events}))


def test_rounding_apart_is_no_contradiction():
    assert reason(look(**{**FENCED, "events": T_SUCCESS.replace("19:25:52", "19:25:54")})) == ""


def test_a_minority_has_no_evidence():
    assert "quorum" in reason(look(**FENCED, quorum="false"))


def test_devices_and_levels_are_read():
    cluster = look()
    assert {device.name: device.targets for device in cluster.devices} == {
        "st-maas": {"compute1", "compute2"},
        "guard": {"compute1", "compute2"},
    }
    assert [(level.target, level.devices) for level in cluster.levels] == [
        ("compute1", ("guard", "st-maas"))
    ]


def test_a_device_that_may_have_fenced_alone_has_to_be_one_that_cuts_power():
    status = look(**FENCED)
    assert reason(status) == ""
    short = Cluster(status.at, True, status.remotes, status.events, status.devices)
    assert "guard may have fenced it, and is not known to cut power" in reason(short)


def with_ways(*levels: tuple[str, ...], **agents: str) -> Cluster:
    """Return a cluster that has fenced the host, with other devices and levels."""
    devices = tuple(
        Device(name.replace("_", "-"), agent, frozenset({"compute1"}))
        for name, agent in agents.items()
    )
    return dataclasses.replace(
        look(**FENCED),
        devices=devices,
        levels=tuple(Level("compute1", names) for names in levels),
    )


BOTH = {"st_maas": "fence_maas", "st_bmc": "fence_bmc"}


def test_a_success_of_the_second_level_is_evidence_like_one_of_the_first():
    verdict = evidence.confirm(
        with_ways(("st-maas",), ("st-bmc",), **BOTH),
        compute1(look(**FENCED)),
        Memory(),
        Policy(),
    )
    assert verdict.evidence is not None
    assert verdict.evidence.devices == ("st-bmc", "st-maas")
    assert reason(with_ways(("st-bmc",), st_bmc="fence_bmc")) == ""


def test_a_foreign_device_in_either_level_is_no_evidence_unless_the_policy_trusts_it():
    foreign = with_ways(("st-maas",), ("own",), **BOTH, own="fence_apc")
    assert "own may have fenced it, and is not known to cut power" in reason(foreign)
    policy = Policy(trusted_agents=frozenset({*evidence.OURS, "fence_apc"}))
    assert reason(foreign, policy) == ""


def test_one_device_that_cuts_power_is_enough_in_a_level():
    assert reason(with_ways(("st-maas", "own"), **BOTH, own="fence_kdump")) == ""


def test_a_device_of_ours_that_is_for_other_hosts_proves_nothing():
    cluster = with_ways(("st-maas", "own"), own="fence_kdump")
    others = Device("st-maas", "fence_maas", frozenset({"compute2"}))
    cluster = dataclasses.replace(cluster, devices=(*cluster.devices, others))
    assert "own" in reason(cluster)


def test_a_human_is_no_device_of_the_second_level_either():
    human = look(**{**FENCED, "events": HUMAN}).events
    cluster = dataclasses.replace(with_ways(("st-maas",), ("st-bmc",), **BOTH), events=human)
    assert "human" in reason(cluster)


@pytest.mark.parametrize(
    "completed",
    ["2026-11-22 19:25:52Z", "2026-11-22 20:25:52 +01:00", "2026-11-22 20:25:52.5+01:00"],
)
def test_times_are_read_in_any_zone(completed: str):
    events = EVENT.format(rest=f'status="success" completed="{completed}"')
    assert look(events=events).events[0].completed == 1795375552


@pytest.mark.parametrize("text", ["", "<html/", "<a><nodes><node type='remote'/></nodes></a>"])
def test_what_is_not_understood_is_an_error(text: str):
    with pytest.raises(pacemaker.PacemakerError):
        pacemaker.parse(text, text, 0.0)


def test_a_remote_whose_resource_was_deleted_is_no_remote_any_more():
    node = NODE.format(name="compute1", online="false", unclean="false")
    status = f"<r>{DC.format(quorum='true')}<nodes>{node}</nodes><resources/></r>"
    assert pacemaker.parse(status, CIB.format(operations="", state=T_FENCED), 0.0).remotes == ()


def test_a_program_that_hangs_is_an_error_after_ten_seconds(monkeypatch: pytest.MonkeyPatch):
    def hang(argv: tuple[str, ...], *, timeout: float, **_: object) -> None:
        assert timeout <= 10.0
        raise subprocess.TimeoutExpired(argv, timeout)

    monkeypatch.setattr(pacemaker.subprocess, "run", hang)
    with pytest.raises(pacemaker.PacemakerError, match="timed out"):
        pacemaker.run("crm_mon", "--one-shot")


def test_a_missing_program_and_a_failing_one_are_errors():
    with pytest.raises(pacemaker.PacemakerError, match="no-such-program"):
        pacemaker.run("no-such-program")
    with pytest.raises(pacemaker.PacemakerError, match="exit code 1"):
        pacemaker.run("false")


def test_a_cluster_that_does_not_change_costs_one_program_a_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    status = f"<r>{DC.format(quorum='true')}<nodes>{NODE.format(name='compute1', online='true', unclean='false')}</nodes></r>"
    calls: list[str] = []

    def run(*argv: str) -> str:
        calls.append(argv[0])
        return status if argv[0] == "crm_mon" else CIB.format(operations=STARTED, state=T_HEALTHY)

    monkeypatch.setattr(pacemaker, "run", run)
    reader = pacemaker.Reader()
    for second in range(5):
        assert reader.read(float(second), 30.0).at == second
    assert calls == ["crm_mon", "cibadmin", *["crm_mon"] * 4]
    reader.read(40.0, 30.0)
    reader.read(41.0, 0.0)
    assert calls.count("cibadmin") == 3


def test_a_connection_that_the_cluster_does_not_manage_is_not_watched():
    assert compute1(look()).is_watched
    assert not compute1(look(managed="false")).is_watched
