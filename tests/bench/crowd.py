# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Many instances on one hypervisor: booted, brought back, and found again."""

from lab.settings import SPACES
from lab.story import stage as stages
from lab.story.openstack import FLAVOUR, IMAGE, wait_for
from lab.story.recorder import Recorder
from lab.story.stage import Stage, machine_of

CONTROL = "node-00"
"""The machine with the database."""
VICTIM = "virt-node-02.maas"

Crowd = dict[str, str]
"""Instances by name."""


def boot(stage: Stage, number: int, host: str = VICTIM) -> Crowd:
    """Boot instances on a hypervisor, in place of all that there are."""
    if old := [str(row["ID"]) for row in stages.instances(stage).values()]:
        stage.openstack.run("server", "delete", *old)
    wait_for("no instances", lambda: not stages.instances(stage), timeout=120, every=3.0)
    stages.lift_quota(stage)
    stage.openstack.run(
        *("server", "create", "--image", IMAGE, "--flavor", FLAVOUR, "--nic", "none"),
        *("--property", "HA_Enabled=True", "--os-compute-api-version", "2.74", "--host", host),
        *("--min", str(number), "--max", str(number), "crowd"),
    )

    def active() -> Crowd | None:
        rows = stages.instances(stage)
        good = [name for name, row in rows.items() if stages.is_active(row, on=host)]
        return {n: str(rows[n]["ID"]) for n in sorted(good)} if len(good) == number else None

    crowd: Crowd = wait_for(
        f"{number} instances on {host}", active, timeout=60.0 + 20.0 * number, every=5.0
    )
    for name, uuid in crowd.items():
        stages.alive(stage, name, uuid)
    return crowd


def cut(stage: Stage, host: str = VICTIM) -> float:
    """Cut all NICs of a hypervisor and return when."""
    at = stage.note("bench", f"every NIC of {host} goes down")
    for space in SPACES:
        stage.cloud.nic(machine_of(host), space.name, up=False)
    return at


def wait_away(stage: Stage, recorder: Recorder, crowd: Crowd, host: str = VICTIM) -> None:
    """Wait until every instance is active on another host and its guest beats again."""

    def away(uuid: str) -> bool:
        where, state, task = (recorder.state("instance", uuid) or "||").split("|")
        return where != host and (state, task) == ("active", "")

    wait_for("all active elsewhere", lambda: all(map(away, crowd.values())), timeout=1200)
    for name, uuid in crowd.items():
        stages.alive(stage, name, uuid)
