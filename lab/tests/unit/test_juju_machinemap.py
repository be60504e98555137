# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Deploying a bundle onto machines that the model has already (``--map-machines``)."""

from pathlib import Path

import pytest

from lab.juju import machinemap
from lab.juju.errors import UsageError
from lab.juju.machinemap import MachineMap
from lab.tests.juju_world import World

CLOUD = """\
machines: {'0': {constraints: tags=control}, '1': {}}
applications:
  cloud: {charm: ./charms/app, num_units: 2, to: ['0', '1']}
"""
# Lays something new on the machines; its machines section replaces the cloud's.
ADDITION = """\
machines: {'0': {}, '1': {}}
applications:
  addition: {charm: ./charms/app, num_units: 2, to: ['lxd:0', '1']}
"""


@pytest.fixture
def files(world: World) -> tuple[Path, Path]:
    """Return a bundle and an overlay; the bundle is deployed."""
    world.charm("app")
    for name, text in (("cloud.yaml", CLOUD), ("addition.yaml", ADDITION)):
        (world.root / name).write_text(text)
    world.juju("deploy", world.root / "cloud.yaml")
    return world.root / "cloud.yaml", world.root / "addition.yaml"


def placed(world: World) -> dict[str, str]:
    return {unit.name: unit.machine for unit in world.model.units.values()}


CLOUD_UNITS = {"cloud/0": "0", "cloud/1": "1"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--map-machines=existing",), {"addition/0": "0/lxd/0", "addition/1": "1"}),
        (("--map-machines", "0=1,1=0"), {"addition/0": "1/lxd/0", "addition/1": "0"}),
        (("--map-machines", "existing,0=1"), {"addition/0": "1/lxd/0", "addition/1": "1"}),
        # Where the bundle's own units are says the same.
        ((), {"addition/0": "0/lxd/0", "addition/1": "1"}),
    ],
)
def test_an_addition_lands_on_the_machines_of_the_cloud(
    world: World, files: tuple[Path, Path], words: tuple[str, ...], expected: dict[str, str]
):
    cloud, addition = files
    world.juju("deploy", cloud, "--overlay", addition, *words)
    assert placed(world) == {**CLOUD_UNITS, **expected}
    containers = {name for name in world.model.machines if "/" in name}
    assert set(world.model.machines) - containers == {"0", "1"}


def test_a_bundle_of_its_own_gets_machines_of_its_own_unless_told_otherwise(
    world: World, files: tuple[Path, Path]
):
    _, addition = files
    said = world.juju("deploy", addition)
    assert "add new machine 2 (bundle machine 0)" in said
    assert placed(world) == {**CLOUD_UNITS, "addition/0": "2/lxd/0", "addition/1": "3"}


def test_a_machine_that_the_model_has_not_is_made(world: World, files: tuple[Path, Path]):
    _, addition = files
    addition.write_text(ADDITION.replace("'1'", "'7'"))
    said = world.juju("deploy", addition, "--map-machines=existing")
    assert "add new machine 2 (bundle machine 7)" in said
    assert placed(world)["addition/1"] == "2"


def test_a_unit_beside_one_that_is_there_goes_to_its_machine(
    world: World, files: tuple[Path, Path]
):
    cloud, addition = files
    world.juju("remove-unit", "cloud/0", "--force")
    world.juju("add-unit", "cloud", "--to", "0")
    addition.write_text(
        "applications:\n  beside: {charm: ./charms/app, num_units: 1, to: [cloud/1]}\n"
    )
    world.juju("deploy", cloud, "--overlay", addition)
    assert placed(world)["beside/0"] == "0"


@pytest.mark.parametrize("text", ["every", "0:1", "a=1", "0=", "0=1,all"])
def test_what_is_no_map_is_refused(world: World, text: str):
    with pytest.raises(UsageError, match='expected "existing" or "<bundle-id>=<machine-id>"'):
        machinemap.parse(text)
    assert "error in --map-machines" in world.refuses("deploy", "b.yaml", "--map-machines", text)


def test_a_map_to_no_machine_is_refused(world: World, files: tuple[Path, Path]):
    before = placed(world)
    assert 'machine "9" not found' in world.refuses("deploy", files[1], "--map-machines", "0=9")
    assert placed(world) == before


def test_maps_are_for_bundles(world: World):
    path = world.charm("one")
    said = world.refuses("deploy", path, "--map-machines", "existing")
    assert "not supported when deploying a charm: --map-machines" in said


def test_no_words_are_no_map():
    assert machinemap.parse("") == MachineMap()
