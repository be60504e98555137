# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The storm guard of fence_maas: when power must not be cut."""

import pathlib
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from conftest import no_ipv6

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import guard, witness
from fence_agent.errors import OptionError
from fence_agent.guard import HeldError, Rule, facts, refusal
from fence_maas_agent.options import options

NOW = 1_795_000_000.0


def status(unclean: str = "", healthy: str = "") -> str:
    """Return what crm_mon says of remotes, each a letter; members are always unclean here."""
    nodes = [f'<node name="{name}.maas" unclean="true" type="remote"/>' for name in unclean]
    nodes += [f'<node name="{name}.maas" unclean="false" type="remote"/>' for name in healthy]
    member = '<node name="m" unclean="true" type="member"/>'
    return f"<pacemaker-result><nodes>{member}{''.join(nodes)}</nodes></pacemaker-result>"


def configuration(fenced: dict[str, float] | None = None, **notes: str) -> str:
    pairs = "".join(
        f'<nvpair id="{n}" name="{n.replace("_", "-")}" value="{v}"/>' for n, v in notes.items()
    )
    states = "".join(
        f'<node_state remote_node="true" uname="{name}.maas" node_fenced="{moment:.0f}"/>'
        for name, moment in (fenced or {}).items()
    )
    return (
        f'<cib><configuration><crm_config><cluster_property_set id="instance-ha">{pairs}'
        "</cluster_property_set></crm_config></configuration>"
        f'<status><node_state uname="m" node_fenced="{NOW:.0f}"/>{states}</status></cib>'
    )


def judge(
    mon: str, cib: str | None = None, *, max_hosts: int | None = 0, target: str = "a.maas"
) -> str:
    rule = Rule(max_hosts=max_hosts, window=300)
    return refusal(facts(mon, cib or configuration(), rule.window, NOW), rule, target)


def released(seconds: float) -> str:
    return configuration(**{guard.RELEASE.replace("-", "_"): str(int(NOW + seconds))})


@pytest.mark.parametrize(
    ("remotes", "limit"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (100, 50)]
)
def test_zero_is_half_of_the_remotes_rounded_up_and_at_least_one(remotes: int, limit: int):
    assert Rule(0, 300).limit(remotes) == limit
    assert Rule(7, 300).limit(remotes) == 7


@pytest.mark.parametrize("healthy", ["", "b", "bcd"])
@pytest.mark.parametrize("max_hosts", [0, 1, 5])
def test_a_single_host_is_always_fenced(healthy: str, max_hosts: int):
    assert judge(status("a", healthy), max_hosts=max_hosts) == ""


def test_as_many_as_may_be_are_fenced_and_more_are_not():
    assert judge(status("ab", "c")) == ""
    assert judge(status("abc", "d"), max_hosts=3) == ""
    reason = judge(status("abc", "d"))
    assert "3 of 4 hosts are lost at once" in reason
    assert "3 not fenced yet: a.maas, b.maas, c.maas" in reason
    assert "and 2 may be" in reason
    assert "release-fencing" in reason


def test_one_that_was_fenced_a_moment_ago_counts():
    cib = configuration({"b": NOW - 10, "c": NOW - 299})
    assert "2 fenced within 300 s: b.maas, c.maas" in judge(status("a", "bcd"), cib)


def test_one_that_was_fenced_long_ago_or_is_back_does_not_count():
    assert judge(status("a", "bcd"), configuration({"b": NOW - 301, "c": 0, "d": 0})) == ""


def test_a_clock_that_jumped_back_does_not_forget_the_fenced():
    cib = configuration({"b": NOW + 9000, "c": NOW + 9000})
    assert "held" in judge(status("a", "bcd"), cib)


def test_a_host_in_both_answers_counts_once():
    assert judge(status("ab", "cd"), configuration({"a": NOW, "b": NOW})) == ""


def test_the_target_counts_even_if_the_cluster_thinks_it_well():
    assert "3 of 4" in judge(status("bc", "ad"))
    assert "3 of 4" in judge(status("bc", "ad"), target="a")


def test_a_host_in_maintenance_is_down_on_purpose():
    mon = status("abc", "d").replace(
        'unclean="true" type="remote"', 'unclean="true" maintenance="true" type="remote"'
    )
    assert judge(mon, target="d.maas") == ""


@pytest.mark.parametrize("target", ["a.maas", "a"])
def test_a_host_that_somebody_works_on_is_not_switched_off(target: str):
    mon = status("a", "b").replace(
        'name="a.maas" unclean="true"', 'name="a.maas" unclean="true" maintenance="true"'
    )
    assert "it is in maintenance" in judge(mon, target=target)
    assert "it is in maintenance" in judge(mon, released(60), target=target)
    assert judge(mon, target="b.maas") == ""


def test_a_fenced_host_that_is_no_remote_any_more_does_not_count():
    assert judge(status("a", "b"), configuration({"gone": NOW})) == ""


def test_without_a_limit_there_is_none():
    assert judge(status("abc"), max_hosts=None) == ""


def test_a_release_lifts_the_limit_until_it_ends():
    assert judge(status("abc"), released(60)) == ""
    assert "held" in judge(status("abc"), released(-1))


def test_a_release_without_a_plausible_end_is_none():
    assert "held" in judge(status("abc"), released(86400))


def test_an_order_to_hold_holds_even_a_single_host():
    cib = configuration(instance_ha_fencing_hold="true")
    assert "held by order" in judge(status("a", "b"), cib)
    assert judge(status("a", "b"), configuration(instance_ha_fencing_hold="false")) == ""


@pytest.mark.parametrize(
    ("mon", "cib"),
    [
        ("", configuration()),
        (status("a"), "<cib"),
        (status("a"), "<cib/>"),
        (status("a"), "<cib><configuration/></cib>"),
        (status("a"), configuration(**{"instance_ha_fencing_released_until": "soon"})),
    ],
)
def test_what_is_not_understood_is_no_permission(mon: str, cib: str):
    with pytest.raises(HeldError, match="not understood"):
        facts(mon, cib, 300, NOW)


def test_it_reads_what_a_real_cluster_says(data: Callable[[str], str]):
    found = facts(data("crm_mon-unclean.xml"), data("cib-unclean.xml"), 300, NOW)
    assert found.remotes == {"virt-node-01.maas", "virt-node-02.maas"}
    assert found.unclean == {"virt-node-01.maas"}
    assert (found.fenced, found.hold, found.released) == (frozenset(), False, 0.0)


def test_parameters_say_what_is_allowed():
    given = {"action": "off", "max_hosts": "0", "window": "60s", "monitor_host": "10.0.0.1 ::1"}
    assert options(given).rule == Rule(0, 60.0, ("10.0.0.1", "::1"))
    assert options({"action": "off"}).rule == Rule(None, 300.0)
    for wrong in ("-1", "half", "1.5"):
        with pytest.raises(OptionError, match="max_hosts"):
            options({"action": "off", "max_hosts": wrong})


# What is asked


class Programs:
    """Stands for subprocess.run."""

    def __init__(self, unclean: str = "a", healthy: str = "b") -> None:
        self.answers: dict[str, str | int | Exception] = {
            "crm_mon": status(unclean, healthy),
            "cibadmin": configuration(),
        }
        self.calls: list[str] = []

    def run(self, command: tuple[str, ...], **given: object) -> subprocess.CompletedProcess[str]:
        assert given["timeout"] == 5
        program = pathlib.Path(command[0]).name
        self.calls.append(program if program != "ping" else command[-1])
        answer = self.answers[self.calls[-1]]
        if isinstance(answer, Exception):
            raise answer
        code, text = (answer, "") if isinstance(answer, int) else (0, answer)
        return subprocess.CompletedProcess(command, code, text, "sorry")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Programs:
    found = Programs()
    monkeypatch.setattr(subprocess, "run", found.run)
    ping = tmp_path / "ping"  # never run, only looked for: not every machine has one
    ping.touch(mode=0o755)
    monkeypatch.setattr(witness, "_PINGS", (str(ping),))
    return found


def test_the_state_is_asked_before_the_record(programs: Programs):
    witness.Guard(Rule(0, 300), "a.maas").check()
    assert programs.calls == ["crm_mon", "cibadmin"]


def test_an_answer_is_good_for_some_seconds_only(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
):
    moments = iter([100.0, 100.0, 104.0, 106.0, 106.0])
    monkeypatch.setattr(witness.time, "monotonic", lambda: next(moments))
    found = witness.Guard(Rule(0, 300), "a.maas")
    found.check()
    found.check()
    assert len(programs.calls) == 2
    programs.answers["crm_mon"] = status("abc")
    with pytest.raises(HeldError, match="3 of 3"):
        found.check()


@pytest.mark.parametrize(
    "answer", [102, OSError(2, "No such file"), subprocess.TimeoutExpired("x", 5), "<nonsense"]
)
@pytest.mark.parametrize("program", ["crm_mon", "cibadmin"])
def test_without_the_clusters_word_no_power_is_cut(
    programs: Programs, program: str, answer: str | int | Exception
):
    programs.answers[program] = answer
    with pytest.raises(HeldError, match=r"no power is cut|not understood"):
        witness.Guard(Rule(0, 300), "a.maas").check()


def test_without_a_rule_nobody_is_asked(programs: Programs):
    witness.Guard(Rule(None, 300), "a.maas").check()
    assert programs.calls == []


# Who is lost with it


def well(cib: str, **places: int) -> tuple[str, str]:
    """Return a status in which hosts are well, and a configuration with where they listen."""
    nodes = "".join(f'<node name="{name}.maas" online="true" type="remote"/>' for name in places)
    primitives = "".join(
        f'<primitive id="{name}.maas" class="ocf" provider="pacemaker" type="remote">'
        f'<instance_attributes><nvpair name="server" value="127.0.0.1"/>'
        f'<nvpair name="port" value="{port}"/></instance_attributes></primitive>'
        for name, port in places.items()
    )
    lost = '<node name="a.maas" unclean="true" type="remote"/>'
    resources = f"<resources>{primitives}</resources></configuration>"
    return (
        f"<pacemaker-result><nodes>{lost}{nodes}</nodes></pacemaker-result>",
        cib.replace("</configuration>", resources),
    )


class Door:
    """A port that hosts answer at, or that takes no connection and says nothing."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.silent: set[int] = set()
        self.refusing: set[int] = set()

    def create_connection(self, place: tuple[str, int], timeout: float) -> socket.socket:
        assert timeout <= 2
        self.asked.append(place[1])
        if place[1] in self.silent:
            raise TimeoutError("timed out")
        if place[1] in self.refusing:
            raise ConnectionRefusedError(111, "Connection refused")
        return socket.socket()


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    found = Door()
    monkeypatch.setattr(witness.socket, "create_connection", found.create_connection)
    return found


def test_a_host_that_does_not_answer_is_lost_before_the_cluster_says_so(
    programs: Programs, door: Door
):
    programs.answers["crm_mon"], programs.answers["cibadmin"] = well(
        configuration(), b=1, c=2, d=3
    )
    door.silent = {1}
    witness.Guard(Rule(0, 300), "a.maas").check()
    door.silent = {1, 2}
    with pytest.raises(HeldError, match=r"3 of 4 .* 2 that do not answer: b.maas, c.maas"):
        witness.Guard(Rule(0, 300), "a.maas").check()


@no_ipv6
def test_hosts_with_ipv6_addresses_are_asked_like_any(programs: Programs):
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        status_, cib = well(configuration(), b=port, c=port)
        programs.answers["crm_mon"] = status_
        # Of the network for documentation (RFC 3849), where nobody is.
        cib = cib.replace("127.0.0.1", "::1", 1).replace("127.0.0.1", "2001:db8::1", 1)
        programs.answers["cibadmin"] = cib
        with pytest.raises(HeldError, match=r"2 of 3 .* 1 that do not answer: c.maas"):
            witness.Guard(Rule(1, 300), "a.maas").check()
        programs.answers["cibadmin"] = cib.replace("2001:db8::1", "::1")
        witness.Guard(Rule(1, 300), "a.maas").check()


def test_who_refuses_a_connection_is_there(programs: Programs, door: Door):
    programs.answers["crm_mon"], programs.answers["cibadmin"] = well(configuration(), b=1, c=2)
    door.refusing = {1, 2}
    witness.Guard(Rule(1, 300), "a.maas").check()
    assert sorted(door.asked) == [1, 2]


def test_nobody_is_asked_when_it_is_decided_anyway(programs: Programs, door: Door):
    programs.answers["crm_mon"], programs.answers["cibadmin"] = well(configuration(), b=1, c=2)
    witness.Guard(Rule(3, 300), "a.maas").check()  # all of them may be lost
    held = configuration(instance_ha_fencing_hold="true")
    programs.answers["crm_mon"], programs.answers["cibadmin"] = well(held, b=1, c=2)
    with pytest.raises(HeldError, match="by order"):
        witness.Guard(Rule(1, 300), "a.maas").check()
    assert door.asked == []


def test_the_target_and_those_in_maintenance_are_not_asked(programs: Programs, door: Door):
    status_, cib = well(configuration(), b=1, c=2)
    programs.answers["crm_mon"] = status_.replace(
        'name="c.maas" online="true"', 'name="c.maas" online="true" maintenance="true"'
    ).replace('name="a.maas" unclean="true"', 'name="a.maas" online="true"')
    programs.answers["cibadmin"] = cib
    for name in ("a.maas", "a", "A.maas"):
        witness.Guard(Rule(1, 300), name).check()
    assert door.asked == [1, 1, 1]


def test_a_member_that_reaches_one_address_may_fence(programs: Programs):
    programs.answers |= {"10.0.0.1": 1, "10.0.0.2": ""}
    witness.Guard(Rule(0, 300, ("10.0.0.1", "10.0.0.2")), "a.maas").check()


def test_a_member_that_is_cut_off_may_not(programs: Programs):
    programs.answers |= {"10.0.0.1": 1, "10.0.0.2": OSError(2, "No such file")}
    with pytest.raises(HeldError, match=r"reaches none of 10.0.0.1, 10.0.0.2 \(monitor_host\)"):
        witness.Guard(Rule(0, 300, ("10.0.0.1", "10.0.0.2")), "a.maas").check()


def test_a_missing_ping_is_told_as_what_it_is(programs: Programs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(witness, "_PINGS", ("/nonexistent/ping",))
    with pytest.raises(HeldError, match="ping is not installed"):
        witness.Guard(Rule(0, 300, ("10.0.0.1",)), "a.maas").check()


class Switch:
    """A power switch that notes what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def power_state(self, system_id: str) -> str:
        return "on"

    def power(self, system_id: str, action: str, comment: str) -> bool:
        self.told.append(action)
        return True


@pytest.mark.parametrize("target", ["a.maas", "a"])
@pytest.mark.parametrize("moment", [NOW, 1, NOW + 9e9])
def test_what_counts_as_fenced_is_not_switched_off_by_who_was_asked_before(
    programs: Programs, target: str, moment: float
):
    programs.answers["crm_mon"] = status("", "abcd")
    programs.answers["cibadmin"] = configuration({"a": moment})
    switch = Switch()
    found = witness.Guard(Rule(5, 300), target)
    found.check()  # if its BMC says off, it is as whoever asked wants it
    with pytest.raises(HeldError, match="counts as fenced already"):
        witness.GuardedApi(switch, found).power("x", "off", "")
    assert switch.told == []


@pytest.mark.parametrize(
    ("mon", "moment"), [(status("", "ab"), 0), (status("a", "b"), 0), (status("a", "b"), NOW - 60)]
)
def test_what_does_not_count_as_fenced_or_is_lost_again_is_switched_off(
    programs: Programs, mon: str, moment: float
):
    programs.answers["crm_mon"] = mon
    programs.answers["cibadmin"] = configuration({"a": moment, "b": NOW})
    switch = Switch()
    witness.GuardedApi(switch, witness.Guard(Rule(5, 300), "a.maas")).power("x", "off", "")
    assert switch.told == ["off"]


def back_again(programs: Programs) -> None:
    """Have the cluster call a.maas well: it was fenced by another device, started and connected again."""
    mon, cib = well(configuration({"a": 0}), a=1, b=2)
    lost = '<node name="a.maas" unclean="true" type="remote"/>'
    programs.answers["crm_mon"], programs.answers["cibadmin"] = mon.replace(lost, ""), cib


@pytest.mark.parametrize("target", ["a.maas", "a"])
def test_what_was_lost_and_is_back_is_not_switched_off_by_who_still_tries(
    programs: Programs, target: str
):
    switch = Switch()
    guarded = witness.GuardedApi(switch, witness.Guard(Rule(5, 300), target))
    guarded.power("x", "off", "")
    back_again(programs)
    # Seconds after the first try, and not later: what was found before that one is no answer to this.
    with pytest.raises(HeldError, match="is back"):
        guarded.power("x", "off", "")
    assert switch.told == ["off"]


def test_a_host_that_is_well_is_switched_off_for_who_asks_for_that(programs: Programs):
    back_again(programs)
    switch = Switch()
    guarded = witness.GuardedApi(switch, witness.Guard(Rule(5, 300), "a.maas"))
    guarded.power("x", "off", "")
    guarded.power("x", "off", "")
    assert switch.told == ["off", "off"]


def test_the_guard_stands_before_every_cut_and_before_nothing_else(programs: Programs):
    switch = Switch()
    guarded = witness.GuardedApi(switch, witness.Guard(Rule(0, 300), "a.maas"))
    programs.answers["crm_mon"] = status("abc")
    assert guarded.power_state("x") == "on"
    assert guarded.power("x", "on", "why")
    with pytest.raises(HeldError):
        guarded.power("x", "off", "why")
    assert switch.told == ["on"]


def test_names_that_are_many_are_cut_short():
    assert "and 3 more" in judge(status("abcdefgh"))
