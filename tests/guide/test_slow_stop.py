# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A stop that takes longer than the engine waits for it: the instance is started all the same."""

from collections.abc import Iterator

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage, machine_of
from tests.cloud import settled
from tests.guide.tables import NODE_02, segment

_IMPATIENT = {"config-flags": "wait_period_after_power_off=5", "process-unfinished-interval": 20}


@pytest.fixture(scope="module")
def impatient(stage: Stage, fresh: None) -> Iterator[None]:
    """An engine that gives a stop five seconds, and looks for what failed three times a minute."""
    stage.juju.config("masakari", _IMPATIENT)
    settled(stage.juju)
    yield
    stage.juju.config("masakari", reset=list(_IMPATIENT))
    settled(stage.juju)


def test_it_is_started_by_the_second_attempt(stage: Stage, impatient: None) -> None:
    segment(stage.openstack, "S1", "auto", NODE_02)
    guests = stages.boot(stage, ("slow-stop",), NODE_02)
    uuid = guests["slow-stop"]
    compute = ("systemctl", "kill", "nova-compute")
    stage.cloud.run(machine_of(NODE_02), [*compute, "--signal=STOP"])
    try:
        acts.kill_instances(stage, guests)
        began = stage.moments[-1].at
        wait_for("the engine to give up", lambda: "error" in _statuses(stage, uuid), timeout=120)
    finally:
        stage.cloud.run(machine_of(NODE_02), [*compute, "--signal=CONT"])
    wait_for("a process", lambda: acts.runs(stage, uuid), timeout=180)
    at = stage.note("watch", "it runs again")
    wait_for("the end", lambda: _statuses(stage, uuid) == ["finished"], timeout=180, every=3)
    stages.alive(stage, "slow-stop", uuid)
    print(f"\nruns again {at - began:.0f} s after it was killed")


def _statuses(stage: Stage, uuid: str) -> list[str]:
    return [str(row["status"]) for row in acts.notifications_about(stage, uuid)]
