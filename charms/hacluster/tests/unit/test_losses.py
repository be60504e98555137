# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Lost hosts: which are fenced again, which connected again, and that fencing is never held for good."""

import dataclasses
import xml.etree.ElementTree as ET

import pytest

import agent
import cib
import crm_mon
import fencing
import losses
import pacemaker
import release
from actions import ActionError

QUIET = agent.Guard("", 2, ("h1", "h2", "h3"), (), (), hold=False, released=0.0)


class Cluster:
    """Stands for the cluster: hosts that are lost, what the guard says, and what was done."""

    def __init__(self) -> None:
        self.lost = {"h1"}
        self.guard: agent.Guard | None = QUIET
        self.order: str | None = None
        self.done: list[str] = []
        self.connects = True

    def status(self) -> crm_mon.Status:
        nodes = [
            crm_mon.Node(one, one, False, one in self.lost, False, False, True, 0)
            for one in QUIET.remotes
        ]
        return crm_mon.Status("a", True, False, True, tuple(nodes), ())

    def configuration(self) -> ET.Element:
        root = ET.fromstring("<cib><configuration><crm_config/></configuration><status/></cib>")
        if self.order:
            cib.set_pairs(root, "crm_config", cib.OWN_PROPERTIES, {agent.HOLD: self.order})
        return root

    def set_property(self, name: str, value: str | None) -> None:
        assert name == agent.HOLD
        self.order = value
        self.done.append(f"hold {value}" if value else "hold no more")

    def fence(self, name: str, **_: object) -> bool:
        self.done.append(f"fence {name}")
        self.lost.discard(name)
        return True

    def connect_again(self, names: list[str], **_: object) -> None:
        self.done.append(f"connect {' '.join(names)}")
        assert self.order, "a fencing that was asked for before would not be refused"
        if not self.connects:
            raise ActionError("the cluster does not get hold of them")
        self.lost -= set(names)

    def recover(self) -> list[str]:
        self.done.clear()
        losses.recover(self.configuration(), self.status(), without_maas=False, timeout=7)
        return self.done


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    found = Cluster()
    for name in ("status", "configuration", "set_property", "fence"):
        monkeypatch.setattr(pacemaker, name, getattr(found, name))
    monkeypatch.setattr(agent, "guard", lambda _: found.guard)
    monkeypatch.setattr(release, "connect_again", found.connect_again)
    able = fencing.Fenced(bmcs=dict.fromkeys(QUIET.remotes, "bmc"))
    monkeypatch.setattr(fencing, "present", lambda _: able)
    return found


def test_a_lost_host_is_fenced_again(cluster: Cluster):
    assert cluster.recover() == ["fence h1"]
    assert cluster.recover() == []


def test_nobody_is_fenced_or_connected_while_fencing_is_held(cluster: Cluster):
    cluster.guard = dataclasses.replace(QUIET, refusal="3 of 3 are lost", alive=("h1",))
    assert cluster.recover() == []


def test_a_host_that_somebody_had_since_is_connected_again(cluster: Cluster):
    cluster.guard = dataclasses.replace(QUIET, alive=("h1", "h2"))
    assert cluster.recover() == ["hold reconnect", "connect h1", "hold no more"]
    assert cluster.recover() == []


def test_the_others_are_fenced_first(cluster: Cluster):
    cluster.lost, cluster.guard = {"h1", "h2"}, dataclasses.replace(QUIET, alive=("h1",))
    assert cluster.recover() == ["fence h2", "hold reconnect", "connect h1", "hold no more"]


def test_as_long_as_another_cannot_be_fenced_fencing_is_not_held_for_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pacemaker, "fence", lambda *_, **__: False)
    cluster.lost, cluster.guard = {"h1", "h2"}, dataclasses.replace(QUIET, alive=("h1",))
    assert cluster.recover() == []


def test_one_that_cannot_be_connected_does_not_leave_fencing_held(cluster: Cluster):
    cluster.guard, cluster.connects = dataclasses.replace(QUIET, alive=("h1",)), False
    assert cluster.recover()[-1] == "hold no more"


def test_what_a_hook_left_that_was_cut_off_is_taken_back(cluster: Cluster):
    cluster.lost, cluster.order = set(), "reconnect"
    assert cluster.recover() == ["hold no more"]
    cluster.order = "true"
    assert cluster.recover() == []
