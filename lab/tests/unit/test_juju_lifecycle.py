# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Removal of units, applications and machines."""

import pytest

from lab.juju import lifecycle, topology
from lab.juju.entities import Life
from lab.juju.errors import JujuError
from lab.tests.juju_stage import Stage, charm

PLAIN = charm("plain")
PEERS = charm("peers", peers={"cluster": "c"})


def test_numbers_of_removed_units_are_not_used_again() -> None:
    stage = Stage()
    stage.deploy(PLAIN, 2)
    stage.settle()
    lifecycle.destroy_unit(stage.model, stage.model.units["plain/1"])
    stage.settle()
    assert stage.add_unit("plain").name == "plain/2"


def test_a_machine_goes_with_its_last_unit() -> None:
    # juju help remove-unit.
    stage = Stage()
    stage.deploy(PLAIN, 1)
    stage.settle()
    lifecycle.destroy_unit(stage.model, stage.model.units["plain/0"])
    stage.settle()
    assert stage.model.machines["0"].life is Life.DYING


def test_a_machine_with_containers_stays_when_its_last_unit_goes() -> None:
    stage = Stage()
    stage.deploy(PLAIN, 1)
    topology.add_container(stage.model, "0")
    stage.settle()
    lifecycle.destroy_unit(stage.model, stage.model.units["plain/0"])
    stage.settle()
    assert stage.model.machines["0"].life is Life.ALIVE


def test_a_machine_in_use_is_removed_only_by_force() -> None:
    stage = Stage()
    stage.deploy(PLAIN, 1)
    stage.settle()
    with pytest.raises(JujuError, match="hosting units plain/0"):
        lifecycle.destroy_machine(stage.model, "0")
    lifecycle.destroy_machine(stage.model, "0", force=True)
    lifecycle.reap(stage.model)
    assert stage.model.units == {}


def test_force_removes_a_unit_without_its_hooks() -> None:
    stage = Stage()
    stage.deploy(PEERS, 2)
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_unit(stage.model, stage.model.units["peers/0"], force=True)
    stage.settle()
    assert stage.names() == ["peers/1 cluster-relation-departed peers/0"] + [
        n for n in stage.names() if "leader" in n
    ]


def test_an_application_goes_when_its_last_unit_has_gone() -> None:
    stage = Stage()
    stage.deploy(PEERS, 2)
    stage.settle()
    lifecycle.destroy_application(stage.model, stage.model.applications["peers"])
    stage.settle()
    assert stage.model.applications == {}
    assert stage.model.relations == {}


def test_an_application_that_goes_is_the_departing_one_for_its_units() -> None:
    # relation/resolver.go, LocalUnitAndApplicationLife.
    stage = Stage()
    stage.deploy(charm("web", provides={"http": "http"}), 1)
    stage.deploy(charm("proxy", requires={"http": "http"}), 1)
    stage.relate("web", "proxy")
    stage.settle()
    stage.ran.clear()
    lifecycle.destroy_application(stage.model, stage.model.applications["web"])
    stage.settle()
    departing = {name: hook.departing for name, hook in stage.ran if hook.departing}
    assert departing == {"web/0": "web/0", "proxy/0": "web/0"}


def test_containers_are_numbered_on_each_machine() -> None:
    stage = Stage()
    topology.add_machine(stage.model)
    topology.add_machine(stage.model)
    made = [topology.add_container(stage.model, host).id for host in ("0", "0", "1")]
    assert made == ["0/lxd/0", "0/lxd/1", "1/lxd/0"]
    assert stage.model.machines["0/lxd/1"].parent == "0"
