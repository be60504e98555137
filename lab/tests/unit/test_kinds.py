# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a lab is: remembered, and never changed beneath one that is up."""

import pytest

from lab import kinds
from lab.machines import recipe
from lab.packing import charms
from lab.settings import MAAS_URL, Lab


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    return Lab("x")


def test_a_lab_is_a_cloud_unless_told_otherwise(lab):
    assert kinds.of(lab) is kinds.CLOUD
    assert kinds.choose(lab, None) is kinds.CLOUD


def test_a_lab_stays_what_it_was_made(lab):
    kinds.choose(lab, "cluster")
    assert kinds.choose(lab, None) is kinds.of(lab) is kinds.CLUSTER


def test_a_lab_that_is_up_does_not_become_another(lab):
    kinds.choose(lab, "cluster")
    (lab.root / "juju.sock").touch()
    assert kinds.choose(lab, "cluster") is kinds.CLUSTER
    with pytest.raises(kinds.KindError, match="has the bundle cluster"):
        kinds.choose(lab, "lab")


@pytest.mark.parametrize("kind", kinds.KINDS.values(), ids=kinds.KINDS)
def test_everything_that_a_kind_names_exists(kind):
    assert {charm.label for charm in charms.find(kind.charms)} == set(kind.charms)
    assert set(kind.layers) <= set(recipe.LAYERS)
    assert all(path.is_file() for path in (kind.bundle, *kind.overlay_files))


def test_a_cluster_needs_no_charm_of_a_cloud():
    assert kinds.CLUSTER.charms == ["anchor", "hacluster", "hypervisor", "pacemaker-remote"]


def test_a_cluster_over_ipv6_finds_maas_where_it_answers():
    overlay = kinds.IPV6.overlay_files[0].read_text()
    assert f"http://[{kinds.IPV6.gateway}]:5240/MAAS" in overlay
    assert f"http://{kinds.CLUSTER.gateway}:5240/MAAS" == MAAS_URL


def test_predecessors_come_with_what_they_are_refreshed_to():
    ours = {"hacluster", "pacemaker-remote"}
    predecessors = {f"{name}-predecessor" for name in ours}
    assert set(kinds.PREDECESSORS.charms) == {"anchor", "hypervisor", *ours, *predecessors}
