# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What is broken in the drill: a hypervisor's network, an instance's process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import jubilant

from lab.settings import SPACES
from lab.story import stage as stages
from lab.story import timeline
from lab.story.openstack import Row, wait_for
from lab.story.stage import Stage, is_active, machine_of
from lab.story.watch import Process

# An "error" is tried once more, within two minutes.
_FINAL = ("finished", "failed", "ignored")

# Nothing on two cores should take longer; the goal is a fraction of it.
_RECOVERY_SECONDS = 600.0


def cut_every_nic(stage: Stage, host: str) -> float:
    """Cut all NICs of a hypervisor; return when."""
    machine = machine_of(host)
    cut = stage.note("drill", f"every NIC of {machine} goes down")
    for space in SPACES:
        stage.cloud.nic(machine, space.name, up=False)
    return cut


def cut_primary_nic(stage: Stage, host: str) -> float:
    """Take down a hypervisor's primary NIC as the guide does, by a command on its unit."""
    unit = stages.unit_on(stage, "nova-compute", host)
    cut = stage.note("drill", f"the primary NIC of {machine_of(host)} goes down")
    stage.juju.exec("ip", "link", "set", SPACES[0].nic, "down", unit=unit)
    return cut


def lose_hypervisor(
    stage: Stage,
    host: str,
    guests: dict[str, str],
    cut_off: Callable[[Stage, str], float] = cut_every_nic,
) -> float:
    """Cut a hypervisor off and wait until its instances live elsewhere; return when it was cut.

    Raises:
        GaveUpError: They do not, in ten minutes.
    """
    cut = cut_off(stage, host)
    await_recovery(stage, host, guests, cut)
    return cut


def await_recovery(stage: Stage, host: str, guests: dict[str, str], cut: float) -> None:
    """Wait until the instances of a hypervisor that was cut off live elsewhere.

    Raises:
        GaveUpError: They do not, in ten minutes.
    """
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
    await_end(stage, cut, "COMPUTE_HOST")
    stage.moments += timeline.power(stage.maas_events, machine_of(host), cut)
    names = {uuid: name for name, uuid in guests.items()}
    stage.moments += timeline.processes(
        stage.watch.sightings(), cut, lambda uuid: names.get(uuid, uuid)
    )


def await_end(stage: Stage, since: float, kind: str, *ends: str) -> Row:
    """Wait for the end of a notification that was sent after a time, and note its times.

    Raises:
        GaveUpError: It has not ended in ten minutes, or in none of ``ends`` (in any unless given).
    """

    def ended() -> Row | None:
        for row in stage.openstack.notifications():
            sent = timeline.parse_time(str(row["generated_time"]))
            # Masakari keeps whole seconds.
            if row["type"] == kind and sent >= since - 1 and row["status"] in (ends or _FINAL):
                return row
        return None

    row = wait_for(f"a {kind} notification to end", ended, timeout=_RECOVERY_SECONDS)
    stage.note("masakari", f"{kind} notification is {row['status']}")
    sent = timeline.parse_time(str(row["generated_time"]))
    stage.note("masakari", f"{kind} notification was sent", at=sent)
    return row


def report(stage: Stage, host: str) -> str:
    """Return the page about a hypervisor's last failure, from the unit that has seen it.

    Raises:
        jubilant.TaskError: No unit knows of it.
    """
    *others, last = sorted(stage.juju.status().get_units("masakari"))
    asked = {"host": host, "report": True}
    for unit in others:
        try:
            return stage.juju.run(unit, "show-recovery", asked).results["report"]
        except (jubilant.TaskError, KeyError):
            continue  # the cluster runs the monitor on another unit
    return stage.juju.run(last, "show-recovery", asked).results["report"]


def return_hypervisor(stage: Stage, host: str) -> None:
    """Power a fenced hypervisor on and put it back into service, as its operator does.

    Raises:
        jubilant.TaskError: masakari refused.
    """
    power_on(stage, host)
    stage.juju.run("masakari/leader", "resume-host", {"host": host}, wait=600)
    stage.note("operator", f"{host} is back in service")


def reboot(stage: Stage, host: str) -> None:
    """Reboot a hypervisor as its operator does, in order, and wait until it is up again."""
    machine = machine_of(host)
    stage.note("operator", f"{machine} reboots")
    stage.cloud.run(machine, ["systemctl", "poweroff"])
    wait_for(f"{machine} to shut down", lambda: not stage.cloud.is_on(machine), timeout=180)
    stage.cloud.power_on(machine)
    stage.cloud.wait(machine)
    stage.note("operator", f"{machine} is up again")


def power_on(stage: Stage, host: str) -> None:
    """Boot a hypervisor that was fenced, with its network mended."""
    machine = machine_of(host)
    stage.cloud.power_on(machine)
    # The power switch does not mend a cable.
    for space in SPACES:
        stage.cloud.nic(machine, space.name, up=True)
    stage.cloud.wait(machine)


def kill_instances(stage: Stage, guests: dict[str, str]) -> dict[str, Process]:
    """Kill the qemu of instances, all in the same moment; return what was killed, by uuid.

    Raises:
        LookupError: One of them does not run.
    """
    running = {found.instance: found for found in stage.watch.now()}
    killed = {uuid: running[uuid] for uuid in guests.values()}
    for process in killed.values():
        os.kill(process.pid, signal.SIGKILL)
    where = ", ".join(sorted({process.machine for process in killed.values()}))
    stage.note("drill", f"qemu of {', '.join(guests)} on {where} is killed")
    return killed


def lose_instance(stage: Stage, name: str, uuid: str) -> float:
    """Kill an instance's qemu and wait until it runs again; return when it was killed.

    Raises:
        GaveUpError: It does not.
    """
    process = kill_instances(stage, {name: uuid})[uuid]
    killed = stage.moments[-1].at

    def back() -> bool:
        return any(p.instance == uuid and p.pid != process.pid for p in stage.watch.now())

    wait_for(f"a new qemu of {name}", back, timeout=180, every=0.2)
    stage.note("watch", f"a new qemu of {name} runs", at=time.time())
    wait_for(f"{name} ACTIVE", lambda: is_active(stages.instances(stage).get(name)), timeout=120)
    stage.note("nova", f"{name} is ACTIVE")
    stages.alive(stage, name, uuid)
    stage.note("guest", f"{name} beats again")
    await_end(stage, killed, "VM")
    return killed


def leave_down(stage: Stage, name: str, uuid: str, *, timeout: float = 60.0) -> None:
    """Kill an instance's qemu and wait until Masakari has decided to leave it down.

    Raises:
        GaveUpError: It has not decided.
    """
    seen = len(notifications_about(stage, uuid))
    kill_instances(stage, {name: uuid})

    def settled() -> bool:
        rows = notifications_about(stage, uuid)
        # The engine answers "ignored" or "finished" for what it leaves alone.
        return len(rows) > seen and all(row["status"] in _FINAL for row in rows)

    wait_for(f"Masakari to have dealt with {name}", settled, timeout=timeout)


def notifications_about(stage: Stage, uuid: str) -> list[Row]:
    """Return the notifications about an instance, newest first."""
    return [row for row in stage.openstack.notifications() if uuid in str(row["payload"])]


def runs(stage: Stage, uuid: str) -> bool:
    """Return whether an instance has a process anywhere."""
    return any(found.instance == uuid for found in stage.watch.now())
