# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Repeating a recovery by hand: when it is done, when it is refused, and that the monitor follows it."""

import dataclasses

import pytest
from monitor_world import H1, H2, World

from fencing_monitor import retry
from fencing_monitor.cloud import Notification
from fencing_monitor.failure import Outcome
from fencing_monitor.requests import Evacuate, GiveUp, Report, SetForcedDown, SetMaintenance
from fencing_monitor.rules import Rules
from fencing_monitor.upkeep import Keeper
from fencing_monitor.work import HostError, Step, Work


@pytest.fixture
def world() -> World:
    world = World(Rules(max_reports=1))
    world.boot(H1, "vm1", "vm2")
    world.tick(times=2)
    return world


def fail(world: World) -> None:
    """A recovery that fails, of a monitor that does not repeat it."""
    world.engine = "fails"
    world.kill(H1)
    world.tick(times=30)
    assert world.failure().outcome is Outcome.FAILED
    world.engine = "works"
    world.log.clear()


def work(world: World) -> Work:
    def rest(seconds: float) -> None:
        world.tick(times=int(seconds))

    deadline = world.now + 30
    keeper = Keeper(world.cluster)
    return Work(H1, world.carry, keeper, deadline, lambda: world.now, rest, 3.0)


def repeat(world: World) -> tuple[Step, ...]:
    return retry.retry_host(work(world), world.certain)


def refusal(world: World) -> str:
    with pytest.raises(HostError) as caught:
        repeat(world)
    assert not [request for _, request, _ in world.log if request.changes]
    return str(caught.value)


def test_a_failed_recovery_is_repeated_and_the_monitor_follows_it_to_its_end(world: World):
    fail(world)
    steps = [step.what for step in repeat(world)]
    assert steps[-2:] == ["on_maintenance cleared in Masakari", "reported to Masakari: n2"]
    world.tick(times=20)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.failure().notifications == ("n1", "n2")
    assert {one.outcome for one in world.failure().instances} == {"moved"}


def test_a_second_time_there_is_nothing_left_to_do(world: World):
    fail(world)
    repeat(world)
    world.tick(times=20)
    world.log.clear()
    assert repeat(world)[-1] == Step("no instances are left on it", changed=False)
    assert not world.orders(Report)


def test_a_host_that_is_not_fenced_is_refused(world: World):
    world.lose(H1)
    world.tick(times=5)
    assert "is not known to be off: the host is unclean" in refusal(world)


def test_a_host_that_is_back_is_refused(world: World):
    fail(world)
    world.come_back(H1)
    world.tick(times=3)
    world.log.clear()
    assert "the host is online" in refusal(world)


def test_a_humans_word_is_refused_unless_the_policy_accepts_it(world: World):
    world.lose(H1)
    world.fence(H1, delegate="a human")
    assert "a human confirmed it" in refusal(world)


def test_it_is_looked_again_whether_the_host_is_off_right_before_the_report(world: World):
    fail(world)
    looks = [world.certain(H1)]

    def certain(host: str) -> object:
        if looks:
            return looks.pop()
        raise HostError("the host is online")

    with pytest.raises(HostError, match="online"):
        retry.retry_host(work(world), certain)  # type: ignore[arg-type]
    assert not world.orders(Report)


@pytest.mark.parametrize("status", ["new", "running"])
def test_while_masakari_is_at_work_it_is_refused(world: World, status: str):
    fail(world)
    world.notifications.append(Notification("other", f"u-{H1}", status, world.now))
    assert f"Masakari has not ended other ({status})" in refusal(world)


def test_while_nova_is_at_work_on_an_instance_it_is_refused(world: World):
    fail(world)
    world.change_server("vm1", task="rebuilding")
    assert refusal(world) == "nova is at work on vm1 (rebuilding)"


def test_what_the_monitor_is_about_to_report_is_left_to_it(world: World):
    world.kill(H1)
    assert "is not reported yet" in refusal(world)


def test_a_host_in_no_segment_is_refused_with_what_to_do(world: World):
    fail(world)
    del world.registered[H1]
    assert "in no failover segment; run add-host" in refusal(world)


def test_a_disabled_segment_is_refused_for_masakari_would_ignore_it(world: World):
    fail(world)
    world.registered[H1] = dataclasses.replace(world.registered[H1], segment_enabled=False)
    assert "segment is disabled" in refusal(world)


def test_a_notification_in_error_is_given_up_before_another_is_made(world: World):
    world.engine = "errs"
    world.kill(H1)
    world.down = {"database"}
    world.tick(times=10)
    assert [one.status for one in world.notifications] == ["error"]
    world.down, world.engine = set(), "works"
    world.log.clear()
    repeat(world)
    assert [type(request) for _, request, _ in world.log if request.changes] == [
        GiveUp,
        SetMaintenance,
        Report,
    ]


def test_what_was_reported_while_on_maintenance_is_reported_after_it(world: World):
    world.registered[H1] = dataclasses.replace(world.registered[H1], on_maintenance=True)
    world.kill(H1)
    world.tick(times=20)
    assert world.failure().outcome is Outcome.ON_MAINTENANCE
    repeat(world)
    world.tick(times=20)
    assert world.failure().outcome is Outcome.RECOVERED


def test_masakaris_refusal_of_duplicates_is_waited_out(world: World):
    fail(world)
    world.window = 45.0
    repeat(world)
    assert len(world.orders(Report)) > 1
    assert world.accepted() == 2


def test_nova_is_told_that_the_host_is_down_if_it_does_not_know(world: World):
    fail(world)
    world.change_service(H1, forced_down=False)
    repeat(world)
    assert world.orders(SetForcedDown)


def move(world: World, *instances: str) -> list[str]:
    return [step.what for step in retry.move_instances(work(world), world.certain, instances)]


def test_single_instances_are_moved_by_nova_and_the_monitor_finds_them(world: World):
    fail(world)
    assert move(world, "vm2")[-2:] == ["vm2: evacuation ordered", f"vm2: ACTIVE on {H2}"]
    assert world.servers["vm1"].host == H1
    world.tick(times=70)
    assert world.failure().outcome is Outcome.INCOMPLETE
    move(world, "vm1")
    world.tick(times=70)
    assert world.failure().outcome is Outcome.RECOVERED
    assert world.accepted() == 1


def test_an_instance_that_is_not_on_the_host_is_named_and_nothing_is_ordered(world: World):
    fail(world)
    with pytest.raises(HostError, match=f"not on {H1}: vm9"):
        move(world, "vm1", "vm9")
    assert not world.orders(Evacuate)


def test_an_instance_that_finds_no_host_is_named(world: World):
    fail(world)
    world.is_full = True
    with pytest.raises(HostError, match="vm1 is in ERROR"):
        move(world, "vm1")


def test_a_host_that_is_not_off_keeps_its_instances(world: World):
    world.lose(H1)
    with pytest.raises(HostError, match="not known to be off"):
        move(world, "vm1")
    assert not world.orders(Evacuate)


def test_what_somebody_evacuated_by_hand_is_found_by_the_monitor(world: World):
    fail(world)
    for name in ("vm1", "vm2"):
        world.change_server(name, host=H2)
    world.tick(times=70)
    assert world.failure().outcome is Outcome.RECOVERED
    assert "by other means" in "".join(one.what for one in world.failure().moments)
