# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A host that is switched on while its instances are being evacuated: what has not been begun stays with it."""

from collections.abc import Iterator

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage, machine_of
from tests.bench import crowd
from tests.cloud import settled
from tests.recovery.patients import protect
from tests.recovery.scene import Scene, query

# One after the other, so that some have not been begun when the host is back after half a minute.
_OPTION = {"recovery-threads": 1}
_NUMBER = 6
_BEGUN = (
    "select instance_uuid from nova.instance_actions"
    " where action = 'evacuate' and deleted = 0 and unix_timestamp(start_time) >= {}"
)
_SAID = "select instance_uuid, message from masakari.vmoves where message like '%is back%'"


@pytest.fixture(scope="module", autouse=True)
def one_by_one(stage: Stage) -> Iterator[None]:
    protect(stage)
    stage.juju.config("masakari", _OPTION)
    settled(stage.juju)
    yield
    stage.juju.config("masakari", reset=list(_OPTION))
    settled(stage.juju)


@pytest.fixture
def scene(stage: Stage) -> Iterator[Scene]:
    with Scene(stage, crowd.boot(stage, _NUMBER)) as scene:
        try:
            yield scene
        finally:
            print(f"\n{scene.timeline()}")


def test_what_was_not_begun_stays_on_a_host_that_is_back(scene: Scene) -> None:
    stage = scene.stage
    scene.lose()
    scene.await_phase("an evacuation is under way", scene.is_moving)
    guests = scene.guests
    acts.power_on(stage, scene.host)
    scene.note("the host is switched on, with its network mended")
    wait_for("no notification is live", scene.has_ended, timeout=600, every=0.5)
    taken = query(stage, _BEGUN.format(int(scene.cut)))
    stayed = {name: uuid for name, uuid in guests.items() if uuid not in taken}
    print(f"\n{len(guests)} instances, of which {len(stayed)} stayed")
    assert stayed, "all had been begun: nothing was seen"
    assert {row.split("\t")[0] for row in query(stage, _SAID)} >= set(stayed.values())
    # What the documents say: for what left when nova-compute had started already.
    stage.cloud.run(machine_of(scene.host), ["systemctl", "restart", "nova-compute"])
    acts.return_hypervisor(stage, scene.host)
    for name, uuid in stayed.items():
        row = stages.instances(stage)[name]
        assert row["Host"] == scene.host
        # nova itself notices only after minutes that it is off.
        stage.openstack.run("server", "reboot", "--hard", uuid)
        stages.alive(stage, name, uuid)
    for name, uuid in guests.items():
        assert stages.is_active(stages.instances(stage)[name]), name
        stages.alive(stage, name, uuid)
    assert stage.watch.doubles() == ()
