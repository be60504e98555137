# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Every engine is killed in the middle of a recovery, which then goes on without an operator."""

import time

from lab.machines.cloud import Cloud
from lab.story import acts
from lab.story.openstack import wait_for
from lab.story.recorder import Recorder
from lab.story.stage import Stage, make_segment
from lab.story.watch import Watch
from tests.bench import crowd, sides

# Two minutes until the silence is one, half a minute's pause, and the rest of the evacuations.
_PATIENCE = 600.0
_LOCKED = "select count(*) from nova.instances where deleted = 0 and locked = 1"


def test_a_recovery_outlives_its_engine(stage: Stage, cloud: Cloud, watch: Watch) -> None:
    make_segment(stage)
    guests = crowd.boot(stage, 5)
    with Recorder(cloud, crowd.CONTROL) as recorder:
        time.sleep(2.0)
        at = crowd.cut(stage)

        def is_under_way() -> bool:
            return any(one.state == "ongoing" for one in recorder.changes("move", at))

        wait_for("a move under way", is_under_way, timeout=180, every=0.2)
        for machine in sides.members(stage):
            cloud.run(machine, ["systemctl", "kill", "--signal=KILL", "masakari-engine"])
        crowd.wait_away(stage, recorder, guests)

        def ended() -> bool:
            states = [one.state for one in recorder.changes("notification", at)]
            return states[-1] in ("COMPUTE_HOST|finished", "COMPUTE_HOST|failed")

        wait_for("no notification is left running", ended, timeout=_PATIENCE)

    def unlocked() -> bool:
        said = cloud.run(crowd.CONTROL, ["mariadb", "-BNe", _LOCKED]).stdout
        return said.strip() == "0"

    wait_for("no instance is left locked", unlocked, timeout=120)
    assert watch.doubles() == ()
    acts.return_hypervisor(stage, crowd.VICTIM)
