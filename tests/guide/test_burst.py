# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""All instances of a host crash in the same second: every one is reported and restarted."""

import os
import time

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage
from tests.guide.tables import NODE_10, segment

# Twenty, as it was seen in the field; fewer where memory or processors are short.
COUNT = int(os.environ.get("INSTANCE_HA_BURST", "20"))


@pytest.fixture(scope="module")
def guests(stage: Stage) -> dict[str, str]:
    segment(stage.openstack, "S1", "auto", NODE_10)
    return stages.boot_many(stage, "burst", COUNT, NODE_10)


def test_every_one_is_restarted(stage: Stage, guests: dict[str, str]) -> None:
    killed = acts.kill_instances(stage, guests)
    began = stage.moments[-1].at
    waiting = dict(guests)

    def back() -> bool:
        running = {found.instance: found.pid for found in stage.watch.now()}
        for name, uuid in list(waiting.items()):
            if running.get(uuid) not in (None, killed[uuid].pid):
                del waiting[name]
                stage.note("watch", f"a new qemu of {name} runs")
        return not waiting

    wait_for("a new process of each", back, timeout=900, every=0.5)

    def active() -> bool:
        rows = stages.instances(stage)
        return all(stages.is_active(rows.get(name), on=NODE_10) for name in guests)

    wait_for("all ACTIVE where they were", active, timeout=300, every=2)
    seconds = time.time() - began
    stage.note("nova", f"all {len(guests)} are ACTIVE {seconds:.0f} s after they were killed")
    for name, uuid in guests.items():
        stages.alive(stage, name, uuid)


def test_every_one_was_reported(stage: Stage, guests: dict[str, str]) -> None:
    def ended() -> dict[str, list[str]] | None:
        rows = stage.openstack.notifications()
        found = {
            name: [str(row["status"]) for row in rows if uuid in str(row["payload"])]
            for name, uuid in guests.items()
        }
        every = [status for statuses in found.values() for status in statuses]
        return found if not {"new", "running", "error"} & set(every) else None

    reported = wait_for("every notification has ended", ended, timeout=300, every=3)
    assert [name for name, statuses in reported.items() if "finished" not in statuses] == []
    assert [name for name, statuses in reported.items() if "failed" in statuses] == []


def test_the_monitor_is_not_deaf_afterwards(stage: Stage, guests: dict[str, str]) -> None:
    name = sorted(guests)[0]
    acts.lose_instance(stage, name, guests[name])
