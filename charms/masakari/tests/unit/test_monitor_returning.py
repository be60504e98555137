# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A host that returns to service by itself (auto-return), and all the hosts that do not."""

import dataclasses

import pytest
from monitor_world import H1, World

from fencing_monitor import returning
from fencing_monitor.failure import Outcome
from fencing_monitor.requests import Report, ReturnHost, SetEnabled, SetForcedDown, SetMaintenance
from fencing_monitor.rules import Rules

AUTO = Rules(auto_return=True, return_after=60.0)


@pytest.fixture
def world() -> World:
    return started(AUTO)


def started(rules: Rules) -> World:
    world = World(rules)
    world.boot(H1, "vm1", "vm2")
    world.tick(times=2)
    return world


def recover(world: World) -> None:
    world.kill(H1)
    world.tick(times=8)
    assert world.failure().outcome is Outcome.RECOVERED


def is_in_service(world: World) -> bool:
    service = world.services[H1]
    return service.enabled and service.up and not world.registered[H1].on_maintenance


def why_not(world: World) -> str:
    return world.failure().homecoming


def test_a_host_returns_once_it_has_been_well_for_a_while_in_the_order_of_resume_host(
    world: World,
):
    recover(world)
    world.come_back(H1)
    back = world.now
    world.tick(times=120)
    assert is_in_service(world)
    assert world.host().failure is None
    assert why_not(world) == returning.IN_SERVICE
    (down, up), (enabled,), (maintained,) = (
        world.orders(kind) for kind in (SetForcedDown, SetEnabled, SetMaintenance)
    )
    assert down < back <= up < enabled <= maintained
    assert enabled >= back + AUTO.return_after


def test_it_does_not_unless_that_is_wanted():
    world = started(Rules())
    recover(world)
    world.come_back(H1)
    world.tick(times=600)
    assert not is_in_service(world)
    assert not world.orders(ReturnHost)


def test_one_that_goes_away_again_begins_to_wait_anew(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=50)
    world.change_service(H1, up=False)
    world.tick(times=20)
    world.change_service(H1, up=True)
    world.tick(times=50)
    assert not is_in_service(world)
    world.tick(times=30)
    assert is_in_service(world)


def test_one_that_fails_again_while_it_waits_stays_out(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=30)
    world.kill(H1)
    world.tick(times=10)
    world.come_back(H1)
    world.tick(times=600)
    assert not world.orders(ReturnHost)
    assert not is_in_service(world)


def test_one_that_fails_again_within_a_day_of_its_return_stays_out(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=120)
    assert is_in_service(world)
    world.boot(H1, "vm3")
    recover(world)
    world.come_back(H1)
    world.tick(times=300)
    assert not is_in_service(world)
    assert "again within a day" in why_not(world)


def test_not_before_nova_compute_has_cleaned_up_and_forced_down_is_cleared(world: World):
    world.leaves_evacuations = True
    recover(world)
    world.come_back(H1)
    world.tick(times=300)
    assert world.services[H1].forced_down
    assert not world.orders(ReturnHost)
    world.unclean.clear()
    world.tick(times=10)
    world.change_service(H1, up=True)
    world.tick(times=90)
    assert is_in_service(world)


def test_not_while_the_recovery_is_not_over(world: World):
    world.kill(H1)
    world.tick()
    world.engine = "busy"
    world.tick(times=2)
    world.come_back(H1)
    world.tick(times=100)
    assert not world.orders(ReturnHost)


def test_not_after_a_recovery_that_left_instances_behind(world: World):
    world.engine = "fails"
    world.kill(H1)
    world.tick(times=600)
    world.come_back(H1)
    world.tick(times=300)
    assert not is_in_service(world)
    assert why_not(world) == "its recovery ended as failed"


def test_not_what_was_disabled_before_it_failed_though_masakari_has_put_its_own_reason_there(
    world: World,
):
    world.change_service(H1, enabled=False, disabled_reason="bad memory")
    recover(world)
    assert world.services[H1].disabled_reason in AUTO.return_reasons
    world.come_back(H1)
    world.tick(times=300)
    assert not is_in_service(world)
    assert why_not(world) == "it was disabled or forced down in nova before it was reported"


def test_not_what_was_on_maintenance_before_it_failed(world: World):
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=True)
    world.kill(H1)
    world.tick(times=20)
    world.come_back(H1)
    world.tick(times=300)
    assert not world.orders(ReturnHost)
    assert world.registered[H1].on_maintenance


def test_not_what_somebody_disabled_since(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=10)
    world.change_service(H1, disabled_reason="bad memory")
    world.tick(times=300)
    assert not is_in_service(world)
    assert why_not(world) == "somebody disabled it in nova (bad memory)"


@pytest.mark.parametrize("how", ["managed", "maintenance"])
def test_not_what_the_cluster_was_told_to_leave_alone(world: World, how: str):
    recover(world)
    world.come_back(H1)
    setattr(world.machines[H1], how, how == "maintenance")
    world.tick(times=300)
    assert not is_in_service(world)
    setattr(world.machines[H1], how, how == "managed")
    world.tick(times=90)
    assert is_in_service(world)


def test_not_where_nobody_knows_what_was_before(world: World):
    recover(world)
    world.forget_monitor()
    world.tick(times=10)
    world.come_back(H1)
    world.tick(times=300)
    assert not is_in_service(world)
    assert why_not(world) in (
        "it was disabled or forced down in nova before it was reported",
        "whether it was in service before it failed is not known",
    )


@pytest.mark.parametrize("when", ["before", "since"])
def test_not_what_somebody_else_told_nova_is_down(world: World, when: str):
    if when == "before":
        world.change_service(H1, forced_down=True, up=False)
    recover(world)
    world.come_back(H1)
    world.tick(times=20)
    if when == "since":
        world.change_service(H1, forced_down=True, up=False)
    world.tick(times=150)
    assert not is_in_service(world)
    assert "forced down" in why_not(world)
    assert world.host().failure is None


def test_a_monitor_that_starts_again_with_its_journal_goes_on(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=30)
    world.crash_monitor()
    world.tick(times=120)
    assert is_in_service(world)


def test_a_segment_that_masakari_recovers_is_waited_for(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=30)
    busy = dataclasses.replace(
        world.notifications[0], uuid="other", host="u-else", status="running"
    )
    world.notifications.append(busy)
    world.orphans.add("other")
    world.tick(times=90)
    assert world.registered[H1].on_maintenance
    assert world.services[H1].enabled
    world.notifications.remove(busy)
    world.tick(times=60)
    assert is_in_service(world)


def test_what_an_operator_returned_is_left_alone(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=10)
    world.change_service(H1, enabled=True, disabled_reason="")
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=False)
    world.tick(times=120)
    assert not world.orders(ReturnHost)
    assert world.host().failure is None


def test_silence_of_nova_is_not_taken_for_health(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=20)
    world.down = {"nova"}
    world.tick(times=300)
    assert not world.orders(ReturnHost)
    world.down = set()
    world.tick(times=90)
    assert is_in_service(world)


def test_a_host_that_returned_by_itself_is_recovered_when_it_fails_again(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=120)
    world.boot(H1, "vm3")
    world.kill(H1)
    world.tick(times=8)
    assert len(world.orders(Report)) == 2
    assert world.failure().outcome is Outcome.RECOVERED


def test_without_quorum_nothing_returns(world: World):
    recover(world)
    world.come_back(H1)
    world.tick(times=10)
    world.quorate = False
    world.tick(times=300)
    assert not world.orders(ReturnHost)
