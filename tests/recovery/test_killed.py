# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whoever dies in whichever phase of a recovery: it completes by itself, once.

A phase is what is seen of it from outside: by the cluster, by MAAS, in Masakari's and nova's databases.
"""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.recovery.scene import Scene

VIP = "10.77.1.200"
ENGINE, API, MONITOR = "masakari-engine", "apache2", "masakari-fencing-monitor"


@dataclasses.dataclass(frozen=True)
class Phase:
    """A phase of a recovery.

    Attributes:
        begun: Whether it has begun.
        over: Whether the next one has.
    """

    begun: Callable[[Scene], bool]
    over: Callable[[Scene], bool]


PHASES = {
    "before the fence": Phase(Scene.is_unclean, Scene.is_off),
    "fenced and not reported": Phase(Scene.is_off, Scene.is_notified),
    "notified": Phase(Scene.is_notified, Scene.is_moving),
    "evacuating": Phase(Scene.is_moving, Scene.has_ended),
    "finished and not returned": Phase(Scene.has_ended, lambda _: False),
}


def kill(*services: str) -> Callable[[Scene], None]:
    """Return what kills services on every member at once, without a chance to say goodbye."""

    def act(scene: Scene) -> None:
        script = " ".join(
            [
                'for name in "$@"; do systemctl is-active --quiet "$name" || continue;',
                'systemctl kill --signal=KILL "$name" && echo "$name"; done',
            ]
        )

        def on(member: str) -> list[str]:
            argv = ["bash", "-c", script, "kill", *services]
            return scene.stage.cloud.run(member, argv).stdout.split()

        with ThreadPoolExecutor(len(scene.members)) as pool:
            killed = dict(zip(scene.members, pool.map(on, scene.members), strict=True))
        scene.note(f"kill -9: {killed}")
        assert {name for names in killed.values() for name in names} == set(services)

    return act


def power_cut(scene: Scene) -> None:
    """Cut the power of the member that holds the virtual address."""
    for member in scene.members:
        found = scene.stage.cloud.run(member, ["ip", "-4", "-o", "address", "show"])
        if f" {VIP}/" in found.stdout:
            scene.switch_off(member)
            return
    raise AssertionError(f"no member holds {VIP}")


VICTIMS = {
    "holder": power_cut,
    "everything": kill(ENGINE, API, MONITOR),
    "engines": kill(ENGINE),
    "APIs": kill(API),
    "monitor": kill(MONITOR),
}


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("victim", VICTIMS)
def test_recovery_outlives(scene: Scene, victim: str, phase: str) -> None:
    scene.lose()
    scene.await_phase(phase, lambda: PHASES[phase].begun(scene))
    missed = PHASES[phase].over(scene)
    VICTIMS[victim](scene)
    assert not missed, f"{phase} was over before anybody could be killed in it"
    scene.complete()
