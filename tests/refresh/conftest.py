# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A cluster that the predecessors have made, refreshed to ours, in each order that there is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lab import cli, deployment, kinds
from lab.settings import Lab
from tests.faults.arena import Arena
from tests.refresh.cases import CASES, KEYS, Case
from tests.refresh.story import Story


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which lab to use."""
    group = parser.getgroup("the cluster to refresh")
    group.addoption("--cluster", default="refresh", help="lab to bring up (default: refresh)")
    group.addoption("--keep-lab", action="store_true", help="leave the last lab up afterwards")


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case.order[0]}-first")
def case(request: pytest.FixtureRequest) -> Case:
    """What is refreshed in which order."""
    found: Case = request.param
    return found


@pytest.fixture(scope="module")
def lab(
    case: Case, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """A lab with what the predecessors make, all of it active; a new one for each case."""
    lab = Lab(str(request.config.getoption("--cluster")))
    os.environ["INSTANCE_HA_LAB"] = lab.name
    if lab.root.is_dir():
        cli.main(["down", "--name", lab.name])
    up = ["up", "--name", lab.name, "--bundle", kinds.PREDECESSORS.name]
    assert cli.main([*up, "--until", "network"]) == 0, "the lab did not come up"
    _deploy(lab, case, tmp_path_factory.mktemp("overlay") / "keys.yaml")
    assert cli.main(up) == 0, "the predecessors did not become active; the lab's logs say why"
    yield lab
    if not request.config.getoption("--keep-lab"):
        cli.main(["down", "--name", lab.name])


def _deploy(lab: Lab, case: Case, overlay: Path) -> None:
    juju, kind = deployment.model(lab), kinds.PREDECESSORS
    overlays = list(kind.overlay_files)
    if not case.public_key:
        overlay.write_text(yaml.safe_dump({"applications": {"hacluster": {"options": KEYS}}}))
        overlays.append(overlay)
    juju.add_model(lab.name)
    juju.deploy(kind.bundle, overlays=overlays)


@pytest.fixture(scope="module")
def story(lab: Lab, case: Case) -> Iterator[Story]:
    """The refresh, played once; its timeline is printed whatever comes of it."""
    arena = Arena(lab)
    arena.begin()
    story = Story(arena, leader_last=case.leader_last)
    try:
        story.play(case.order)
        yield story
    finally:
        print(f"\n{', then '.join(case.order)}\n{arena.timeline()}")
