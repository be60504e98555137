# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""With a key for it, the urgent instances of a failed host are evacuated first; and its story outlives a move of the monitor."""

from collections.abc import Iterator

import pytest

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import wait_for
from lab.story.stage import Stage
from tests.cloud import settled
from tests.guide.fencing_monitor import elsewhere, home, machines, stories
from tests.guide.tables import NODE_01, NODE_02, NODE_10, segment

KEY = "recovery_priority"
# With a single thread the order is strict.
_OPTIONS = {"priority-metadata-key": KEY, "recovery-threads": 1}
# In the order of their making, which is neither the one wanted nor its reverse.
URGENCY = {"plain": "", "first": "100", "last": "-1", "second": "true"}
WANTED = ["first", "second", "plain", "last"]
CONTROL = "node-00"
_BEGUN = (
    "select i.display_name from nova.instance_actions a"
    " join nova.instances i on i.uuid = a.instance_uuid"
    " where i.deleted = 0 and a.action = 'evacuate' order by a.start_time, a.id"
)


@pytest.fixture(scope="module", autouse=True)
def by_urgency(stage: Stage, fresh: None) -> Iterator[None]:
    stage.juju.config("masakari", _OPTIONS)
    settled(stage.juju)
    segment(stage.openstack, "S1", "auto", NODE_01, NODE_02, NODE_10)
    yield
    stage.juju.config("masakari", reset=list(_OPTIONS))
    settled(stage.juju)


@pytest.fixture(scope="module")
def guests(stage: Stage, by_urgency: None) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, urgency in URGENCY.items():
        found |= stages.boot(stage, (name,), NODE_02)
        if urgency:
            stage.openstack.run("server", "set", "--property", f"{KEY}={urgency}", name)
    return found


def test_the_urgent_ones_are_begun_first(stage: Stage, guests: dict[str, str]) -> None:
    acts.lose_hypervisor(stage, NODE_02, guests)
    begun = stage.cloud.run(CONTROL, ["mariadb", "-BNe", _BEGUN]).stdout.split()
    print(f"\nbegun in this order: {', '.join(begun)}")
    assert begun == WANTED


def test_who_asks_the_wrong_unit_is_told_the_right_one(stage: Stage) -> None:
    here, said = home(stage), stories(stage, NODE_02)
    assert "reported to Masakari" in said.pop(here)
    assert [text for text in said.values() if elsewhere(here) not in text] == []


def test_the_story_is_told_where_the_monitor_ran_before(stage: Stage) -> None:
    before = home(stage)
    _, told = stories(stage, NODE_02)[before].split("\n", 1)
    unit = machines(stage, "hacluster")[before]
    stage.juju.run(unit, "pause", wait=300)
    try:
        wait_for("the monitor is elsewhere", lambda: home(stage) not in ("", before), timeout=120)
        now, said = home(stage), stories(stage, NODE_02)
        print("\n".join(f"{machine}: {text}" for machine, text in said.items()))
        # The same story, and besides where what came later is told.
        assert said[before].endswith(told)
        assert elsewhere(now) not in said.pop(now)
        assert [text for text in said.values() if elsewhere(now) not in text] == []
    finally:
        stage.juju.run(unit, "resume", wait=300)
    settled(stage.juju)


def test_the_host_returns(stage: Stage) -> None:
    acts.return_hypervisor(stage, NODE_02)
