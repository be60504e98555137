# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What recovery stands on is away for minutes from the moment of the loss: it completes once that is back.

``--outage`` is another number of seconds than ten minutes'.
"""

import time
from collections.abc import Iterator

import jubilant
import pytest

from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage
from tests.bench.crowd import CONTROL
from tests.cloud import settled
from tests.recovery.outage import Units, away
from tests.recovery.scene import PATIENCE, Scene

ON_CONTROL = {
    "nova": ("nova-api",),
    "keystone": ("keystone",),
    "RabbitMQ": ("rabbitmq-server",),
    "MariaDB": ("mariadb",),
}
MASAKARI = "Masakari"
EVERYTHING = "everything"


def units(scene: Scene, what: str) -> Units:
    """Return which services on which machines are meant."""
    members = dict.fromkeys(scene.members, ("apache2",))
    if what == MASAKARI:
        return members
    if what == EVERYTHING:
        return {**members, CONTROL: tuple(name for names in ON_CONTROL.values() for name in names)}
    return {CONTROL: ON_CONTROL[what]}


def recovered(scene: Scene) -> bool:
    """Whether the API says that every instance is active elsewhere, if it says anything."""
    try:
        rows = stages.instances(scene.stage)
        notifications = scene.stage.openstack.notifications()
    except jubilant.TaskError:
        return False
    away_all = all(stages.is_active(rows.get(n), away_from=scene.host) for n in scene.guests)
    live = [row for row in notifications if row["status"] in ("new", "running", "error")]
    return away_all and not live


@pytest.fixture
def settled_afterwards(stage: Stage) -> Iterator[None]:
    """See that every unit is active once the hypervisor is back, without which none of its own can be."""
    yield
    settled(stage.juju)


@pytest.mark.slow
@pytest.mark.usefixtures("settled_afterwards")
@pytest.mark.parametrize("what", [EVERYTHING, *ON_CONTROL, MASAKARI])
def test_recovery_outlasts_the_absence_of(
    scene: Scene, what: str, request: pytest.FixtureRequest
) -> None:
    seconds = float(str(request.config.getoption("--outage")))
    guests = scene.guests
    scene.lose()
    with away(scene.stage.cloud, units(scene, what)):
        scene.note(f"{what} is away")
        # The hypervisor is fenced all the same; that nothing moves meanwhile has no event.
        wait_for("the hypervisor is off", scene.is_off, timeout=180)
        time.sleep(max(0.0, scene.cut + seconds - time.time()))
    back = scene.note(f"{what} is back")
    wait_for("recovered", lambda: recovered(scene), timeout=PATIENCE, every=5)
    scene.note(f"recovered {time.time() - back:.0f} s after it was back")
    for name, uuid in guests.items():
        stages.alive(scene.stage, name, uuid)
