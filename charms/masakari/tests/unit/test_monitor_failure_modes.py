# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Ways in which Masakari is known to lose a recovery, and what becomes of it here.

docs/explanation/failure-modes.md names them all; those that other tests do not show are here.
"""

import dataclasses

import pytest
from monitor_world import H1, H2, H3, World

from fencing_monitor import rows, timeline
from fencing_monitor.cloud import Move, Notification
from fencing_monitor.failure import Outcome, Phase
from fencing_monitor.requests import GiveUp, Report


@pytest.fixture
def world() -> World:
    world = World()
    world.boot(H1, "vm1", "vm2")
    world.tick(times=2)
    return world


def test_nova_that_goes_away_in_mid_recovery_for_ten_minutes_costs_no_attempts(world: World):
    world.kill(H1)
    world.engine = "fails"
    world.tick()
    world.down = {"nova"}
    world.tick(times=600)
    assert world.accepted() == 1
    world.down, world.engine = set(), "works"
    world.tick(times=60)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 2


def test_a_recovery_that_masakari_calls_failed_is_judged_by_where_its_instances_are(world: World):
    # A first attempt that failed leaves its rows, by which the engine judges the second one, too.
    world.engine = "busy"
    world.kill(H1)
    world.tick(times=2)
    (made,) = world.notifications
    world.moves[made.uuid] = [
        Move(name, name, status, H2)
        for name in ("vm1", "vm2")
        for status in ("failed", "succeeded")
    ]
    for name in ("vm1", "vm2"):
        world.change_server(name, host=H2)
    world.notifications[0] = dataclasses.replace(made, status="failed")
    world.tick(times=10)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 1


def test_what_a_host_monitor_reports_as_unknown_is_no_report(world: World):
    unknown = Notification("theirs", f"u-{H1}", "ignored", world.now + 1, event="UNKNOWN")
    world.notifications.append(unknown)
    world.kill(H1)
    world.tick(times=20)
    assert world.orders(Report)
    assert world.failure().outcome is Outcome.RECOVERED


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"event": "stopped", "host_status": "normal"}, "STOPPED"),
        ({"event": "STOPPED", "host_status": "UNKNOWN"}, "UNKNOWN"),
        ({"event": "STOPPED"}, "UNKNOWN"),
        ({"event": "STARTED", "host_status": "NORMAL"}, "STARTED"),
    ],
)
def test_only_what_the_engine_recovers_counts_as_stopped(payload: dict[str, str], event: str):
    row = {
        "notification_uuid": "n1",
        "source_host_uuid": "u1",
        "status": "new",
        "generated_time": "2026-11-22T19:25:52.000000",
        "payload": payload,
    }
    assert rows.notification(row).event == event


def with_method(world: World, method: str) -> None:
    for name, known in world.registered.items():
        world.registered[name] = dataclasses.replace(known, method=method)


def lose_two(world: World) -> None:
    world.boot(H2, "vm3")
    world.tick(times=70)  # the census hears of the method
    world.engine = "busy"
    for name in (H1, H2):
        world.lose(name)
    world.tick()
    for name in (H1, H2):
        world.fence(name)
    world.tick(times=10)


@pytest.mark.parametrize("method", ["reserved_host", "rh_priority"])
def test_two_engines_do_not_take_one_reserve_for_two_hosts(world: World, method: str):
    with_method(world, method)
    lose_two(world)
    assert (world.accepted(H1), world.accepted(H2)) == (1, 0)
    assert world.failure(H2).phase is Phase.DOWN
    world.engine = "works"
    world.tick(times=20)
    assert world.accepted(H2) == 1
    assert world.failure(H1).outcome is world.failure(H2).outcome is Outcome.RECOVERED


@pytest.mark.parametrize("method", ["auto", "auto_priority"])
def test_without_a_reserve_at_stake_nobody_waits(world: World, method: str):
    with_method(world, method)
    lose_two(world)
    assert (world.accepted(H1), world.accepted(H2)) == (1, 1)


def test_hosts_of_different_segments_do_not_wait_for_each_other(world: World):
    with_method(world, "reserved_host")
    world.registered[H2] = dataclasses.replace(world.registered[H2], segment="another")
    lose_two(world)
    assert (world.accepted(H1), world.accepted(H2)) == (1, 1)


def test_a_recovery_that_does_not_end_holds_up_the_next_for_a_time_only(world: World):
    with_method(world, "reserved_host")
    lose_two(world)
    world.down.add("database")  # nor can it be given up
    world.tick(times=int(world.rules.evacuation_timeout) + 20)
    assert world.accepted(H2) == 1


def test_a_reserve_that_fails_is_a_host_like_any_other(world: World):
    world.registered[H3] = dataclasses.replace(
        world.registered[H3], reserved=True, method="reserved_host"
    )
    world.change_service(H3, enabled=False, disabled_reason="Reserve of instance recovery.")
    world.kill(H3)
    world.tick(times=20)
    assert world.failure(H3).outcome is Outcome.NOTHING_TO_MOVE


def test_a_notification_in_error_is_given_up_before_an_engine_tries_again(world: World):
    # The periodic task of every engine makes the second attempt, two minutes at most after the first.
    world.kill(H1)
    world.engine = "errs"
    erred = world.now
    world.tick(times=30)
    assert min(world.orders(GiveUp)) - erred < 15


def test_loss_of_quorum_is_told_to_whoever_watches(world: World):
    assert "fencing_monitor_quorate 1" in timeline.metrics(world.state, {})
    world.quorate = False
    world.tick(times=2)
    assert "fencing_monitor_quorate 0" in timeline.metrics(world.state, {})


def test_when_the_cluster_was_seen_is_told_to_the_second(world: World):
    # By this an alert finds a monitor that has gone blind for a minute.
    world.now = 1795840976.25
    world.tick()
    assert world.state.cluster is not None
    told = timeline.metrics(world.state, {}).rpartition("monitor_cluster_seen_seconds ")[2]
    assert float(told.split()[0]) == pytest.approx(world.state.cluster.at, abs=0.1)
