# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""fence_member: whom it calls fenced, and whom never."""

import importlib.machinery
import importlib.util
import io
import os
import pathlib
import types
import xml.etree.ElementTree as ET

import pytest

AGENT = pathlib.Path(__file__).parents[2] / "files/fence_member"


class Node:
    """Stands for crm_node."""

    def __init__(self) -> None:
        self.states = [{"a": "member", "b": "lost"}]
        self.quorum = ["1"]

    def __call__(self, *options: str) -> str:
        if options == ("--quorum",):
            return (self.quorum.pop(0) if len(self.quorum) > 1 else self.quorum[0]) + "\n"
        states = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return "".join(f"{n} {name} {state}\n" for n, (name, state) in enumerate(states.items()))


@pytest.fixture
def node() -> Node:
    return Node()


def loaded() -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader("fence_member", str(AGENT))
    spec = importlib.util.spec_from_loader("fence_member", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, node: Node) -> types.ModuleType:
    module = loaded()
    monkeypatch.setattr(module, "crm_node", node)
    monkeypatch.setattr(module, "since_change", lambda: 0.0)
    monkeypatch.setattr(module, "addresses", lambda _: [])
    monkeypatch.setattr(module.time, "sleep", lambda seconds: waited.append(seconds))
    waited.clear()
    return module


waited: list[float] = []


def ask(agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, *lines: str) -> int:
    monkeypatch.setattr(agent.sys, "argv", ["fence_member"])
    monkeypatch.setattr(agent.sys, "stdin", io.StringIO("\n".join(lines)))
    return int(agent.main())


def test_a_lost_member_is_fenced_after_the_time_it_needs_to_stop(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    assert ask(agent, monkeypatch, "action=off", "port=b", "nodename=b", "wait=7") == 0
    assert waited == [7.0]


@pytest.mark.parametrize(
    ("passed", "rests"), [(0.5, [1.5]), (1.9, [pytest.approx(0.1)]), (3600.0, []), (-5.0, [2.0])]
)
def test_the_wait_is_counted_from_the_change_of_the_membership(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, passed: float, rests: list[float]
):
    monkeypatch.setattr(agent, "since_change", lambda: passed)
    assert ask(agent, monkeypatch, "action=off", "plug=b") == 0
    assert waited == rests


def test_without_a_wait_there_is_one_look(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, node: Node
):
    monkeypatch.setattr(agent, "since_change", lambda: 3.0)
    node.quorum, node.states = ["1", "0"], [{"b": "lost"}, {"b": "member"}]
    assert ask(agent, monkeypatch, "action=off", "plug=b") == 0
    node.quorum, node.states = ["0"], [{"b": "lost"}]
    assert ask(agent, monkeypatch, "action=off", "plug=b") == 1
    node.quorum, node.states = ["1"], [{"b": "member"}]
    assert ask(agent, monkeypatch, "action=off", "plug=b") == 1


def test_the_last_membership_is_as_old_as_its_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    module = loaded()
    monkeypatch.setattr(module, "MEMBERSHIPS", tmp_path)
    assert module.since_change() == 0.0
    monkeypatch.setattr(module.time, "time", lambda: 1000.0)
    for name, at in (("ringid_1", 10), ("ringid_1001", 993)):
        (tmp_path / name).write_bytes(b"x" * 8)
        os.utime(tmp_path / name, (at, at))
    assert module.since_change() == 7.0


def test_a_member_in_contact_is_never_called_fenced(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    assert ask(agent, monkeypatch, "action=off", "port=a") == 1
    assert waited == []


def test_a_member_that_came_back_meanwhile_is_not_called_fenced(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, node: Node
):
    node.states = [{"b": "lost"}, {"b": "member"}]
    assert ask(agent, monkeypatch, "action=off", "plug=b") == 1


def test_a_remote_is_never_called_fenced(agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch):
    assert ask(agent, monkeypatch, "action=off", "port=virt-node-01.maas") == 1


@pytest.mark.parametrize("quorum", [["0"], ["1", "0"]], ids=["before", "after the wait"])
def test_without_quorum_nobody_is_called_fenced(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, node: Node, quorum: list[str]
):
    node.quorum = quorum
    assert ask(agent, monkeypatch, "action=off", "port=b") == 1


@pytest.mark.parametrize(("name", "code"), [("a", 0), ("b", 2)])
def test_status_tells_on_from_off(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, code: int
):
    assert ask(agent, monkeypatch, "action=status", f"port={name}") == code


def test_it_can_neither_switch_on_nor_do_what_it_does_not_know(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    assert ask(agent, monkeypatch, "action=on", "port=b") == 1


def test_monitor_needs_pacemaker_to_answer(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    assert ask(agent, monkeypatch, "action=monitor") == 0

    def fail(*_: str) -> str:
        raise agent.RefusedError("no answer")

    monkeypatch.setattr(agent, "crm_node", fail)
    assert ask(agent, monkeypatch, "action=monitor") == 1


def test_it_describes_itself(
    agent: types.ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    assert ask(agent, monkeypatch, "action=metadata") == 0
    root = ET.fromstring(capsys.readouterr().out)
    assert root.get("name") == "fence_member"


CIB = """<cib><configuration><resources>
  <group id="g">
    <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
      <instance_attributes><nvpair name="ip" value="10.0.0.9/24"/></instance_attributes></primitive>
    <primitive id="six" class="ocf" provider="heartbeat" type="IPaddr2">
      <instance_attributes><nvpair name="ip" value="fd00::9"/></instance_attributes></primitive>
    <primitive id="classic" class="ocf" provider="heartbeat" type="IPv6addr">
      <instance_attributes><nvpair name="nic" value="eth1"/><nvpair name="ipv6addr" value="fd00::8"/>
      </instance_attributes></primitive>
    <primitive id="proxy" class="lsb" type="haproxy"/></group></resources></configuration>
 <status><node_state uname="b"><lrm><lrm_resources>
  <lrm_resource id="vip">
    <lrm_rsc_op operation="monitor" interval="10000" rc-code="0" call-id="12"/>
    <lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="11"/></lrm_resource>
  <lrm_resource id="six">
    <lrm_rsc_op operation="monitor" interval="10000" rc-code="0" call-id="13"/>
    <lrm_rsc_op operation="stop" interval="0" rc-code="0" call-id="21"/></lrm_resource>
  <lrm_resource id="classic">
    <lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="14"/></lrm_resource>
  <lrm_resource id="proxy">
    <lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="15"/></lrm_resource>
 </lrm_resources></lrm></node_state></status></cib>"""


def test_the_addresses_that_the_lost_member_ran_are_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    module = loaded()
    text = tmp_path / "cib.xml"
    text.write_text(CIB)
    monkeypatch.setattr(module, "CIBADMIN", ("cat", str(text)))
    assert module.addresses("b") == ["10.0.0.9", "fd00::8"]
    assert module.addresses("a") == []
    monkeypatch.setattr(module, "CIBADMIN", ("false",))
    assert module.addresses("b") == []


def test_a_member_that_still_has_its_address_is_waited_for(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    answered = [True, True, False, True, False, False]
    monkeypatch.setattr(agent, "addresses", lambda _: ["10.0.0.9"])
    monkeypatch.setattr(agent, "answers", lambda _: answered.pop(0))
    assert ask(agent, monkeypatch, "action=off", "port=b", "wait=2") == 0
    assert waited == [pytest.approx(1.4)]
    assert answered == []


def test_one_that_never_gives_it_up_does_not_stop_the_others(
    agent: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr(agent.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(agent, "addresses", lambda _: ["10.0.0.9"])
    monkeypatch.setattr(agent, "answers", lambda _: True)
    assert ask(agent, monkeypatch, "action=off", "port=b") == 0


@pytest.mark.parametrize(
    ("program", "answered"), [("true", True), ("false", False), ("/absent", False)]
)
def test_an_address_answers_or_does_not(
    monkeypatch: pytest.MonkeyPatch, *, program: str, answered: bool
):
    module = loaded()
    monkeypatch.setattr(module, "PING", (program,))
    assert module.answers(["10.0.0.9", "10.0.0.10"]) is answered
