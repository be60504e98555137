# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A guest's process dies: one that asked for high availability is restarted in place."""

from lab.story import acts
from lab.story import stage as stages
from lab.story.stage import Stage

HOST = "virt-node-01.maas"


def test_a_killed_instance_is_restarted_on_its_host(stage: Stage) -> None:
    guests = stages.boot(stage, ("restart-me",), HOST)
    acts.lose_instance(stage, "restart-me", guests["restart-me"])
    assert stages.is_active(stages.instances(stage)["restart-me"], on=HOST)


def test_an_instance_that_did_not_ask_stays_down(stage: Stage) -> None:
    guests = stages.boot(stage, ("leave-me",), HOST, highly_available=False)
    acts.leave_down(stage, "leave-me", guests["leave-me"])
    assert not acts.runs(stage, guests["leave-me"])
