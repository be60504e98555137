# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the leader does for the cluster, on a cluster that is a value."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

import agent
import bmc
import cib
import crm_mon
import fencing
import leader
import maas
import matching
import pacemaker
import survey
from access import Access
from config import Config
from instance_ha.interfaces.pacemaker_remote import Remote

MEMBERS = {"a": 1000, "b": 1001, "c": 1002}
EMPTY = "<cib epoch='1'><configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>"
MACHINE = matching.Identity("id1", "h1", "u-1")


def remote(name: str = "h1.maas", *, fenced: bool = True, address: str = "10.0.0.9") -> Remote:
    return Remote(
        hostname=name,
        address=address,
        fencing_name=name if fenced else None,
        runs_resources=False,
    )


def desires(**values: object) -> leader.Desires:
    given: dict[str, object] = {
        "config": Config(maas_url="http://maas/MAAS"),
        "members": frozenset(MEMBERS),
        "member_ids": frozenset(MEMBERS.values()),
        "remotes": (remote(),),
        "principal": None,
        "deleted": frozenset(),
        "report": matching.Report({"h1.maas": MACHINE}),
        **values,
    }
    return leader.Desires(**given)  # type: ignore[arg-type]


class Cluster:
    """A cluster that takes every configuration, and connects to its remotes at once if told so."""

    def __init__(self) -> None:
        self.cib = ET.fromstring(EMPTY)
        self.members = dict(MEMBERS)
        self.offline: set[str] = set()
        self.unclean: set[str] = set()
        self.maintained: set[str] = set()
        self.reachable = True
        self.quorate = True
        self.commits: list[set[str]] = []
        self.forgotten: list[str] = []
        self.fenced: list[str] = []
        self.guard: agent.Guard | None = None
        self.silent: set[str] = set()

    def answering(self, hosts: list[leader.remotes.Watched]) -> frozenset[str]:
        return frozenset(host.name for host in hosts) - self.silent

    def remotes(self) -> list[str]:
        return [host.name for host in leader.remotes.present(self.cib)]

    def status(self) -> crm_mon.Status:
        nodes = [
            crm_mon.Node(
                name,
                str(number),
                name not in self.offline,
                name in self.offline and name in self.unclean,
                False,
                False,
                False,
                0,
            )
            for name, number in self.members.items()
        ]
        nodes += [
            crm_mon.Node(
                name,
                name,
                name not in self.unclean,
                name in self.unclean,
                False,
                name in self.maintained,
                True,
                0,
            )
            for name in self.remotes()
        ]
        return crm_mon.Status("a", self.quorate, False, True, tuple(nodes), ())

    def commit(self, build: Callable[[ET.Element], ET.Element]) -> bool:
        result = build(self.cib)
        if cib.equal(result, self.cib):
            return False
        self.cib = result
        self.commits.append(set(fencing.present(result).names))
        return True

    def online(self, name: str, *_: object) -> bool:
        return self.reachable and name in self.remotes() and name not in self.unclean

    def fence(self, name: str, **_: object) -> bool:
        self.fenced.append(name)
        return True


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    monkeypatch.setattr(pacemaker, "status", found.status)
    monkeypatch.setattr(pacemaker, "configuration", lambda: found.cib)
    monkeypatch.setattr(pacemaker, "commit", found.commit)
    monkeypatch.setattr(pacemaker, "wait", lambda condition, **_: condition())
    monkeypatch.setattr(leader.former, "forget", found.forgotten.append)
    monkeypatch.setattr(pacemaker, "fence", found.fence)
    monkeypatch.setattr(leader.remotes, "is_really_online", found.online)
    monkeypatch.setattr(agent, "guard", lambda _: found.guard)
    monkeypatch.setattr(leader.reach, "answering", found.answering)
    return found


def test_a_host_gets_its_device_only_when_it_has_been_seen_alive(cluster: Cluster):
    assert leader.configure(desires())
    assert cluster.commits == [set(), {"h1.maas"}]


def test_a_host_that_cannot_be_reached_gets_none(cluster: Cluster):
    cluster.reachable = False
    leader.configure(desires())
    assert cluster.commits == [set()]
    cluster.reachable = True
    leader.configure(desires())
    assert cluster.commits == [set(), {"h1.maas"}]


def test_a_new_host_that_does_not_answer_is_not_even_watched(cluster: Cluster):
    leader.configure(desires())
    cluster.silent = {"h2.maas"}
    assert not leader.configure(desires(remotes=(remote(), remote("h2.maas"))))
    assert cluster.remotes() == ["h1.maas"]
    cluster.silent.clear()
    leader.configure(desires(remotes=(remote(), remote("h2.maas"))))
    assert cluster.remotes() == ["h1.maas", "h2.maas"]


def test_a_host_is_looked_for_at_another_address_only_when_it_answers_there(cluster: Cluster):
    def watched() -> str:
        (host,) = leader.remotes.present(cluster.cib)
        return host.address

    leader.configure(desires())
    cluster.silent = {"h1.maas"}
    leader.configure(desires(remotes=(remote(address="10.0.0.10"),)))
    assert watched() == "10.0.0.9"
    cluster.silent.clear()
    leader.configure(desires(remotes=(remote(address="10.0.0.10"),)))
    assert watched() == "10.0.0.10"


def test_a_host_that_was_watched_stays_so_when_it_falls_silent(cluster: Cluster):
    leader.configure(desires())
    cluster.silent = {"h1.maas"}
    assert not leader.configure(desires())
    assert cluster.remotes() == ["h1.maas"]


def test_a_second_run_commits_nothing(cluster: Cluster):
    leader.configure(desires())
    before = len(cluster.commits)
    assert not leader.configure(desires())
    assert len(cluster.commits) == before


def test_without_quorum_nothing_is_committed(cluster: Cluster):
    cluster.quorate = False
    assert not leader.configure(desires())


def test_the_first_configuration_waits_for_all_members(cluster: Cluster):
    cluster.offline = {"c"}
    assert not leader.configure(desires())
    cluster.offline = set()
    assert leader.configure(desires())
    cluster.offline = {"c"}
    assert leader.configure(desires(config=Config(failure_timeout=1)))


def test_what_the_predecessor_made_stays_until_all_members_are_ours(cluster: Cluster):
    assert not leader.configure(desires(unrefreshed=("hacluster/2",)))
    assert cluster.commits == []
    assert leader.configure(desires())
    assert leader.configure(
        desires(config=Config(failure_timeout=1), unrefreshed=("hacluster/2",))
    )


def test_a_host_that_has_left_goes_in_one_step_with_its_device(cluster: Cluster):
    leader.configure(desires())
    before = len(cluster.commits)
    leader.configure(desires(remotes=()))
    assert cluster.remotes() == []
    assert len(cluster.commits) == before + 1
    assert cluster.fenced == []


def test_a_host_that_is_lost_and_not_fenced_stays_although_its_unit_has_left(cluster: Cluster):
    leader.configure(desires())
    cluster.unclean = {"h1.maas"}
    leader.configure(desires(remotes=()))
    assert cluster.remotes() == ["h1.maas"]
    assert fencing.present(cluster.cib).names == {"h1.maas"}
    cluster.unclean = set()
    leader.configure(desires(remotes=()))
    assert cluster.remotes() == []


def test_a_maas_that_does_not_answer_takes_no_device_away(cluster: Cluster):
    leader.configure(desires())
    leader.configure(desires(report=matching.Report({}, ("MAAS: unreachable",))))
    assert fencing.present(cluster.cib).machines == {"h1.maas": MACHINE}


def test_a_host_stays_the_machine_that_it_was_when_it_was_alive(cluster: Cluster):
    leader.configure(desires())
    other = matching.Identity("id2", "h1", "u-2")
    leader.configure(desires(report=matching.Report({"h1.maas": other})))
    assert fencing.present(cluster.cib).machines == {"h1.maas": MACHINE}


def test_a_lost_host_is_fenced_again_once_fencing_is_certain(cluster: Cluster):
    leader.configure(desires())
    cluster.unclean = {"h1.maas"}
    leader.configure(desires(report=matching.Report({}, ("MAAS: the API key is refused",))))
    assert cluster.fenced == []
    leader.configure(desires())
    assert cluster.fenced == ["h1.maas"]


def test_what_the_storm_guard_holds_is_left_to_an_operator(cluster: Cluster):
    leader.configure(desires())
    cluster.unclean = {"h1.maas"}
    cluster.guard = agent.Guard("held", 1, ("h1.maas",), ("h1.maas",), (), False, 0.0)
    leader.configure(desires())
    assert cluster.fenced == []


def test_a_lost_host_in_maintenance_is_left_alone(cluster: Cluster):
    leader.configure(desires())
    cluster.unclean = cluster.maintained = {"h1.maas"}
    leader.configure(desires())
    assert cluster.fenced == []


# BMCs

BMCS = frozenset({"h1", "h2.maas"})
NO_MAAS = matching.Report({}, ("MAAS: unreachable",))


def bmcs(cluster: Cluster) -> dict[str, str]:
    return dict(fencing.present(cluster.cib).bmcs)


def test_a_host_with_a_bmc_has_a_second_way_to_be_fenced(cluster: Cluster):
    leader.configure(desires(bmcs=BMCS))
    assert fencing.present(cluster.cib) == fencing.Fenced({"h1.maas": MACHINE}, {"h1.maas": "h1"})
    assert not leader.configure(desires(bmcs=BMCS))
    leader.configure(desires())
    assert bmcs(cluster) == {}
    assert cluster.cib.find("configuration/fencing-topology") is None


def test_without_maas_a_bmc_is_the_only_way(cluster: Cluster):
    report = matching.Report({})
    leader.configure(desires(config=Config(), bmcs=BMCS, report=report))
    assert fencing.present(cluster.cib) == fencing.Fenced({}, {"h1.maas": "h1"})


def test_a_host_that_was_never_alive_gets_no_device_for_its_bmc(cluster: Cluster):
    cluster.reachable = False
    leader.configure(desires(bmcs=BMCS))
    assert fencing.present(cluster.cib) == fencing.Fenced()


def test_a_host_that_asks_for_no_fencing_is_not_fenced_by_its_bmc(cluster: Cluster):
    leader.configure(desires(bmcs=BMCS, remotes=(remote(fenced=False), remote("h2.maas"))))
    assert bmcs(cluster) == {"h2.maas": "h2.maas"}


def test_a_lost_host_can_still_be_given_a_second_way(cluster: Cluster):
    leader.configure(desires())
    cluster.unclean = {"h1.maas"}
    leader.configure(desires(bmcs=BMCS, report=NO_MAAS))
    assert bmcs(cluster) == {"h1.maas": "h1"}
    assert cluster.fenced == ["h1.maas"]


def test_which_machine_a_lost_host_is_is_not_settled_by_its_name(cluster: Cluster):
    leader.configure(desires(config=Config(), bmcs=BMCS, report=matching.Report({})))
    cluster.unclean = {"h1.maas"}
    leader.configure(desires(bmcs=BMCS))
    assert fencing.present(cluster.cib).machines == {}


def test_without_maas_only_hosts_that_do_not_need_it_are_fenced_again(cluster: Cluster):
    hosts = (remote(), remote("h2.maas"), remote("h3.maas"))
    machines = {
        host.hostname: matching.Identity(f"id{n}", f"h{n}") for n, host in enumerate(hosts)
    }
    leader.configure(desires(remotes=hosts, bmcs=BMCS, report=matching.Report(machines)))
    cluster.unclean = {"h1.maas", "h2.maas", "h3.maas"}
    leader.configure(desires(remotes=hosts, bmcs=BMCS, report=NO_MAAS))
    assert cluster.fenced == ["h1.maas", "h2.maas"]


def test_a_lost_host_that_nobody_wants_any_more_keeps_both_ways(cluster: Cluster):
    leader.configure(desires(bmcs=BMCS))
    cluster.unclean = {"h1.maas"}
    leader.configure(desires(remotes=(), bmcs=frozenset()))
    assert fencing.present(cluster.cib) == fencing.Fenced({"h1.maas": MACHINE}, {"h1.maas": "h1"})


def test_fencing_is_on_unless_remotes_ask_for_none(cluster: Cluster):
    def stonith() -> str | None:
        pair = cluster.cib.find(".//nvpair[@name='stonith-enabled']")
        return None if pair is None else pair.get("value")

    leader.configure(desires(remotes=()))
    assert stonith() == "true"
    leader.configure(desires(remotes=(remote(fenced=False),)))
    assert stonith() == "false"
    leader.configure(desires(remotes=(remote(fenced=False), remote("h2.maas"))))
    assert stonith() == "true"


def test_hosts_that_are_watched_no_more_are_waited_for_and_not_those_that_must_be_fenced_first(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    waited: list[set[str]] = []
    monkeypatch.setattr(leader.former, "await_gone", lambda hosts, *_, **__: waited.append(hosts))
    leader.configure(desires(remotes=(remote(), remote("h2.maas"))))
    cluster.unclean = {"h2.maas"}
    leader.configure(desires(remotes=()))
    assert waited == [{"h1.maas"}]
    assert cluster.remotes() == ["h2.maas"]


def test_a_member_that_has_left_is_forgotten(cluster: Cluster):
    leader.configure(desires())
    cluster.members["node1"] = 1
    cluster.offline = {"node1"}
    leader.configure(desires())
    assert cluster.forgotten == ["node1"]


def test_a_member_that_went_without_a_farewell_can_be_fenced_until_it_is_forgotten(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    def fenced() -> str:
        device = cib.resource(cluster.cib, fencing.MEMBERS)
        assert device is not None
        return cib.attributes(device)["pcmk_host_list"]

    def wait(condition: Callable[[], bool], **_: object) -> bool:
        assert fenced() == "a b c d"
        assert not condition()
        cluster.unclean.clear()
        return condition()

    def forget(name: str) -> None:
        del cluster.members[name]

    monkeypatch.setattr(leader.former, "forget", forget)
    leader.configure(desires())
    monkeypatch.setattr(pacemaker, "wait", wait)
    cluster.members["d"] = 1003
    cluster.offline.add("d")
    cluster.unclean.add("d")
    assert leader.configure(desires())
    assert "d" not in cluster.members
    assert fenced() == "a b c"
    assert not leader.configure(desires())


def test_a_member_that_has_not_told_its_name_yet_is_not_forgotten(cluster: Cluster):
    cluster.members["late"] = 1003
    leader.configure(desires())
    cluster.offline = {"late"}
    leader.configure(desires(member_ids=frozenset({1000, 1001, 1002, 1003})))
    assert cluster.forgotten == []


KEY = "a:b:c"


def test_nobody_is_asked_when_nobody_wants_fencing():
    assert survey.ask(Config(), Access(), (remote(fenced=False),)) == matching.Report({})


def test_missing_options_are_told():
    assert survey.ask(Config(), Access(KEY), (remote(),)).problems == (
        "maas_url and maas_credentials must be set",
    )


def test_without_maas_nothing_is_missing_for_hosts_with_a_bmc():
    described = bmc.parse("hosts: {h1: {kind: ipmi, address: 10.0.9.1, username: u, password: p}}")
    given = Access(bmcs=described)
    assert survey.ask(Config(), given, (remote(),)) == matching.Report({})
    assert survey.ask(Config(), given, (remote(), remote("h2.maas"))).problems == (
        "maas_url and maas_credentials must be set",
    )


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("a:b", "maas_credentials: must have three parts, consumer:token:secret"),
        (KEY, "MAAS: the API key is refused"),
    ],
)
def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch, key: str, problem: str):
    def refuse(*_: object) -> None:
        raise maas.MaasError("the API key is refused")

    monkeypatch.setattr(maas, "find", refuse)
    report = survey.ask(Config(maas_url="http://maas"), Access(key), (remote(),))
    assert report == matching.Report({}, (problem,))


def test_what_a_host_was_before_counts(cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    leader.configure(desires())
    other = maas.Machine("id2", "h1.maas", "u-2", "ipmi", False)
    monkeypatch.setattr(maas, "find", lambda *_: (other,))
    report = survey.ask(Config(maas_url="http://maas"), Access(KEY), (remote(),))
    assert report.problems == ("h1.maas: not the machine any more that it was",)
