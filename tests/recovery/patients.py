# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Instances that are recovered again and again, as fixtures of these tests.

Every test loses the hypervisor that has most of them, breaks something else meanwhile, prints what was
seen, and leaves a cloud with every hypervisor in service.
"""

from collections.abc import Iterator

import pytest

from lab.story import acts
from lab.story.stage import Stage, make_segment
from tests.bench import crowd
from tests.recovery.scene import Scene, query

_OUT = (
    "select host from nova.services"
    " where deleted = 0 and topic = 'compute' and (disabled or forced_down)",
    "select name from masakari.hosts where deleted = 0 and on_maintenance",
)
_PRESENT = "select display_name, uuid, vm_state from nova.instances where deleted = 0"
_PROTECTED = (
    "select h.name from masakari.hosts h"
    " join masakari.failover_segments s on s.uuid = h.failover_segment_id"
    " where h.deleted = 0 and s.recovery_method = 'auto'"
)
HOSTS = 3
PATIENTS = 3
"""Of which one of the two hypervisors that are left always has two at least."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how long things are away."""
    group = parser.getgroup("what recovery stands on")
    group.addoption(
        "--outage", type=float, default=600.0, help="seconds that a service is away (default: 600)"
    )


@pytest.fixture(scope="session")
def patients(stage: Stage) -> dict[str, str]:
    """Instances to be recovered, in a segment of all hypervisors: uuids by name."""
    protect(stage)
    # Those of an earlier run will do.
    rows = [row.split("\t") for row in query(stage, _PRESENT)]
    if len(rows) == PATIENTS and {state for *_, state in rows} == {"active"}:
        return {name: uuid for name, uuid, _ in rows}
    return crowd.boot(stage, PATIENTS)


def protect(stage: Stage) -> None:
    """See to it that every hypervisor is in service, and in a segment that needs no reserve."""
    if len(query(stage, _PROTECTED)) < HOSTS:
        # A host can be in one segment only, and those of other tests have some of them.
        for row in stage.openstack.list("segment", "list"):
            stage.openstack.run("segment", "delete", str(row["uuid"]))
        make_segment(stage)
    take_back(stage)


def take_back(stage: Stage) -> None:
    """Take into service what a test that failed has left out of it."""
    for host in sorted({host for question in _OUT for host in query(stage, question)}):
        acts.return_hypervisor(stage, host)


@pytest.fixture
def scene(
    stage: Stage, patients: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Scene]:
    """A hypervisor with instances that is about to be lost; in service again afterwards."""
    take_back(stage)
    with Scene(stage, patients) as scene:
        try:
            yield scene
        finally:
            print(f"\n{request.node.name}\n{scene.timeline()}")
    scene.mend()
    assert stage.watch.doubles() == ()
