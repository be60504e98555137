# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the fencing monitor costs while nothing fails."""

import os
import time

import pytest

from lab.machines.cloud import Cloud
from lab.story.stage import Stage
from tests.bench import sides

_MONITOR = "masakari-fencing-monitor"
_MINUTES = 2.0
_TICKS = float(os.sysconf("SC_CLK_TCK"))

MEMORY = 60.0
"""MiB."""
PROCESSOR = 1.0
"""Percent of a core, with the programs that it runs."""


def runner(stage: Stage) -> tuple[str, str]:
    """Return the machine on which the cluster runs the monitor, and its process there."""
    for member in sides.members(stage):
        shown = stage.cloud.run(
            member, ["systemctl", "show", "--value", "-P", "MainPID", _MONITOR]
        )
        if (pid := shown.stdout.strip()) not in ("", "0"):
            return member, pid
    raise LookupError("the fencing monitor runs nowhere")


def used(cloud: Cloud, machine: str, pid: str) -> float:
    """Return the seconds of processor that a process and its ended children have used."""
    text = cloud.run(machine, ["cat", f"/proc/{pid}/stat"]).stdout
    # utime, stime, cutime, cstime (proc_pid_stat(5)), counted behind the name, which may have spaces.
    ticks = text.rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / _TICKS


def memory(cloud: Cloud, machine: str, pid: str) -> dict[str, float]:
    """Return what a process keeps in memory, now and at most, in MiB."""
    text = cloud.run(machine, ["cat", f"/proc/{pid}/status"]).stdout
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: int(rows[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}


@pytest.mark.slow
def test_the_fencing_monitor_is_cheap(stage: Stage, cloud: Cloud) -> None:
    machine, pid = runner(stage)
    before, began = used(cloud, machine, pid), time.monotonic()
    time.sleep(_MINUTES * 60)
    share = (used(cloud, machine, pid) - before) / (time.monotonic() - began) * 100
    kept = memory(cloud, machine, pid)
    load = os.getloadavg()[0]
    print(
        f"\n{_MONITOR} on {machine}: {share:.2f} % of a core, {kept['VmRSS']:.1f} MiB now, "
        f"{kept['VmHWM']:.1f} at most; load {load:.1f}"
    )
    assert runner(stage) == (machine, pid), "it was started anew"
    assert kept["VmRSS"] <= MEMORY
    assert share <= PROCESSOR
