# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Leadership: leases of a minute, extended every half minute (worker/leadership/tracker.go)."""

from lab.juju import lifecycle
from lab.juju.leadership import LEASE_SECONDS, RENEWAL_SECONDS
from lab.tests.juju_stage import Stage, charm


def led(units: int = 3) -> tuple[Stage, str]:
    stage = Stage()
    stage.deploy(charm("plain"), units)
    stage.settle()
    return stage, stage.model.applications["plain"].leader or ""


def test_the_first_agent_to_ask_leads() -> None:
    stage = Stage()
    stage.deploy(charm("plain"), 3)
    stage.lost = {"plain/0", "plain/1"}
    stage.settle()
    assert stage.model.applications["plain"].leader == "plain/2"


def test_a_lost_leader_is_succeeded_when_its_lease_has_run_out() -> None:
    stage, leader = led()
    stage.lost.add(leader)
    stage.now += LEASE_SECONDS - 1
    assert not stage.leases.expire(stage.model, stage.now)
    stage.now += 1
    assert stage.leases.expire(stage.model, stage.now)
    stage.settle()
    successor = stage.model.applications["plain"].leader
    assert successor not in (None, leader)
    assert stage.names(successor)[-1] == "leader-elected"


def test_a_leader_at_work_keeps_its_lease() -> None:
    stage, leader = led()
    for _ in range(10):
        stage.now += RENEWAL_SECONDS
        stage.settle()
        assert not stage.leases.expire(stage.model, stage.now)
    assert stage.model.applications["plain"].leader == leader


def test_a_leader_in_a_long_hook_keeps_its_lease_until_the_hook_ends() -> None:
    stage, leader = led()
    with stage.leases.working(stage.model.units[leader].machine):
        for _ in range(3):
            stage.now += LEASE_SECONDS
            assert not stage.leases.expire(stage.model, stage.now)
    stage.now += LEASE_SECONDS
    assert stage.leases.expire(stage.model, stage.now)


def test_a_leader_that_comes_back_late_leads_no_more_and_is_told_when_it_does_again() -> None:
    stage, leader = led(2)
    stage.lost.add(leader)
    stage.now += LEASE_SECONDS
    stage.leases.expire(stage.model, stage.now)
    stage.settle()
    successor = stage.model.applications["plain"].leader or ""
    stage.lost.clear()
    stage.settle()
    assert not stage.model.units[leader].leader
    stage.ran.clear()
    lifecycle.destroy_unit(stage.model, stage.model.units[successor])
    stage.settle()
    assert stage.names(leader) == ["leader-elected"]


def test_a_leader_that_is_removed_is_succeeded_at_once() -> None:
    stage, leader = led(2)
    lifecycle.destroy_unit(stage.model, stage.model.units[leader])
    stage.settle()
    assert stage.model.applications["plain"].leader not in (None, leader)


def test_a_dying_unit_does_not_take_leadership() -> None:
    stage, leader = led(2)
    other = next(u for u in stage.model.units_of("plain") if u.name != leader)
    stage.lost.add(other.name)
    lifecycle.destroy_unit(stage.model, other)
    lifecycle.destroy_unit(stage.model, stage.model.units[leader])
    stage.settle()
    stage.lost.clear()
    stage.settle()
    assert "leader-elected" not in stage.names(other.name)
