# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The process monitor and the introspective one, switched on and off live."""

import time
from collections.abc import Iterator

import pytest

from lab.story.openstack import wait_for
from lab.story.stage import Stage, machine_of
from tests.cloud import settled
from tests.guide.tables import NODE_02

_ON = {"process-monitor": True, "introspective-monitor": True}
_SERVICES = ("masakari-process-monitor", "masakari-introspective-instance-monitor")
_MACHINE = machine_of(NODE_02)
# A monitor that cannot work, for want of privileges say, ends within a few seconds.
_LOOK = 15.0


@pytest.fixture(scope="module")
def switched_on(stage: Stage, fresh: None) -> Iterator[None]:
    stage.juju.config("masakari-monitors", _ON)
    # A unit is active until the hook that has something to do for it begins.
    wait_for("both run", lambda: running(stage) == list(_SERVICES), timeout=240, every=2)
    settled(stage.juju)
    yield
    stage.juju.config("masakari-monitors", reset=list(_ON))
    wait_for("neither runs", lambda: not running(stage), timeout=240, every=2)
    settled(stage.juju)


def running(stage: Stage) -> list[str]:
    return [name for name in _SERVICES if is_active(stage, name)]


def pid(stage: Stage, name: str) -> str:
    show = ["systemctl", "show", "--value", "--property", "MainPID", name]
    return stage.cloud.run(_MACHINE, show).stdout.strip()


def is_active(stage: Stage, name: str) -> bool:
    return stage.cloud.run(_MACHINE, ["systemctl", "is-active", name]).returncode == 0


def test_both_run(stage: Stage, switched_on: None) -> None:
    # Not in short lives: a look later it is the same process.
    before = [pid(stage, name) for name in _SERVICES]
    time.sleep(_LOOK)
    assert [pid(stage, name) for name in _SERVICES] == before
    assert running(stage) == list(_SERVICES)


def test_nova_compute_is_started_again(stage: Stage, switched_on: None) -> None:
    # systemd itself leaves alone what was stopped by its own command.
    stage.cloud.run(_MACHINE, ["systemctl", "stop", "nova-compute"])
    began = stage.note("test", "nova-compute is stopped")
    try:
        wait_for("it runs", lambda: is_active(stage, "nova-compute"), timeout=120)
    finally:
        stage.cloud.run(_MACHINE, ["systemctl", "start", "nova-compute"])
    print(f"\nnova-compute runs again after {stage.note('test', 'it runs') - began:.0f} s")
