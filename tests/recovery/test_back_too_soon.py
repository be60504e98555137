# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A host that is switched on while its instances are being evacuated: what has not been begun stays with it."""

import datetime
from collections.abc import Iterator

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage
from tests.cloud import settled
from tests.recovery.scene import Scene, query

# One after the other, so that there is something that has not been begun.
_OPTION = {"recovery-threads": 1}
_BEGUN = (
    "select instance_uuid, start_time from nova.instance_actions"
    " where action = 'evacuate' and deleted = 0"
)


@pytest.fixture(scope="module", autouse=True)
def one_by_one(stage: Stage) -> Iterator[None]:
    stage.juju.config("masakari", _OPTION)
    settled(stage.juju)
    yield
    stage.juju.config("masakari", reset=list(_OPTION))
    settled(stage.juju)


def begun(stage: Stage, since: float) -> dict[str, float]:
    """Return when nova took the order to evacuate an instance, by instance."""
    rows = [row.split("\t") for row in query(stage, _BEGUN)]
    times = {uuid: datetime.datetime.fromisoformat(f"{at}+00:00").timestamp() for uuid, at in rows}
    return {uuid: at for uuid, at in times.items() if at >= since - 1}


def test_what_was_not_begun_stays_on_a_host_that_is_back(scene: Scene) -> None:
    stage = scene.stage
    scene.lose()
    scene.await_phase("an evacuation is under way", scene.is_moving)
    guests = scene.guests
    acts.power_on(stage, scene.host)
    scene.note("the host is switched on, with its network mended")

    def is_up_in_nova() -> float | None:
        changes = scene.recorder.changes("service", scene.cut)
        mine = [one for one in changes if one.name == scene.host]
        return mine[-1].at if mine and mine[-1].state.endswith("|0") and len(mine) > 1 else None

    cleared: float = wait_for("nova not to call it down", is_up_in_nova, timeout=300, every=0.2)
    scene.note("nova does not call it forced down any more")
    wait_for("no notification is live", scene.has_ended, timeout=600, every=0.5)
    taken = begun(stage, scene.cut)
    print(f"\n{len(guests)} instances, {len(taken)} of them begun; none may be after the return")
    # The database keeps whole seconds.
    assert [at for at in taken.values() if at > cleared + 1] == []
    assert stage.watch.doubles() == ()
    stayed = {name: uuid for name, uuid in guests.items() if uuid not in taken}
    assert stayed, "all had been begun: nothing was seen"
    acts.return_hypervisor(stage, scene.host)
    for name, uuid in stayed.items():
        row = stages.instances(stage)[name]
        assert row["Host"] == scene.host
        if row["Status"] != "SHUTOFF":
            wait_for(
                f"nova to notice that {name} is off",
                lambda name=name: stages.instances(stage)[name]["Status"] == "SHUTOFF",
                timeout=900,
                every=10,
            )
        stage.openstack.run("server", "start", uuid)
        stages.alive(stage, name, uuid)
