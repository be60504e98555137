# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What is broken in the drill: a hypervisor's network, an instance's process."""

from __future__ import annotations

import os
import signal
import time

from lab.settings import SPACES
from lab.story import stage as stages
from lab.story import timeline
from lab.story.openstack import Row, wait_for
from lab.story.stage import Stage, is_active, machine_of

_FINAL = ("finished", "failed", "error", "ignored")

# Nothing on two cores should take longer; the goal is a fraction of it.
_RECOVERY_SECONDS = 600.0


def lose_hypervisor(stage: Stage, host: str, guests: dict[str, str]) -> float:
    """Cut all NICs of a hypervisor and wait until its instances live elsewhere; return when.

    Raises:
        GaveUpError: They do not, in ten minutes.
    """
    machine = machine_of(host)
    cut = stage.note("drill", f"every NIC of {machine} goes down")
    for space in SPACES:
        stage.cloud.nic(machine, space.name, up=False)
    waiting = dict(guests)

    def recovered() -> bool:
        rows = stages.instances(stage)
        for name in [n for n in waiting if is_active(rows.get(n), away_from=host)]:
            del waiting[name]
            stage.note("nova", f"{name} is ACTIVE on {rows[name]['Host']}")
        return not waiting

    wait_for(f"{', '.join(guests)} away from {host}", recovered, timeout=_RECOVERY_SECONDS)
    for name, uuid in guests.items():
        stages.alive(stage, name, uuid)
        stage.note("guest", f"{name} beats again")
    _notification(stage, cut, "COMPUTE_HOST")
    stage.moments += timeline.power(stage.maas_events, machine, cut)
    names = {uuid: name for name, uuid in guests.items()}
    stage.moments += timeline.processes(
        stage.watch.sightings(), cut, lambda uuid: names.get(uuid, uuid)
    )
    return cut


def _notification(stage: Stage, since: float, kind: str) -> Row:
    """Wait for the end of a notification that was sent after a time, and note its times."""

    def ended() -> Row | None:
        for row in stage.openstack.notifications():
            sent = timeline.parse_time(str(row["generated_time"]))
            # Masakari keeps whole seconds.
            if row["type"] == kind and sent >= since - 1 and row["status"] in _FINAL:
                return row
        return None

    row = wait_for(f"a {kind} notification to end", ended, timeout=_RECOVERY_SECONDS)
    stage.note("masakari", f"{kind} notification is {row['status']}")
    sent = timeline.parse_time(str(row["generated_time"]))
    stage.note("masakari", f"{kind} notification was sent", at=sent)
    return row


def return_hypervisor(stage: Stage, host: str) -> None:
    """Power a fenced hypervisor on and put it back into service, as its operator does.

    Raises:
        jubilant.TaskError: masakari refused.
    """
    machine = machine_of(host)
    stage.cloud.power_on(machine)
    # The power switch does not mend a cable.
    for space in SPACES:
        stage.cloud.nic(machine, space.name, up=True)
    stage.cloud.wait(machine)
    stage.juju.run("masakari/leader", "resume-host", {"host": host}, wait=600)
    stage.note("operator", f"{host} is back in service")


def lose_instance(stage: Stage, name: str, uuid: str) -> float:
    """Kill an instance's qemu and wait until it runs again; return when it was killed.

    Raises:
        GaveUpError: It does not.
    """
    (process,) = [found for found in stage.watch.now() if found.instance == uuid]
    os.kill(process.pid, signal.SIGKILL)
    killed = stage.note("drill", f"qemu of {name} on {process.machine} is killed")

    def back() -> bool:
        return any(p.instance == uuid and p.pid != process.pid for p in stage.watch.now())

    wait_for(f"a new qemu of {name}", back, timeout=180, every=0.2)
    stage.note("watch", f"a new qemu of {name} runs", at=time.time())
    wait_for(f"{name} ACTIVE", lambda: is_active(stages.instances(stage).get(name)), timeout=120)
    stage.note("nova", f"{name} is ACTIVE")
    stages.alive(stage, name, uuid)
    stage.note("guest", f"{name} beats again")
    _notification(stage, killed, "VM")
    return killed
