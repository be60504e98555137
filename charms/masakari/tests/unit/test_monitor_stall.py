# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""An engine that dies in the middle of a recovery, and how the recovery goes on without an operator."""

import dataclasses

import pytest
from monitor_world import H1, H2, TIMER, World

from fencing_monitor.failure import Outcome
from fencing_monitor.requests import GiveUp, ReadServers, Unlock


@pytest.fixture
def world() -> World:
    world = World()
    world.boot(H1, "vm1", "vm2", "vm3")
    return world


def die(world: World) -> None:
    """Let the engine die with one instance moved, one locked, one not begun."""
    world.kill(H1)
    world.engine = "dies"
    world.tick(times=5)
    assert world.engine == "dead"


def test_it_is_given_up_and_reported_again_within_minutes(world: World):
    die(world)
    died = world.now
    world.engine = "works"  # another unit's engine, or the same one started again
    world.tick(times=230)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 2
    ended = max(one.ended or 0.0 for one in world.failure().instances)
    assert ended - died < 180


def test_nothing_is_given_up_while_nova_is_at_work(world: World):
    die(world)
    world.change_server("vm3", task="rebuilding")
    world.tick(times=int(world.rules.engine_patience) + 60)
    assert world.orders(GiveUp) == []


def test_what_nova_never_ends_does_not_hold_up_the_rest_for_ever(world: World):
    die(world)
    world.change_server("vm3", task="rebuilding")
    world.tick(times=int(world.rules.evacuation_grace) + 60)
    assert len(world.orders(GiveUp)) == 1


def test_an_instance_in_error_is_waited_for_as_long_as_the_engine_would(world: World):
    die(world)
    world.change_server("vm3", status="ERROR")
    world.tick(times=int(world.rules.evacuation_timeout) - 10)
    assert world.orders(GiveUp) == []
    world.tick(times=60)
    assert len(world.orders(GiveUp)) == 1


@pytest.mark.parametrize("silent", ["nova", "masakari"])
def test_silence_of_an_api_is_not_taken_for_the_engines(world: World, silent: str):
    die(world)
    world.down = {silent}
    world.tick(times=400)
    assert world.orders(GiveUp) == []


def test_a_part_without_quorum_gives_nothing_up(world: World):
    die(world)
    world.quorate = False
    world.tick(times=400)
    assert world.orders(GiveUp) == []


def test_the_locks_of_the_dead_engine_are_taken_off(world: World):
    die(world)
    assert world.servers["vm2"].locked
    world.engine = "works"
    world.tick(times=230)
    assert not any(one.locked for one in world.servers.values())
    assert len(world.orders(Unlock)) == 1


def test_a_users_lock_stays(world: World):
    world.servers["vm2"] = dataclasses.replace(world.servers["vm2"], locked=True)
    die(world)
    world.engine = "works"
    world.tick(times=230)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.servers["vm2"].locked


def test_a_first_failed_attempt_is_not_left_to_two_engines_at_once(world: World):
    world.kill(H1)
    world.engine = "errs"
    world.tick(times=4)
    world.engine = "works"
    world.tick(times=60)
    (given_up,) = [a for _, r, a in world.log if isinstance(r, GiveUp)]
    assert given_up.value
    assert world.failure().outcome is Outcome.RECOVERED


def test_reports_are_not_used_up_while_keystone_is_away(world: World):
    """Nova and Masakari know the monitor's token for minutes more, and the engine has none."""
    world.down, world.engine = {"keystone"}, "errs"
    world.kill(H1)
    world.tick(times=600)
    assert world.accepted() == 1
    world.down, world.engine = set(), "works"
    world.tick(times=20)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 2


def test_nothing_is_concluded_before_nova_has_listed_the_instances(world: World):
    """Nova forced the host down and then listed nothing; the engine, to which it was silent too, failed."""
    world.mute, world.engine = {ReadServers}, "blind"
    world.kill(H1)
    world.tick(times=200)
    assert world.accepted() == 1
    assert world.failure().is_open
    world.mute, world.engine = set(), "works"
    world.tick(times=60)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 2


def test_a_host_that_is_back_is_not_waited_for_to_be_listed(world: World):
    world.mute, world.engine = {ReadServers}, "blind"
    world.kill(H1)
    world.tick(times=30)
    world.come_back(H1)
    world.tick(times=30)
    assert not world.failure().is_open


def test_an_engine_that_takes_up_what_was_given_up_is_followed_and_not_doubled(world: World):
    world.kill(H1)
    world.engine = "errs"
    world.tick(times=3)
    world.engine = "dead"
    world.tick(times=4)
    first = world.notifications[0]
    assert world.notifications[0].status == "failed"
    # It had read the row before.
    world.notifications[0] = dataclasses.replace(first, status="running")
    world.tick(times=40)
    assert world.accepted() == 1
    world.moves.clear()
    world.orphans.clear()
    world.engine = "works"
    world.tick(times=20)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 1


def test_a_monitor_that_starts_anew_gives_up_all_the_same(world: World):
    die(world)
    world.forget_monitor()
    world.engine = "works"
    world.tick(times=300)
    assert world.failure().outcome is Outcome.RECOVERED
    assert {one.host for one in world.servers.values()} == {H2, "virt-node-10.maas"}


def test_one_that_no_engine_hears_of_is_reported_again_before_their_timers_look(world: World):
    world.lost_words = 1
    world.kill(H1)
    world.tick(times=80)
    assert world.failure().outcome is Outcome.RECOVERED
    assert [one.status for one in world.notifications] == ["failed", "finished"]
    (given_up,) = world.orders(GiveUp)
    # They look only after those that are older: retry_notification_new_status_interval.
    assert given_up - world.notifications[0].generated < 60


def test_what_is_not_heard_a_second_time_is_left_to_the_engines_timers(world: World):
    world.lost_words = 2
    world.kill(H1)
    world.tick(times=int(TIMER) + 90)
    assert len(world.orders(GiveUp)) == 1
    assert [one.status for one in world.notifications] == ["failed", "finished"]
    assert world.failure().outcome is Outcome.RECOVERED


def test_engines_that_are_slow_to_hear_are_waited_for(world: World):
    world.kill(H1)
    world.engine = "busy"
    world.tick(times=int(world.rules.hearing) - 5)
    world.engine = "works"
    world.tick(times=30)
    assert world.orders(GiveUp) == []
    assert world.failure().outcome is Outcome.RECOVERED


def test_what_the_api_may_still_have_to_hand_on_is_not_given_up(world: World):
    """It waits for RabbitMQ, say, and holds the host's lock meanwhile: another report would wait behind it."""
    world.lost_words, world.lost_answers = 1, 1
    world.kill(H1)
    world.tick(times=int(TIMER) + 30)
    assert world.orders(GiveUp) == []
    assert world.accepted() == 1
    assert world.failure().outcome is Outcome.RECOVERED


def test_of_an_empty_host_nothing_is_given_up_that_nobody_hears_of():
    world = World()
    world.lost_words = 1
    world.kill(H1)
    world.tick(times=int(TIMER) + 30)
    assert world.orders(GiveUp) == []
    assert world.failure().outcome is Outcome.NOTHING_TO_MOVE


def test_a_monitor_that_is_killed_meanwhile_remembers_that_it_was_handed_on(world: World):
    world.lost_words = 1
    world.kill(H1)
    world.tick(times=10)
    world.crash_monitor()
    world.tick(times=80)
    assert world.failure().outcome is Outcome.RECOVERED
    assert len(world.orders(GiveUp)) == 1
