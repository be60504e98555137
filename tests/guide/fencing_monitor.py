# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where the cluster runs the fencing monitor, and what each unit tells of a host's last failure."""

import jubilant

from lab.story.stage import Stage

MONITOR = "res_masakari_fencing_monitor"


def home(stage: Stage) -> str:
    """Return the machine of the member on which the cluster runs the monitor; empty if on none."""
    where = ("crm_resource", "--resource", MONITOR, "--locate", "--quiet")
    return stage.juju.exec(*where, unit="masakari/leader").stdout.strip()


def machines(stage: Stage, application: str) -> dict[str, str]:
    """Return the units of an application by the names of their machines."""
    units = stage.juju.status().get_units(application)
    return {stage.juju.exec("hostname", unit=unit).stdout.strip(): unit for unit in units}


def stories(stage: Stage, host: str) -> dict[str, str]:
    """Return what ``show-recovery`` says on each unit, a sentence and a timeline if it has one; by the machine."""
    found: dict[str, str] = {}
    for machine, unit in machines(stage, "masakari").items():
        try:
            said = stage.juju.run(unit, "show-recovery", {"host": host}, wait=120).results
            found[machine] = "\n".join([said["outcome"], said.get("timeline", "")])
        except jubilant.TaskError as error:
            found[machine] = error.task.message
    return found


def elsewhere(machine: str) -> str:
    """Return what a unit that does not run it says of where to ask."""
    return f"the cluster runs it on {machine}: run this action on the unit there"
