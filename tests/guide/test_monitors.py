# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The process monitor and the introspective one, switched on and off live."""

from collections.abc import Iterator

import pytest

from lab.story.openstack import wait_for
from lab.story.stage import Stage, machine_of
from tests.cloud import settled
from tests.guide.tables import NODE_02

_ON = {"process-monitor": True, "introspective-monitor": True}
_SERVICES = ("masakari-process-monitor", "masakari-introspective-instance-monitor")
_MACHINE = machine_of(NODE_02)


@pytest.fixture(scope="module")
def switched_on(stage: Stage, fresh: None) -> Iterator[None]:
    stage.juju.config("masakari-monitors", _ON)
    settled(stage.juju)
    yield
    stage.juju.config("masakari-monitors", reset=list(_ON))
    settled(stage.juju)
    assert [name for name in _SERVICES if is_active(stage, name)] == []


def is_active(stage: Stage, name: str) -> bool:
    return stage.cloud.run(_MACHINE, ["systemctl", "is-active", name]).returncode == 0


def test_both_run(stage: Stage, switched_on: None) -> None:
    assert [name for name in _SERVICES if not is_active(stage, name)] == []


def test_nova_compute_is_started_again(stage: Stage, switched_on: None) -> None:
    # systemd itself leaves alone what was stopped by its own command.
    stage.cloud.run(_MACHINE, ["systemctl", "stop", "nova-compute"])
    began = stage.note("test", "nova-compute is stopped")
    try:
        wait_for("it runs", lambda: is_active(stage, "nova-compute"), timeout=120)
    finally:
        stage.cloud.run(_MACHINE, ["systemctl", "start", "nova-compute"])
    print(f"\nnova-compute runs again after {stage.note('test', 'it runs') - began:.0f} s")
