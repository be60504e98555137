# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One instance, and twenty of one host, whose processes are killed: by this collection, and by hand.

By hand means what the engine does, without it: stop, and start once it is stopped. What is asserted is
that each comes back; the goal is printed.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Generator

import pytest

from lab.machines.cloud import Cloud
from lab.story import acts
from lab.story.openstack import wait_for
from lab.story.recorder import Recorder
from lab.story.stage import Stage, alive, machine_of, make_segment
from lab.story.watch import Watch
from tests.bench import crowd, replies, restarts, sides

_MONITOR = "masakari-instance-monitor"


@contextlib.contextmanager
def unreported(cloud: Cloud) -> Generator[None]:
    """Have nobody report what dies on the hypervisor."""
    machine = machine_of(crowd.VICTIM)
    cloud.run(machine, ["systemctl", "stop", _MONITOR])
    try:
        yield
    finally:
        cloud.run(machine, ["systemctl", "start", _MONITOR])


@contextlib.contextmanager
def by_hand(cloud: Cloud, guests: crowd.Crowd) -> Generator[Callable[[], None]]:
    """Have somebody at hand who restarts the instances as soon as told."""
    argv = ["bash", "-c", '. /root/openrc; exec python3 -c "$0" "$@"', restarts.SCRIPT.read_text()]
    with subprocess.Popen(
        cloud.command(crowd.CONTROL, [*argv, *guests.values()]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as person:
        assert person.stdin is not None
        assert person.stdout is not None
        assert person.stdout.readline() == "ready\n"
        stdin = person.stdin

        def begin() -> None:
            stdin.write("\n")
            stdin.close()

        yield begin
    assert person.returncode == 0


def _restarted(
    stage: Stage, recorder: Recorder, guests: crowd.Crowd, told: Callable[[], None]
) -> str:
    load = os.getloadavg()[0]
    killed = acts.kill_instances(stage, guests)
    zero = stage.moments[-1].at
    told()

    def ended() -> bool:
        return all(restarts.measure(recorder, uuid, zero).active for uuid in guests.values())

    wait_for("each is stopped and ACTIVE again", ended, timeout=60.0 + 60.0 * len(guests))
    for name, uuid in guests.items():
        alive(stage, name, uuid)
    time.sleep(2.0)
    found = restarts.collect(recorder, stage.watch, guests, killed, zero)
    return f"load {load:.1f}; answers in nova: {replies.TITLE}\n{restarts.table(found)}"


@pytest.mark.usefixtures("replies")
@pytest.mark.parametrize("number", [1, int(os.environ.get("INSTANCE_HA_BURST", "20"))])
def test_killed_instances(stage: Stage, cloud: Cloud, watch: Watch, number: int) -> None:
    make_segment(stage)
    sides.advise_nova(stage)
    guests = crowd.boot(stage, number)
    machine = machine_of(crowd.VICTIM)
    before = cloud.run(machine, ["systemctl", "show", "-P", "MainPID", _MONITOR]).stdout
    with Recorder(cloud, crowd.CONTROL) as recorder:
        time.sleep(2.0)
        ours = _restarted(stage, recorder, guests, lambda: None)
        print(f"\n{number} killed, this collection: {ours}\n")
        after = cloud.run(machine, ["systemctl", "show", "-P", "MainPID", _MONITOR]).stdout
        with unreported(cloud), by_hand(cloud, guests) as begin:
            limit = _restarted(stage, recorder, guests, begin)
    print(f"\n{number} killed, by hand: {limit}\n")
    assert before == after, "the instance monitor was started anew"
    assert watch.doubles() == ()
