# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Deploying a bundle onto machines that the model has already (``--map-machines``)."""

from pathlib import Path

import pytest

from lab.juju import deployment, machinemap, topology
from lab.juju.bundles import Plan, load_bundle, load_charm, plan
from lab.juju.errors import UsageError
from lab.juju.machinemap import MachineMap
from lab.juju.model import Model
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
    # In this order: the machine goes with its last unit, sooner or later.
    world.juju("add-unit", "cloud", "--to", "0")
    world.juju("remove-unit", "cloud/0", "--force")
    world.until(lambda: "cloud/0" not in world.model.units)
    addition.write_text(
        "applications:\n  beside: {charm: ./charms/app, num_units: 1, to: [cloud/1]}\n"
    )
    world.juju("deploy", cloud, "--overlay", addition)
    assert placed(world)["beside/0"] == "0"


def test_a_dry_run_tells_which_machines_would_be_added_and_changes_nothing(
    world: World, files: tuple[Path, Path]
):
    cloud, addition = files
    apart = world.juju("deploy", addition, "--dry-run")
    assert apart.startswith("Changes to deploy bundle:\n- deploy application addition ")
    assert "- add new machine 2 (bundle machine 0)\n" in apart
    mapped = world.juju("deploy", addition, "--dry-run", "--map-machines=existing")
    assert "- add unit addition/0 to machine 0/lxd/0\n" in mapped
    assert "add new machine" not in mapped
    assert (placed(world), set(world.model.machines)) == (CLOUD_UNITS, {"0", "1"})
    again = world.run("deploy", cloud, "--dry-run")
    assert (again.output, again.errors) == ("", "No changes to apply.\n")


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


ROOT = Path(__file__).resolve().parents[3]
ONLY_CONTROL = "machines: {'0': {constraints: tags=control}}\n"


def planned(*paths: Path) -> Plan:
    bundle = load_bundle(paths)
    trees = {
        tree.parent.name: load_charm(tree.parent)
        for pattern in ("charms/*/charmcraft.yaml", "lab/charms/*/charmcraft.yaml")
        for tree in ROOT.glob(pattern)
    }
    return plan(bundle, {name: trees[name] for name in bundle.applications})


def test_recovery_is_added_to_the_cloud_of_this_repository_as_the_guide_says(tmp_path: Path):
    lab, only_control = ROOT / "bundles/lab.yaml", tmp_path / "machines.yaml"
    only_control.write_text(ONLY_CONTROL)
    model, nowhere = Model("cloud"), deployment.Nowhere()
    stores = (nowhere, nowhere)
    deployment.carry_out(model, planned(lab, only_control), *stores)
    # Three hypervisors have the numbers 1 to 3, so masakari's machines have others.
    before = {unit.name: unit.machine for unit in model.units.values()}
    lxd = [topology.add_machine(model, {"lxd"}, "tags=lxd").id for _ in range(3)]
    overlays = [ROOT / f"overlays/{name}.yaml" for name in ("masakari", "local-charms", "lab")]
    given = machinemap.parse("existing,1=4,2=5,3=6")
    done = deployment.carry_out(model, planned(lab, *overlays), *stores, given)
    after = {unit.name: unit.machine for unit in model.units.values()}
    assert lxd == ["4", "5", "6"]
    assert after == before | {f"masakari/{n}": f"{n + 4}/lxd/0" for n in range(3)}
    assert not [line for line in done if "add new machine" in line]
    assert len([line for line in done if line.startswith("add relation")]) == 8


def test_no_words_are_no_map():
    assert machinemap.parse("") == MachineMap()
