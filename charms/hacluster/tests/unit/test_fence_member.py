# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""fence_member: whom it calls fenced, and whom never."""

import io
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_member_agent import cluster, main, silence, verdict
from fence_member_agent.cluster import Load

FILES = pathlib.Path(__file__).resolve().parents[2] / "files"
Ask = Callable[..., int]


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


class Member:
    """Stands for the lost member: what it ran, who answers for its addresses, and what was waited for it."""

    def __init__(self) -> None:
        self.load = Load((), other=False)
        self.pings: list[bool] = []
        self.gone = False
        self.waited: list[float] = []


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    found = Node()
    monkeypatch.setattr(cluster, "crm_node", found)
    return found


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch, node: Node) -> Member:
    found = Member()
    monkeypatch.setattr(cluster, "since_change", lambda: 0.0)
    monkeypatch.setattr(cluster, "load", lambda _: found.load)
    monkeypatch.setattr(silence, "answers", lambda _: found.pings.pop(0))
    monkeypatch.setattr(silence, "is_gone", lambda _: found.gone)
    monkeypatch.setattr(verdict.time, "sleep", found.waited.append)
    return found


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, lost: Member) -> Ask:
    def answer(*lines: str) -> int:
        monkeypatch.setattr(sys, "argv", ["fence_member"])
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
        return main.main()

    return answer


def test_a_lost_member_is_fenced_after_the_time_it_needs_to_stop(ask: Ask, lost: Member):
    assert ask("action=off", "port=b", "nodename=b", "wait=7") == 0
    assert lost.waited == [7.0]


@pytest.mark.parametrize(
    ("passed", "rests"), [(0.5, [1.5]), (1.9, [pytest.approx(0.1)]), (3600.0, []), (-5.0, [2.0])]
)
def test_the_wait_is_counted_from_the_change_of_the_membership(
    ask: Ask, lost: Member, monkeypatch: pytest.MonkeyPatch, passed: float, rests: list[float]
):
    monkeypatch.setattr(cluster, "since_change", lambda: passed)
    assert ask("action=off", "plug=b") == 0
    assert lost.waited == rests


def test_without_a_wait_there_is_one_look(ask: Ask, node: Node, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "since_change", lambda: 3.0)
    node.quorum, node.states = ["1", "0"], [{"b": "lost"}, {"b": "member"}]
    assert ask("action=off", "plug=b") == 0
    node.quorum, node.states = ["0"], [{"b": "lost"}]
    assert ask("action=off", "plug=b") == 1
    node.quorum, node.states = ["1"], [{"b": "member"}]
    assert ask("action=off", "plug=b") == 1


def test_the_last_membership_is_as_old_as_its_id(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    monkeypatch.setattr(cluster, "MEMBERSHIPS", tmp_path)
    assert cluster.since_change() == 0.0
    monkeypatch.setattr(cluster.time, "time", lambda: 1000.0)
    for name, at in (("ringid_1", 10), ("ringid_1001", 993)):
        (tmp_path / name).write_bytes(b"x" * 8)
        os.utime(tmp_path / name, (at, at))
    assert cluster.since_change() == 7.0


def test_a_member_in_contact_is_never_called_fenced(ask: Ask, lost: Member):
    assert ask("action=off", "port=a") == 1
    assert lost.waited == []


def test_a_member_that_came_back_meanwhile_is_not_called_fenced(ask: Ask, node: Node):
    node.states = [{"b": "lost"}, {"b": "member"}]
    assert ask("action=off", "plug=b") == 1


def test_a_remote_is_never_called_fenced(ask: Ask):
    assert ask("action=off", "port=virt-node-01.maas") == 1


@pytest.mark.parametrize("quorum", [["0"], ["1", "0"]], ids=["before", "after the wait"])
def test_without_quorum_nobody_is_called_fenced(ask: Ask, node: Node, quorum: list[str]):
    node.quorum = quorum
    assert ask("action=off", "port=b") == 1


@pytest.mark.parametrize(("name", "code"), [("a", 0), ("b", 2)])
def test_status_tells_on_from_off(ask: Ask, name: str, code: int):
    assert ask("action=status", f"port={name}") == code


def test_it_can_neither_switch_on_nor_do_what_it_does_not_know(ask: Ask):
    assert ask("action=on", "port=b") == 1


def test_monitor_needs_pacemaker_to_answer(ask: Ask, monkeypatch: pytest.MonkeyPatch):
    assert ask("action=monitor") == 0

    def fail(*_: str) -> str:
        raise cluster.RefusedError("no answer")

    monkeypatch.setattr(cluster, "crm_node", fail)
    assert ask("action=monitor") == 1


def test_it_describes_itself(ask: Ask, capsys: pytest.CaptureFixture[str]):
    assert ask("action=metadata") == 0
    root = ET.fromstring(capsys.readouterr().out)
    assert root.get("name") == "fence_member"


def test_the_program_finds_what_it_is_made_of():
    done = subprocess.run(
        [str(FILES / "fence_member"), "--action=metadata"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ET.fromstring(done.stdout).get("name") == "fence_member"


def test_a_member_whose_addresses_nobody_has_any_more_is_fenced_at_once(ask: Ask, lost: Member):
    lost.load, lost.gone = Load(("10.0.0.9",), other=False), True
    assert ask("action=off", "port=b") == 0
    assert lost.waited == []


@pytest.mark.parametrize(
    "load", [Load(("10.0.0.9",), other=True), Load((), other=False)], ids=["more", "nothing"]
)
def test_but_not_if_it_may_have_run_anything_else(ask: Ask, lost: Member, load: Load):
    lost.load, lost.gone, lost.pings = load, True, [False, False]
    assert ask("action=off", "port=b") == 0
    assert sum(lost.waited) > 1.3


def test_nor_if_it_is_back_or_quorum_is_lost(ask: Ask, lost: Member, node: Node):
    lost.load, lost.gone = Load(("10.0.0.9",), other=False), True
    node.states = [{"b": "lost"}, {"b": "member"}]
    assert ask("action=off", "port=b") == 1
    node.states, node.quorum = [{"b": "lost"}], ["1", "0"]
    assert ask("action=off", "port=b") == 1


def test_a_member_that_still_has_its_address_is_waited_for(ask: Ask, lost: Member):
    lost.load = Load(("10.0.0.9",), other=False)
    lost.pings = [True, True, False, True, False, False]
    assert ask("action=off", "port=b", "wait=2") == 0
    assert lost.waited[0] == pytest.approx(1.4)
    assert lost.pings == []


def test_one_that_never_gives_it_up_does_not_stop_the_others(
    ask: Ask, lost: Member, monkeypatch: pytest.MonkeyPatch
):
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr(verdict.time, "monotonic", lambda: next(clock))
    lost.load, lost.pings = Load(("10.0.0.9",), other=False), [True] * 100
    assert ask("action=off", "port=b") == 0


CIB = """<cib><configuration><resources>
  <group id="g">
    <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
      <instance_attributes><nvpair name="ip" value="10.0.0.9/24"/></instance_attributes></primitive>
    <primitive id="six" class="ocf" provider="heartbeat" type="IPaddr2">
      <instance_attributes><nvpair name="ip" value="fd00::9"/></instance_attributes></primitive>
    <primitive id="classic" class="ocf" provider="heartbeat" type="IPv6addr">
      <instance_attributes><nvpair name="nic" value="eth1"/><nvpair name="ipv6addr" value="fd00::8"/>
      </instance_attributes></primitive></group>
  <clone id="cl"><primitive id="proxy" class="lsb" type="haproxy"/></clone>
  <primitive id="st" class="stonith" type="fence_maas"/>
  <primitive id="virt-node-01.maas" class="ocf" provider="pacemaker" type="remote"/>
  <primitive id="monitor" class="systemd" type="masakari-fencing-monitor"/>
  <primitive id="volume" class="systemd" type="cinder-volume"/>
 </resources></configuration>
 <status><node_state uname="b"><lrm><lrm_resources>
  <lrm_resource id="vip">
    <lrm_rsc_op operation="monitor" interval="10000" rc-code="0" call-id="12"/>
    <lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="11"/></lrm_resource>
  <lrm_resource id="six">
    <lrm_rsc_op operation="monitor" interval="10000" rc-code="0" call-id="13"/>
    <lrm_rsc_op operation="stop" interval="0" rc-code="0" call-id="21"/></lrm_resource>
  <lrm_resource id="classic">
    <lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="14"/></lrm_resource>
  RUNS
 </lrm_resources></lrm></node_state></status></cib>"""


def runs(*names: str) -> str:
    op = '<lrm_rsc_op operation="start" interval="0" rc-code="0" call-id="15"/>'
    return "".join(f'<lrm_resource id="{name}">{op}</lrm_resource>' for name in names)


@pytest.mark.parametrize(
    ("more", "other"),
    [
        ((), False),
        (("proxy", "st", "virt-node-01.maas", "monitor"), False),
        (("proxy", "volume"), True),
    ],
)
def test_what_the_lost_member_ran_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, *, more: tuple[str, ...], other: bool
):
    text = tmp_path / "cib.xml"
    text.write_text(CIB.replace("RUNS", runs(*more)))
    monkeypatch.setattr(cluster, "CIBADMIN", ("cat", str(text)))
    assert cluster.load("b") == Load(("10.0.0.9", "fd00::8"), other=other)
    assert cluster.load("a") == Load((), other=False)


def test_what_is_not_known_may_be_anything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cluster, "CIBADMIN", ("false",))
    assert cluster.load("b") == Load((), other=True)


@pytest.mark.parametrize(
    ("program", "answered"), [("true", True), ("false", False), ("/absent", False)]
)
def test_an_address_answers_or_does_not(
    monkeypatch: pytest.MonkeyPatch, *, program: str, answered: bool
):
    monkeypatch.setattr(silence, "PING", (program,))
    assert silence.answers(["10.0.0.9", "10.0.0.10"]) is answered


ROUTED = '[{"dst":"10.0.0.9","dev":"eth9","prefsrc":"10.0.0.1","flags":[]}]'


@pytest.mark.parametrize(
    ("address", "route", "carrier"),
    [
        ("fd00::8", ROUTED, "1"),
        ("10.0.0.9", ROUTED, "0"),
        ("10.0.0.9", ROUTED, None),
        ("10.0.0.9", ROUTED.replace('"flags"', '"gateway":"10.0.0.254","flags"'), "1"),
        ("10.0.0.9", ROUTED.replace("[{", '[{"type":"local",'), "1"),
        ("10.0.0.9", "[]", "1"),
        ("nonsense", ROUTED, "1"),
    ],
    ids=[
        "IPv6",
        "no carrier",
        "interface down",
        "another network",
        "ours",
        "no route",
        "nonsense",
    ],
)
def test_an_address_that_we_could_not_hear_of_is_not_gone(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    address: str,
    route: str,
    carrier: str | None,
):
    (tmp_path / "eth9").mkdir()
    if carrier is not None:
        (tmp_path / "eth9/carrier").write_text(f"{carrier}\n")
    monkeypatch.setattr(silence, "INTERFACES", tmp_path)
    monkeypatch.setattr(silence, "ROUTE", ("sh", "-c", f"echo '{route}'", "-"))
    assert not silence.is_gone([address])
