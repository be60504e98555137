# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A guest's process dies: one that asked for high availability is restarted in place."""

import os
import signal

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage

HOST = "virt-node-01.maas"


def test_a_killed_instance_is_restarted_on_its_host(stage: Stage) -> None:
    guests = stages.boot(stage, ("restart-me",), HOST)
    acts.lose_instance(stage, "restart-me", guests["restart-me"])
    assert stages.is_active(stages.instances(stage)["restart-me"], on=HOST)


def test_an_instance_that_did_not_ask_stays_down(stage: Stage) -> None:
    name = "leave-me"
    stage.openstack.boot(name, host=HOST, highly_available=False)
    wait_for(
        f"{name} ACTIVE",
        lambda: stages.is_active(stages.instances(stage).get(name), on=HOST),
        timeout=120,
    )
    uuid = str(stages.instances(stage)[name]["ID"])
    (process,) = [found for found in stage.watch.now() if found.instance == uuid]
    os.kill(process.pid, signal.SIGKILL)

    def settled() -> bool:
        rows = [row for row in stage.openstack.notifications() if uuid in str(row["payload"])]
        # The engine answers "ignored" or "finished" for what it leaves alone.
        return bool(rows) and all(row["status"] not in ("new", "running") for row in rows)

    wait_for("Masakari has dealt with it", settled, timeout=60)
    assert [found for found in stage.watch.now() if found.instance == uuid] == []
