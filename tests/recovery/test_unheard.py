# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The API's word to the engines is lost: the report is repeated, before the engines' timers come to it."""

import contextlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.bench import crowd
from tests.recovery.scene import Scene

ENGINE, QUEUE, VHOST = "masakari-engine", "ha_engine", "masakari"
DELETE = ("rabbitmqctl", "--quiet", "delete_queue")
# retry_notification_new_status_interval: what is older, an engine may take up by itself.
TIMERS = 60.0


def signal(scene: Scene, name: str) -> None:
    """Send a signal to every member's engine."""
    argv = ["systemctl", "kill", f"--signal={name}", ENGINE]

    def on(member: str) -> None:
        done = scene.stage.cloud.run(member, argv)
        assert done.returncode == 0, done.stderr

    with ThreadPoolExecutor(len(scene.members)) as pool:
        list(pool.map(on, scene.members))


@contextlib.contextmanager
def deaf(scene: Scene) -> Generator[None]:
    """Have what is said to the engines lost, as by a RabbitMQ to which they have not come back yet."""
    signal(scene, "STOP")
    try:
        done = scene.stage.cloud.run(crowd.CONTROL, [*DELETE, "--vhost", VHOST, QUEUE], timeout=60)
        assert done.returncode == 0, done.stderr
        scene.note("whatever is said to the engines is lost")
        assert not scene.is_notified(), "it was reported before"
        yield
    finally:
        signal(scene, "CONT")
        scene.note("the engines hear again")


@pytest.mark.slow
def test_what_no_engine_hears_of_is_reported_again(scene: Scene) -> None:
    scene.lose()
    with deaf(scene):
        scene.await_phase("notified", scene.is_notified)
    scene.complete()
    first, second = scene.notifications().values()
    assert [one.state for one in first] == ["COMPUTE_HOST|new", "COMPUTE_HOST|failed"]
    assert first[-1].at - first[0].at < TIMERS
    assert second[-1].state == "COMPUTE_HOST|finished"
