# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Subordinates: state/relationunit.go (EnterScope, Valid), relation/statetracker.go."""

from lab.juju import lifecycle
from lab.juju.entities import Life
from lab.tests.juju_stage import Stage, charm

PRINCIPAL = charm("web", provides={"http": "http"}, requires={"ha": "ha"}, container=("ha",))
OTHER = charm("api", requires={"ha": "ha"}, container=("ha",))
HA = charm(
    "ha", provides={"ha": "ha"}, requires={"juju-info": "juju-info"}, peers={"nodes": "n"},
    container=("ha", "juju-info"), subordinate=True,
)  # fmt: skip
NRPE = charm(
    "nrpe", requires={"target": "juju-info"}, provides={"ha": "ha"}, container=("target", "ha"),
    subordinate=True,
)  # fmt: skip


def clustered(units: int = 2) -> Stage:
    stage = Stage()
    stage.deploy(PRINCIPAL, units)
    stage.deploy(HA)
    stage.relate("web:ha", "ha:ha")
    stage.settle()
    return stage


def test_a_subordinate_is_made_when_its_principal_enters_the_relation_after_install() -> None:
    stage = Stage()
    stage.deploy(PRINCIPAL, 1)
    stage.deploy(HA)
    stage.relate("web:ha", "ha:ha")
    assert stage.model.units_of("ha") == []
    stage.settle()
    names = stage.names()
    assert names.index("web/0 install") < names.index("ha/0 install")
    assert stage.model.units["ha/0"].principal == "web/0"
    assert stage.model.units["ha/0"].machine == stage.model.units["web/0"].machine


def test_a_principal_and_its_subordinate_see_only_each_other() -> None:
    stage = clustered(3)
    for unit in stage.model.units_of("ha"):
        joined = [n for n in stage.names(unit.name) if n.startswith("ha-relation-joined")]
        assert joined == [f"ha-relation-joined {unit.principal}"]


def test_a_subordinates_peers_are_in_global_scope() -> None:
    stage = clustered(3)
    joined = [n for n in stage.names("ha/0") if n.startswith("nodes-relation-joined")]
    assert sorted(joined) == ["nodes-relation-joined ha/1", "nodes-relation-joined ha/2"]


def test_two_relations_to_one_subordinate_make_one_unit_each_principal() -> None:
    stage = Stage()
    stage.deploy(PRINCIPAL, 2)
    stage.deploy(HA)
    stage.relate("web:ha", "ha:ha")
    stage.relate("web:juju-info", "ha:juju-info")
    stage.settle()
    assert len(stage.model.units_of("ha")) == 2


def test_a_subordinate_ignores_the_relation_to_another_principal() -> None:
    stage = Stage()
    stage.deploy(PRINCIPAL, 1)
    stage.deploy(OTHER, 1)
    stage.deploy(HA)
    stage.relate("web:ha", "ha:ha")
    stage.relate("api:ha", "ha:ha")
    stage.settle()
    for unit in stage.model.units_of("ha"):
        created = [n for n in stage.names(unit.name) if n.startswith("ha-relation-created")]
        app = stage.model.units[unit.principal or ""].app
        assert created == [f"ha-relation-created ({app})"]


def test_two_subordinates_of_one_principal_can_be_related_in_container_scope() -> None:
    # Such a relation makes no unit.
    stage = Stage()
    stage.deploy(charm("plain"), 2)
    first = charm("first", requires={"target": "juju-info", "ha": "ha"}, subordinate=True,
                  container=("target", "ha"))  # fmt: skip
    stage.deploy(first)
    stage.deploy(NRPE)
    stage.relate("plain", "first:target")
    stage.relate("plain", "nrpe:target")
    stage.relate("first:ha", "nrpe:ha")
    stage.settle()
    assert len(stage.model.units_of("nrpe")) == 2
    for unit in stage.model.units_of("first"):
        mate = next(u for u in stage.model.units_of("nrpe") if u.principal == unit.principal)
        assert f"ha-relation-joined {mate.name}" in stage.names(unit.name)
        assert len([n for n in stage.names(unit.name) if n.startswith("ha-relation-joined")]) == 1


def test_removing_the_relation_removes_the_subordinates_and_keeps_the_principals() -> None:
    stage = clustered()
    lifecycle.destroy_relation(stage.model, stage.model.relations_of("web")[0])
    stage.settle()
    assert stage.model.units_of("ha") == []
    assert len(stage.model.units_of("web")) == 2
    assert stage.names("ha/0")[-2:] == ["stop", "remove"]


def test_a_subordinate_stays_while_one_relation_to_its_principals_application_does() -> None:
    stage = Stage()
    stage.deploy(PRINCIPAL, 1)
    stage.deploy(HA)
    first = stage.relate("web:ha", "ha:ha")
    stage.relate("web:juju-info", "ha:juju-info")
    stage.settle()
    lifecycle.destroy_relation(stage.model, first)
    stage.settle()
    assert [unit.name for unit in stage.model.units_of("ha")] == ["ha/0"]


def test_a_dead_principal_goes_with_the_last_of_its_subordinates() -> None:
    stage = clustered(1)
    for name in ("web/0", "ha/0"):
        stage.model.units[name].life = Life.DEAD
    lifecycle.reap(stage.model)
    assert stage.model.units == {}


def test_removing_a_principal_removes_its_subordinate_and_waits_for_it() -> None:
    # uniter.go, terminate: a unit with subordinates is not dead yet.
    stage = clustered()
    stage.lost.add("ha/0")
    principal = stage.model.units["ha/0"].principal or ""
    lifecycle.destroy_unit(stage.model, stage.model.units[principal])
    stage.settle()
    assert stage.names(principal)[-1] == "remove"
    assert principal in stage.model.units
    stage.lost.clear()
    stage.settle()
    assert principal not in stage.model.units
    assert "ha/0" not in stage.model.units


def test_a_new_principal_unit_gets_a_subordinate_of_its_own() -> None:
    stage = clustered(2)
    stage.add_unit("web")
    stage.settle()
    assert len(stage.model.units_of("ha")) == 3


def test_removing_a_subordinate_application_leaves_its_principals_alone() -> None:
    stage = clustered()
    lifecycle.destroy_application(stage.model, stage.model.applications["ha"])
    stage.settle()
    assert set(stage.model.applications) == {"web"}
    assert stage.model.relations == {}
