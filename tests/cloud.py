# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The deployed collection and the world around it, as fixtures of every test that needs a cloud.

A pytest plugin. ``--lab NAME`` (the default) brings a lab up and deploys; ``--model NAME`` takes a
model of a real Juju that is already deployed, and skips what needs the lab's outside view.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import pytest

from lab import cli, deployment, kinds
from lab.maas.simulator import EVENTS, directory
from lab.machines.cloud import Cloud
from lab.progress import Progress
from lab.settings import Lab
from lab.story import timeline
from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from lab.story.watch import Watch


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which cloud to test."""
    group = parser.getgroup("the cloud under test")
    group.addoption("--lab", default="check", help="lab to bring up and deploy (default: check)")
    group.addoption("--model", default=None, help="model of a real Juju, already deployed")
    group.addoption("--keep-lab", action="store_true", help="leave the lab up afterwards")
    group.addoption("--as-it-is", action="store_true", help="take the lab as it is, up and kept")


@pytest.fixture(scope="session")
def kind() -> kinds.Kind:
    """What the lab is brought up as; a suite may want another."""
    return kinds.CLOUD


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, kind: kinds.Kind) -> Iterator[Lab]:
    """A lab with everything deployed and active."""
    if request.config.getoption("--model"):
        pytest.skip("needs the lab: looks at machines and at MAAS from outside")
    lab = Lab(str(request.config.getoption("--lab")))
    os.environ["INSTANCE_HA_LAB"] = lab.name
    as_it_is = request.config.getoption("--as-it-is")
    if not as_it_is:
        came = cli.main(["up", "--name", lab.name, "--bundle", kind.name]) == 0
        assert came, "the lab did not come up; its logs say why"
    yield lab
    if not (as_it_is or request.config.getoption("--keep-lab")):
        cli.main(["down", "--name", lab.name])


@pytest.fixture(scope="session")
def juju(request: pytest.FixtureRequest) -> jubilant.Juju:
    """The deployed model."""
    if model := request.config.getoption("--model"):
        return jubilant.Juju(model=model, wait_timeout=1800)
    return deployment.model(request.getfixturevalue("lab"))


@pytest.fixture(scope="session")
def openstack(juju: jubilant.Juju) -> OpenStack:
    """The cloud as its operator sees it."""
    return OpenStack(juju)


@pytest.fixture(scope="session")
def cloud(lab: Lab) -> Cloud:
    """The machines, from outside."""
    return Cloud(lab)


@pytest.fixture(scope="session")
def watch(lab: Lab) -> Iterator[Watch]:
    """Who runs which instance, seen from outside throughout the session."""
    watch = Watch(lab)
    watch.start()
    yield watch
    watch.stop()
    assert watch.doubles() == (), "an instance ran on two hosts at once"


def settled(juju: jubilant.Juju) -> None:
    """Wait until all is active again, with units that look at themselves often meanwhile.

    By default they do so every five minutes, and what changes without a hook shows no sooner.
    """
    juju.model_config({"update-status-hook-interval": "20s"})
    try:
        juju.wait(jubilant.all_active, error=jubilant.any_error, timeout=400)
    finally:
        juju.model_config(reset="update-status-hook-interval")


class MaasLog:
    """What happened at MAAS since the mark."""

    def __init__(self, path: Path):
        self._path = path
        self._lines = 0

    def mark(self) -> None:
        """Forget what has happened so far."""
        self._lines = len(self._read())

    def events(self, kind: str, machine: str | None = None) -> list[dict[str, Any]]:
        """Return the events of one kind (``power``, ``query``), of one machine or of all."""
        found = [event for event in self._read()[self._lines :] if event["event"] == kind]
        return [event for event in found if machine is None or event["machine"] == machine]

    def _read(self) -> list[dict[str, Any]]:
        return list(timeline.read(self._path))


@pytest.fixture(scope="session")
def maas_log(lab: Lab) -> MaasLog:
    """The event log of the MAAS simulator."""
    return MaasLog(directory(lab) / EVENTS)


@pytest.fixture(scope="session")
def stage(
    lab: Lab, juju: jubilant.Juju, openstack: OpenStack, cloud: Cloud, watch: Watch
) -> Stage:
    """What the drill's acts play on."""
    return Stage(lab, juju, openstack, cloud, watch, Progress(lab.root / "logs"))
