# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts without protection are named, in the metrics and in the timeline document."""

import dataclasses

import pytest
from monitor_world import H1, H2, World

from fencing_monitor import timeline


@pytest.fixture
def world() -> World:
    world = World()
    world.tick(times=2)
    return world


def reasons(world: World, host: str = H1) -> list[str]:
    world.tick(times=70)
    found = {one["name"]: one["unprotected"] for one in timeline.render(world.state, {})["hosts"]}
    for reason in found[host]:
        assert f'host_unprotected{{host="{host}",reason="{reason}"}} 1' in timeline.metrics(
            world.state, {}
        )
    return found[host]


def register(world: World, **changes: bool) -> None:
    world.registered[H1] = dataclasses.replace(world.registered[H1], **changes)


def test_a_host_in_service_has_none(world: World):
    assert reasons(world) == []


def test_one_left_on_maintenance_is_named(world: World):
    register(world, on_maintenance=True)
    assert reasons(world) == ["on-maintenance"]


def test_one_left_disabled_is_named(world: World):
    world.change_service(H1, enabled=False)
    assert reasons(world) == ["disabled"]


def test_a_reserve_is_disabled_on_purpose(world: World):
    register(world, reserved=True)
    world.change_service(H1, enabled=False)
    assert reasons(world) == []


def test_one_in_no_segment_is_named(world: World):
    del world.registered[H1]
    assert reasons(world) == ["not-in-a-segment"]


def test_one_that_was_fenced_is_named_until_it_is_returned(world: World):
    world.boot(H1, "vm1")
    world.kill(H1)
    assert set(reasons(world)) >= {"on-maintenance", "forced-down"}
    assert reasons(world, H2) == []


def test_a_failed_host_is_named_with_phase_and_outcome_until_it_is_back(world: World):
    world.boot(H1, "vm1")
    world.kill(H1)
    world.tick(times=70)
    metrics = timeline.metrics(world.state, {})
    assert f'host_failed{{host="{H1}",phase="ended",outcome="recovered"}} 1' in metrics
    assert f'host_failed{{host="{H2}"' not in metrics


def test_what_is_not_known_is_not_claimed():
    world = World()
    world.down = {"nova"}
    assert reasons(world) == []
