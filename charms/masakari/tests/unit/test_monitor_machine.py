# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The rules of the fencing monitor, each as a sentence."""

import dataclasses

import pytest
from monitor_world import H1, H2, NOW, World

from fencing_monitor.cloud import Notification
from fencing_monitor.cluster import Device
from fencing_monitor.evidence import Policy
from fencing_monitor.failure import Outcome, Phase
from fencing_monitor.requests import (
    ReadHosts,
    ReadNotifications,
    ReadServices,
    Report,
    SetForcedDown,
    SetMaintenance,
    SyncHistory,
)
from fencing_monitor.rules import Rules


@pytest.fixture
def world() -> World:
    world = World()
    world.boot(H1, "vm1", "vm2")
    world.tick(times=2)
    return world


def test_while_all_is_well_the_cloud_is_asked_once_a_minute_who_is_in_service(world: World):
    world.tick(times=120)
    asked = [type(request) for _, request, _ in world.log]
    assert set(asked) == {ReadServices, ReadHosts}
    assert len(asked) <= 6


def test_a_fenced_host_is_forced_down_then_reported_once_and_its_instances_followed(world: World):
    world.kill(H1)
    world.tick(times=8)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 1
    assert max(world.orders(SetForcedDown)) <= min(world.orders(Report))
    assert {one.uuid: (one.outcome, one.destination) for one in world.failure().instances} == {
        "vm1": ("moved", H2),
        "vm2": ("moved", H2),
    }


def test_what_the_report_needs_is_asked_before_the_fence_so_that_it_leaves_in_the_same_look(
    world: World,
):
    world.lose(H1)
    world.tick(times=3)
    world.fence(H1)
    fenced = world.now
    world.tick()
    assert world.orders(Report) == [fenced]


@pytest.mark.parametrize("state", ["lost", "fencing"])
def test_an_unclean_host_is_never_reported(world: World, state: str):
    world.machines[H1].state = state
    world.tick(times=100)
    assert not world.orders(Report)
    assert not world.orders(SetForcedDown)
    assert world.failure().phase is Phase.LOST
    assert "unclean" in world.failure().reason


def test_the_timeline_tells_once_when_the_power_off_began_and_when_it_was_over(world: World):
    world.lose(H1)
    world.tick(times=2)
    begun = world.now
    for attempt in ("failed", "success"):
        world.fence(H1, status="pending")
        world.tick(times=3)
        world.fence(H1, status=attempt)
        world.tick(times=2)
    told = [one for one in world.failure().moments if one.what == "fencing begun"]
    assert [(one.at, one.detail) for one in told] == [(begun, "asked by pacemaker-controld.92")]
    assert world.failure().fencing == begun
    evidence = world.failure().evidence
    assert evidence is not None
    assert evidence.fenced > begun


def test_a_failed_fence_is_no_evidence(world: World):
    world.lose(H1)
    world.fence(H1, status="failed")
    world.tick(times=30)
    assert not world.orders(Report)


def test_a_pending_attempt_holds_the_evidence_back(world: World):
    world.kill(H1)
    world.fence(H1, status="pending")
    world.tick(times=5)
    assert not world.orders(SetForcedDown)
    assert "pending" in world.failure().reason


def test_node_fenced_without_a_matching_event_is_no_evidence_and_the_history_is_asked_for(
    world: World,
):
    world.kill(H1)
    world.events.clear()
    world.tick(times=5)
    assert not world.orders(Report)
    assert "history" in world.failure().reason
    assert world.orders(SyncHistory)


def test_an_event_without_node_fenced_is_no_evidence(world: World):
    world.kill(H1)
    world.machines[H1].fenced = 0
    world.tick(times=5)
    assert not world.orders(SetForcedDown)


def test_a_humans_word_counts_only_where_the_policy_accepts_it(world: World):
    world.lose(H1)
    world.fence(H1, delegate="a human")
    world.tick(times=5)
    assert not world.orders(Report)
    world.rules = Rules(policy=Policy(accept_manual_confirmation=True))
    world.tick(times=5)
    assert world.accepted() == 1


@pytest.mark.parametrize("devices", [(), (Device("guard", "fence_dummy"),)])
def test_a_success_that_no_real_device_can_have_had_is_no_evidence(
    world: World, devices: tuple[Device, ...]
):
    world.devices = devices
    world.kill(H1)
    world.tick(times=5)
    assert not world.orders(Report)
    assert "device" in world.failure().reason or "not known to cut power" in world.failure().reason


def test_a_false_online_of_a_dead_host_does_not_end_its_failure(world: World):
    world.kill(H1)
    world.engine = "dead"
    world.tick(times=3)
    world.machines[H1].state = "trying"
    world.tick(times=30)
    assert world.failure().returned is None
    assert world.host().failure is not None
    assert not world.host().really_online


def test_a_host_that_was_dead_before_the_monitor_started_is_reported(world: World):
    world.kill(H1)
    world.now += 600
    world.forget_monitor()
    world.tick(times=8)
    assert world.accepted() == 1
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_monitor_that_moves_to_another_member_adopts_what_was_reported(world: World):
    world.kill(H1)
    world.tick()
    assert world.accepted() == 1
    world.forget_monitor()
    world.tick(times=10)
    assert len(world.orders(Report)) == 1
    assert world.failure().notifications == ("n1",)
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_host_that_came_back_is_not_reported_for_its_old_failure(world: World):
    world.down = {"nova", "masakari"}
    world.kill(H1)
    world.tick(times=5)
    world.come_back(H1)
    world.tick(times=5)
    world.down = set()
    world.tick(times=60)
    assert not world.accepted()
    assert world.failure().outcome is Outcome.RETURNED


def test_a_fence_from_before_the_return_is_no_evidence_for_a_new_loss(world: World):
    world.kill(H1)
    world.tick(times=8)
    world.come_back(H1)
    world.tick(times=10)
    assert world.host().failure is None
    old = world.events[-1]
    world.lose(H1)
    world.tick()
    world.machines[H1].state, world.machines[H1].fenced = "fenced", old.completed or 0
    world.tick(times=30)
    assert world.accepted() == 1


def test_a_second_failure_after_a_return_is_reported_again(world: World):
    world.kill(H1)
    world.tick(times=8)
    world.come_back(H1)
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=False)
    world.now += 600
    world.tick(times=10)
    world.boot(H1, "vm3")
    world.kill(H1)
    world.tick(times=8)
    assert world.accepted() == 2
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_host_fenced_again_without_coming_back_is_the_same_failure(world: World):
    world.kill(H1)
    world.tick(times=8)
    world.now += 300
    world.lose(H1)
    world.tick(times=2)
    world.fence(H1)
    world.tick(times=30)
    assert len(world.orders(Report)) == 1


def test_without_quorum_nothing_is_concluded(world: World):
    world.quorate = False
    world.log.clear()
    for name in world.machines:
        world.lose(name)
        world.fence(name)
    world.tick(times=30)
    assert not world.log
    assert all(host.failure is None for host in world.state.hosts.values())


def test_an_order_waits_while_quorum_is_lost(world: World):
    world.down = {"nova"}
    world.kill(H1)
    world.tick(times=3)
    world.quorate, world.down = False, set()
    world.tick(times=30)
    assert not [one for one in world.log if one[1].changes and not one[2].problem]
    world.quorate = True
    world.tick(times=5)
    assert world.accepted() == 1


@pytest.mark.parametrize("api", ["nova", "masakari"])
def test_an_api_that_is_down_for_ten_minutes_delays_recovery_and_loses_nothing(
    world: World, api: str
):
    world.down = {api}
    world.kill(H1)
    world.tick(times=600)
    assert not world.accepted()
    world.down = set()
    world.tick(times=15)
    assert world.accepted() == 1
    assert world.failure().outcome is Outcome.RECOVERED


def test_nova_is_told_before_masakari_even_if_nova_is_the_one_that_is_down(world: World):
    world.down = {"nova"}
    world.kill(H1)
    world.tick(times=60)
    assert not world.orders(Report)


def test_a_report_whose_answer_was_lost_is_looked_for_before_another_is_sent(world: World):
    world.lost_answers = 1
    world.engine = "dead"
    world.kill(H1)
    world.tick(times=40)
    assert len(world.orders(Report)) == 1
    assert world.failure().phase is Phase.REPORTED


def test_a_duplicate_that_somebody_else_reported_is_followed(world: World):
    early = Notification("theirs", f"u-{H1}", "running", world.now - 100)
    world.notifications.append(early)
    world.engine = "busy"
    world.kill(H1)
    world.tick(times=3)
    assert world.failure().notifications == ("theirs",)
    world.engine = "works"
    world.tick(times=8)
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_host_on_maintenance_is_left_alone_and_said_to_be(world: World):
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=True)
    world.kill(H1)
    world.tick(times=100)
    assert world.failure().outcome is Outcome.ON_MAINTENANCE
    assert len(world.orders(Report)) == 1


def test_a_second_failure_that_masakari_takes_for_a_duplicate_is_reported_when_it_no_longer_does(
    world: World,
):
    world.window = 60.0
    world.kill(H1)
    world.tick(times=20)
    assert world.failure().outcome is Outcome.RECOVERED
    world.come_back(H1)
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=False)
    world.tick(times=10)
    world.boot(H1, "vm3")
    world.kill(H1)
    world.tick(times=80)
    assert world.accepted() == 2
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_host_in_no_segment_is_forced_down_and_reported_once_it_is_registered(world: World):
    known = world.registered.pop(H1)
    world.kill(H1)
    world.tick(times=20)
    assert world.failure().outcome is Outcome.NOT_IN_A_SEGMENT
    assert world.services[H1].forced_down
    assert not world.orders(Report)
    world.registered[H1] = known
    world.tick(times=30)
    assert world.failure().outcome is Outcome.RECOVERED


def test_a_remote_that_is_no_hypervisor_ends_as_such(world: World):
    del world.services[H1]
    world.kill(H1)
    world.tick(times=5)
    assert world.failure().outcome is Outcome.NOT_A_HYPERVISOR
    assert not world.orders(Report)


def test_an_empty_host_has_nothing_to_move(world: World):
    world.servers.clear()
    world.kill(H1)
    world.tick(times=8)
    assert world.failure().outcome is Outcome.NOTHING_TO_MOVE


def test_a_failed_notification_is_reported_again_after_its_maintenance_is_cleared(world: World):
    world.engine = "fails"
    world.kill(H1)
    world.tick(times=10)
    world.engine = "works"
    world.tick(times=60)
    assert world.orders(SetMaintenance)
    assert world.accepted() == 2
    assert world.failure().outcome is Outcome.RECOVERED


def test_what_the_engine_dropped_is_reported_again(world: World):
    world.engine = "drops"
    world.kill(H1)
    world.tick(times=10)
    world.engine = "works"
    world.tick(times=60)
    assert world.failure().outcome is Outcome.RECOVERED


def test_an_engine_that_always_fails_is_given_up_with_the_instances_named(world: World):
    world.engine = "fails"
    world.kill(H1)
    world.tick(times=600)
    assert world.accepted() == world.rules.max_reports
    assert world.failure().outcome is Outcome.FAILED
    assert [one.outcome for one in world.failure().instances] == ["failed", "failed"]


def test_nothing_is_reported_again_while_nova_works_on_an_instance(world: World):
    world.engine = "fails"
    world.kill(H1)
    world.tick(times=8)
    assert world.failure().phase is Phase.DOWN
    world.change_server("vm1", task="rebuild_spawning")
    world.engine = "works"
    world.tick(times=200)
    assert world.accepted() == 1
    world.change_server("vm1", task="")
    world.tick(times=30)
    assert world.accepted() == 2


def test_a_slow_evacuation_that_the_engine_gave_up_is_waited_for(world: World):
    world.engine = "fails"
    world.boot(H1, "vm1")
    del world.servers["vm2"]
    world.kill(H1)
    world.tick()
    world.change_server("vm1", task="rebuilding")
    world.tick(times=100)
    assert world.failure().outcome is None
    world.change_server("vm1", host=H2, task="")
    world.tick(times=15)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 1


def test_an_engine_that_died_is_noticed(world: World):
    world.kill(H1)
    world.engine = "dead"
    world.tick(times=int(world.rules.hearing + world.rules.retry_delay) + 30)
    world.tick(times=int(world.rules.engine_patience))
    moments = [moment.what for moment in world.failure().moments]
    # The first time it may as well be that nobody has told the engines.
    assert moments.index("notification given up") < moments.index("stalled")


def test_an_instance_that_masakari_was_not_to_move_is_no_failure(world: World):
    world.kill(H1)
    world.tick()
    world.change_server("vm2", host="elsewhere")  # hidden from the engine of this test
    world.tick(times=2)
    world.change_server("vm2", host=H1)
    world.tick(times=10)
    assert {one.uuid: one.outcome for one in world.failure().instances} == {
        "vm1": "moved",
        "vm2": "not-selected",
    } or world.failure().outcome is Outcome.RECOVERED


def test_a_returned_host_is_up_in_nova_again_but_stays_disabled_and_on_maintenance(world: World):
    world.kill(H1)
    world.change_service(H1, enabled=False)
    world.tick(times=8)
    world.come_back(H1)
    world.tick(times=10)
    assert not world.services[H1].forced_down
    assert not world.services[H1].enabled
    assert world.registered[H1].on_maintenance
    assert world.host().failure is None


def test_a_host_that_is_back_in_mid_recovery_is_not_evacuated_from_any_more(world: World):
    world.engine = "works slowly"
    world.kill(H1)
    world.tick(times=3)
    assert world.notifications[0].status == "running"
    world.come_back(H1)
    world.tick(times=3)
    assert not world.services[H1].forced_down
    world.engine = "works"
    world.tick(times=30)
    assert {world.servers[name].host for name in ("vm1", "vm2")} == {H1}
    assert world.failure().outcome is Outcome.FAILED
    assert world.host().failure is None


def test_a_report_that_no_engine_has_taken_is_given_up_when_the_host_is_back(world: World):
    world.engine = "busy"
    world.kill(H1)
    world.tick(times=3)
    world.come_back(H1)
    world.tick(times=15)
    assert world.notifications[0].status == "failed"
    world.engine = "works"
    world.tick(times=30)
    assert {world.servers[name].host for name in ("vm1", "vm2")} == {H1}
    assert world.host().failure is None


def test_an_attempt_that_failed_is_not_made_again_when_the_host_is_back(world: World):
    world.engine = "errs"
    world.kill(H1)
    world.tick(times=2)
    world.down = {"database"}
    world.tick(times=3)
    world.come_back(H1)
    world.tick(times=3)
    assert world.notifications[0].status == "error"
    world.down = set()
    world.tick(times=30)
    assert world.notifications[0].status == "failed"
    assert world.accepted() == 1
    assert world.host().failure is None


def test_an_engine_that_died_before_its_host_came_back_holds_nothing_up(world: World):
    world.engine = "dies"
    world.kill(H1)
    world.tick(times=3)
    world.come_back(H1)
    world.tick(times=int(world.rules.engine_patience) + 60)
    assert world.notifications[0].status == "failed"
    assert not any(one.locked for one in world.servers.values())
    assert world.host().failure is None
    assert world.accepted() == 1


def test_a_host_that_was_gone_for_a_moment_leaves_no_trace(world: World):
    world.lose(H1)
    world.tick(times=2)
    world.machines[H1].state = "up"
    world.tick(times=2)
    assert world.host().failure is None
    assert not world.host().former


def test_a_removed_remote_ends_its_failure(world: World):
    world.down = {"nova"}
    world.kill(H1)
    world.tick(times=2)
    del world.machines[H1]
    world.tick(times=70)
    assert world.failure().outcome is Outcome.REMOVED


def test_where_fencing_is_not_required_a_host_is_reported_after_some_samples_and_not_forced_down():
    world = World(Rules(policy=Policy(require_fencing=False), offline_samples=3))
    world.boot(H1, "vm1")
    world.tick()
    world.machines[H1].state = "trying"
    world.tick(times=2)
    assert not world.orders(Report)
    world.tick(times=10)
    assert world.accepted() == 1
    assert not world.orders(SetForcedDown)


def test_where_fencing_is_not_required_a_host_in_maintenance_is_left_alone():
    world = World(Rules(policy=Policy(require_fencing=False)))
    world.machines[H1].maintenance = True
    world.lose(H1)
    world.tick(times=30)
    assert not world.log or not world.orders(Report)


def test_several_hosts_lost_at_once_are_each_reported_once(world: World):
    for name in (H1, H2):
        world.lose(name)
    world.tick()
    for name in (H1, H2):
        world.fence(name)
    world.tick(times=10)
    assert world.accepted(H1) == world.accepted(H2) == 1


def test_the_list_of_notifications_is_asked_for_after_the_evidence_and_before_the_report(
    world: World,
):
    world.kill(H1)
    fenced = world.now
    world.tick(times=2)
    listed = [at for at, one, _ in world.log if isinstance(one, ReadNotifications)]
    assert fenced <= min(listed) <= min(world.orders(Report))
    assert fenced > NOW
