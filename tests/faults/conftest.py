# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A cluster to be broken: three members with an address, three hosts that they watch and fence.

Every test breaks something, says when, and leaves a cluster that is whole again. What holds for all
of them is checked by the arena when a test is over (see ``arena.py``).
"""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from lab import cli, deployment, kinds
from lab.settings import Lab
from tests.faults.arena import Arena

KEPT = Path(__file__).parents[2] / "build" / "logs" / "faults"
_FAILED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which cluster to break."""
    group = parser.getgroup("the cluster to break")
    group.addoption("--cluster", default="faults", help="lab to bring up (default: faults)")
    group.addoption("--keep-lab", action="store_true", help="leave the lab up afterwards")
    group.addoption(
        "--as-it-is", action="store_true", help="use it as it is up, its charms as they are on it"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the arena know whether its test has failed."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    if report.failed:
        print(f"\n{report.longreprtext}", flush=True)  # the session goes on for an hour
    return report


@pytest.fixture(scope="session")
def kind() -> kinds.Kind:
    """What the lab is brought up as."""
    return kinds.CLUSTER


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, kind: kinds.Kind) -> Iterator[Lab]:
    """A lab with the cluster deployed and active."""
    lab = Lab(str(request.config.getoption("--cluster")))
    os.environ["INSTANCE_HA_LAB"] = lab.name
    if not request.config.getoption("--as-it-is"):
        up = ["up", "--name", lab.name, "--bundle", kind.name]
        assert cli.main(up) == 0, "the lab did not come up; its logs say why"
    yield lab
    # Units that look at themselves all the time are never idle, and the next `up` waits for that.
    deployment.model(lab).model_config(reset="update-status-hook-interval")
    if not request.config.getoption("--keep-lab"):
        cli.main(["down", "--name", lab.name])


@pytest.fixture
def arena(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Arena]:
    """A whole cluster; whole again afterwards, and nobody harmed who was well."""
    arena = Arena(lab)
    arena.begin()
    recovered = False
    with arena.watch:
        try:
            yield arena
            arena.recover()
            recovered = True
        finally:
            print(f"\n{request.node.name} (load {os.getloadavg()[0]:.0f})\n{arena.timeline()}")
            failed = not recovered or bool(arena.harm()) or request.node.stash.get(_FAILED, False)
            name = re.sub(r"\W+", "_", request.node.name)
            arena.keep(KEPT / lab.name / name, all_of_it=failed)
            arena.restore()
    arena.judge()
