# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The drill that ``./demo`` shows: a hypervisor dies, an instance dies, and both come back."""

from __future__ import annotations

import json
import time
from pathlib import Path

from lab import deployment
from lab.machines.cloud import Cloud
from lab.progress import Progress
from lab.settings import Lab
from lab.story import acts, timeline
from lab.story import stage as stages
from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from lab.story.watch import INTERVAL, Watch

GUESTS = ("focal-1", "focal-2")
_REPORT = Path(__file__).resolve().parents[2] / "build" / "recovery.html"


class DrillError(Exception):
    """The cloud cannot be drilled, or did what it must never do."""


def play(lab: Lab, progress: Progress) -> str:
    """Play the drill, print a timeline for each act, and return the verdict.

    Raises:
        DrillError: Too few hypervisors are in service, or an instance ran twice.
        GaveUpError: Something awaited did not happen.
    """
    juju = deployment.model(lab)
    stage = Stage(lab, juju, OpenStack(juju), Cloud(lab), Watch(lab), progress)
    stage.watch.start()
    try:
        return _play(stage)
    finally:
        stage.watch.stop()
        _keep(stage)


def _play(stage: Stage) -> str:
    hosts = stages.make_segment(stage)
    for host in sorted(set(hosts) - set(stages.usable(stage))):
        # An earlier drill ended early.
        acts.return_hypervisor(stage, host)
    if len(hosts) < 2:
        raise DrillError(f"a hypervisor more than {', '.join(hosts) or 'none'} is needed")
    victim = hosts[1]
    stage.progress.say(f"segment {stages.SEGMENT}: {', '.join(hosts)}")
    guests = stages.boot(stage, GUESTS, victim)
    stage.progress.say(f"{', '.join(guests)} run on {victim}")

    lost = acts.lose_hypervisor(stage, victim, guests)
    recovered = time.time() - lost
    _show(stage, lost, f"{victim} is lost")
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(acts.report(stage, victim))
    stage.progress.say(f"what was recovered, as a page with a picture: {_REPORT}")
    acts.return_hypervisor(stage, victim)

    first = GUESTS[0]
    killed = acts.lose_instance(stage, first, guests[first])
    restarted = time.time() - killed
    _show(stage, killed, f"{first}'s process is lost")

    if doubles := stage.watch.doubles():
        raise DrillError(f"an instance ran on two machines at once: {doubles}")
    return (
        f"host recovered and seen to the end in {recovered:.0f} s, instance in {restarted:.0f} s; "
        f"no instance ever ran on two machines (looked at every {INTERVAL} s)"
    )


def _show(stage: Stage, zero: float, title: str) -> None:
    later = [moment for moment in stage.moments if moment.at >= zero - 1]
    print(f"\n{title}:\n{timeline.render(later, zero)}\n", flush=True)


def _keep(stage: Stage) -> None:
    """Write down what was seen, for whoever asks later."""
    sightings = [
        {**vars(s.process), "first": s.first, "last": s.last} for s in stage.watch.sightings()
    ]
    moments = [vars(moment) for moment in sorted(stage.moments)]
    path = stage.lab.root / "drill.json"
    path.write_text(json.dumps({"moments": moments, "sightings": sightings}, indent=1) + "\n")
