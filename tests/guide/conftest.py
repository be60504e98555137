# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The operator's guide, scenario by scenario, with the tables that it shows.

Each module begins without segments and instances, with every hypervisor in service, and can be run
by itself. The watch looks on throughout: no instance may ever run on two hosts.
"""

from collections.abc import Iterator

import pytest

from lab.story import acts, timeline
from lab.story import stage as stages
from lab.story.stage import Stage

pytest_plugins = ("tests.cloud",)


@pytest.fixture(scope="module", autouse=True)
def fresh(stage: Stage) -> None:
    """Take away what the module before has left."""
    if old := [str(row["ID"]) for row in stages.instances(stage).values()]:
        stage.openstack.run("server", "delete", "--wait", *old)
    hosts = stages.registered(stage)
    for host in sorted(set(hosts) - set(stages.usable(stage))):
        acts.return_hypervisor(stage, host)
    for row in stage.openstack.list("segment", "list"):
        stage.openstack.run("segment", "delete", str(row["uuid"]))


@pytest.fixture(autouse=True)
def told(stage: Stage) -> Iterator[None]:
    """Print what was noted of a loss, with the seconds since it."""
    before = len(stage.moments)
    yield
    moments = stage.moments[before:]
    if begun := [one.at for one in moments if one.who == "drill"]:
        print(f"\n{timeline.render(moments, min(begun))}")
