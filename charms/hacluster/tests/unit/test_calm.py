# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A cluster that is told to touch nothing, and takes up its work again."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from test_spare import cluster, managed, paused

import calm
import cib
import crm_mon
import pacemaker
import reach
import release
import remotes
from actions import ActionError
from config import Config
from instance_ha.command import CommandError
from remotes import Watched

UNITS = frozenset({1000, 1001})


class Cluster:
    """Two members and the remotes h1 and h2."""

    def __init__(self) -> None:
        self.cib = cluster("h1", "h2")
        self.quorate = True
        self.heeds = True
        self.busy = False
        self.offline: set[str] = set()
        self.answering = {"h1", "h2"}
        self.again: list[str] = []
        self.pending = ""

    @property
    def status(self) -> crm_mon.Status:
        mode = cib.properties(self.cib)["maintenance-mode"] == "true" and self.heeds
        nodes = [
            crm_mon.Node(name, number, name not in self.offline, False, False, False, remote, 0)
            for name, number, remote in (
                ("a", "1000", False),
                ("b", "1001", False),
                ("h1", "h1", True),
                ("h2", "h2", True),
            )
        ]
        return crm_mon.Status("a", self.quorate, mode, True, tuple(nodes), ())

    def commit(self, build: Callable[[ET.Element], ET.Element]) -> bool:
        if self.busy:
            raise CommandError("cibadmin", 103, "it has moved on")
        before, self.cib = self.cib, build(self.cib)
        return not cib.equal(before, self.cib)

    def set_property(self, name: str, value: str | None) -> None:
        assert value is None
        cib.remove_pair(self.cib, name)

    def connect_again(self, names: list[str]) -> None:
        self.again = names
        if "h2" in names:
            raise ActionError("h2: up, but the cluster does not get hold of it")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    events = '<fence_event target="h1" action="off" status="pending"/>'

    def xml(**_: object) -> str:
        return f"<x><fence_history>{found.pending and events}</fence_history></x>"

    monkeypatch.setattr(pacemaker, "status", lambda: found.status)
    monkeypatch.setattr(pacemaker, "status_xml", xml)
    monkeypatch.setattr(crm_mon, "parse", lambda _: found.status)
    monkeypatch.setattr(pacemaker, "configuration", lambda: found.cib)
    monkeypatch.setattr(pacemaker, "commit", found.commit)
    monkeypatch.setattr(pacemaker, "set_property", found.set_property)
    monkeypatch.setattr(pacemaker, "settle", lambda **_: None)
    monkeypatch.setattr(pacemaker, "wait", lambda condition, **_: condition())
    monkeypatch.setattr(release, "connect_again", found.connect_again)
    monkeypatch.setattr(remotes, "is_really_online", lambda name, *_: name not in found.offline)

    def answering(hosts: list[Watched]) -> frozenset[str]:
        return frozenset(host.name for host in hosts) & found.answering

    monkeypatch.setattr(reach, "answering", answering)
    return found


def told(world: Cluster) -> tuple[str | None, str | None, set[str]]:
    found = cib.properties(world.cib)
    return found.get("maintenance-mode"), found.get(cib.HOLD), managed(world.cib)


def test_a_cluster_that_is_well_may_be_told(world: Cluster):
    assert calm.obstacle(UNITS) == ""


def test_that_we_hold_fencing_ourselves_is_no_obstacle(world: Cluster):
    calm.begin()
    assert calm.obstacle(UNITS) == ""


def test_what_is_in_the_way_is_named(world: Cluster):
    world.offline = {"b", "h2"}
    assert calm.obstacle(UNITS) == "not online, and would be left behind: 1001, h2"
    world.offline = set()
    assert calm.obstacle(frozenset({1000})) == "no units any more: b; run update-ring"
    assert calm.obstacle(UNITS | {1002}) == "not online, and would be left behind: 1002"
    world.pending = "yes"
    assert calm.obstacle(UNITS) == "being fenced: h1"
    world.pending = ""
    cib.set_pairs(world.cib, "crm_config", cib.OWN_PROPERTIES, {cib.HOLD: "true"})
    assert calm.obstacle(UNITS) == "fencing is held"
    world.quorate = False
    assert calm.obstacle(UNITS) == "the cluster has no quorum"


def test_a_lost_host_that_waits_to_be_fenced_is_in_the_way(world: Cluster):
    status = world.status
    lost = dataclasses.replace(status.nodes[2], unclean=True)
    status = dataclasses.replace(status, nodes=(*status.nodes[:2], lost))
    assert calm.unsound(status, UNITS) == "not online, and would be left behind: h1"


def test_a_cluster_touches_nothing_and_then_everything_again(world: Cluster):
    paused(world.cib, "h2")
    calm.begin()
    assert told(world) == ("true", "switch-transport", set())
    assert calm.end(Config(), late=False)
    assert told(world) == ("false", None, {"h1"})


def test_it_is_no_beginning_before_the_cluster_has_taken_note(world: Cluster):
    world.heeds = False
    with pytest.raises(CommandError):
        calm.begin()


def test_without_quorum_the_cluster_goes_on_touching_nothing(world: Cluster):
    calm.begin()
    world.quorate = False
    assert not calm.end(Config(), late=True)
    assert told(world) == ("true", "switch-transport", set())


def test_a_configuration_that_moves_on_is_tried_again(world: Cluster):
    calm.begin()
    world.busy = True
    assert not calm.end(Config(), late=False)
    world.busy = False
    assert calm.end(Config(), late=False)


def test_maintenance_mode_of_the_operators_stays(world: Cluster):
    calm.begin()
    world.offline = {"h1", "h2"}  # as the cluster connects to nobody
    assert calm.end(Config(maintenance_mode=True), late=False)
    assert told(world) == ("true", None, {"h1", "h2"})


def test_fencing_waits_for_hosts_that_answer_and_not_for_those_that_do_not(world: Cluster):
    calm.begin()
    world.offline, world.answering = {"h1"}, set()
    assert calm.end(Config(), late=False)
    assert world.again == []
    calm.begin()
    world.offline, world.answering = {"h2"}, {"h2"}
    assert not calm.end(Config(), late=False)
    assert world.again == ["h2"]
    assert told(world) == ("false", "switch-transport", {"h1", "h2"})
    assert calm.end(Config(), late=True)
    assert told(world)[1] is None


def test_a_host_that_answers_is_connected_to_again(world: Cluster):
    calm.begin()
    world.offline, world.answering = {"h1"}, {"h1"}
    assert calm.end(Config(), late=False)
    assert world.again == ["h1"]


def test_an_end_that_is_repeated_does_not_end_somebody_elses_order(world: Cluster):
    cib.set_pairs(world.cib, "crm_config", cib.OWN_PROPERTIES, {cib.HOLD: "true"})
    assert calm.end(Config(), late=False)
    assert told(world)[1] == "true"
