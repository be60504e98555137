# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The bundle and overlays of this repository, planned with the charms' own metadata."""

import pathlib

import pytest

from lab import settings
from lab.juju.bundles import CharmMetadata, Placement, Plan, load_bundle, load_charm, plan

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAB = ROOT / "bundles/lab.yaml"
OVERLAYS = [ROOT / f"overlays/{name}.yaml" for name in ("masakari", "local-charms", "lab")]


def planned(paths: list[pathlib.Path]) -> Plan:
    """Plan with the source trees of the charms, so that nothing needs to be packed."""
    bundle = load_bundle(paths)
    return plan(bundle, {name: source_of(name) for name in bundle.applications})


def source_of(name: str) -> CharmMetadata:
    here = [ROOT / "charms" / name, ROOT / "lab/charms" / name]
    return load_charm(next(tree for tree in here if (tree / "charmcraft.yaml").is_file()))


@pytest.fixture(scope="module")
def whole() -> Plan:
    return planned([LAB, *OVERLAYS])


def test_the_bundle_alone_can_be_deployed_but_for_the_machines_that_overlays_use():
    bundle = load_bundle([LAB])
    assert {"keystone", "mysql", "rabbitmq-server", "nova-cloud-controller", "nova-compute"} == {
        *bundle.applications
    }


def test_the_guides_overlay_adds_four_applications_and_eight_relations(whole: Plan):
    masakari = load_bundle([LAB, OVERLAYS[0]])
    assert len(masakari.relations) == len(load_bundle([LAB]).relations) + 8
    assert {"hacluster", "masakari", "masakari-monitors", "pacemaker-remote"} <= {
        application.name for application in whole.applications
    }


def test_masakari_gets_containers_on_three_machines_and_its_spaces(whole: Plan):
    masakari = whole.application("masakari")
    assert masakari.placements == tuple(Placement("lxd", machine) for machine in "123")
    assert masakari.bindings["public"] == "public"
    assert masakari.config["vip"] == "10.77.1.200 10.77.2.200 10.77.3.200"


def test_hypervisors_are_new_machines_that_the_constraints_choose(whole: Plan):
    compute = whole.application("nova-compute")
    assert compute.placements == (Placement(), Placement(), Placement())
    assert compute.constraints.tags == {"compute"}


def test_the_labs_inventory_has_a_machine_for_every_placement(whole: Plan):
    for machine in whole.machines:
        assert any(machine.constraints.tags <= each.tags for each in settings.INVENTORY)
    spaces = {space.name for space in settings.SPACES}
    for application in whole.applications:
        assert set(application.bindings.values()) <= spaces


def test_the_overlay_of_the_lab_fills_every_placeholder(whole: Plan):
    for application in whole.applications:
        for value in application.config.values():
            assert "<" not in str(value)


def test_fencing_goes_to_the_labs_maas(whole: Plan):
    hacluster = whole.application("hacluster")
    assert hacluster.config["maas_url"] == settings.MAAS_URL
    assert hacluster.config["maas_credentials"] == settings.MAAS_API_KEY


def test_every_application_uses_a_packed_file_named_after_its_charm():
    bundle = load_bundle([LAB, *OVERLAYS])
    for name in bundle.applications:
        path = bundle.charm_path(name)
        assert path is not None
        assert path.resolve() == ROOT / f"build/charms/{name}_ubuntu@24.04-amd64.charm"
