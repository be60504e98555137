# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Deploying bundles with overlays, and status of what came of them."""

import json
from pathlib import Path

import pytest

from lab.juju.status import table
from lab.tests.juju_world import World

BUNDLE = """default-base: ubuntu@24.04
machines:
  '0': {constraints: tags=control}
  '1': {}
applications:
  web:
    charm: ./charms/web
    num_units: 2
    options: {level: 4}
    bindings: {'': internal}
    to: [lxd:0, '1']
  db: {charm: ./charms/db, num_units: 1, to: [web/1]}
  mon: {charm: ./charms/mon}
relations:
- [web:db, db:db]
- [web:juju-info, mon:up]
"""
OVERLAY = """applications:
  mon: null
  web: {options: {level: 5}}
  extra: {charm: ./charms/db, num_units: 1, constraints: tags=compute}
"""


@pytest.fixture
def bundle(world: World) -> Path:
    script = 'status-set active "at $JUJU_HOOK_NAME"\n'
    world.charm(
        "web", "requires: {db: {interface: sql}}\npeers: {cluster: {interface: c}}\n", script,
        config="options: {level: {type: int, default: 1, description: x}}\n",
    )  # fmt: skip
    world.charm("db", "provides: {db: {interface: sql}}\n", "open-port 3306\n" + script)
    world.charm(
        "mon",
        "subordinate: true\nrequires: {up: {interface: juju-info, scope: container}}\n",
        script,
    )
    path = world.root / "bundle.yaml"
    path.write_text(BUNDLE)
    return path


def test_a_bundle_makes_its_machines_units_and_relations(world: World, bundle: Path) -> None:
    world.juju("deploy", bundle)
    world.settle()
    found = {unit.name: unit.machine for unit in world.model.units.values()}
    assert found == {
        "web/0": "0/lxd/0", "web/1": "1", "db/0": "1", "mon/0": found["mon/0"], "mon/1": found["mon/1"],
    }  # fmt: skip
    assert {found["mon/0"], found["mon/1"]} == {"0/lxd/0", "1"}
    assert world.model.machines["0"].tags == ["control"]
    assert world.model.applications["web"].config == {"level": 4}
    assert world.model.applications["web"].bindings[""] == "internal"


def test_an_overlay_removes_changes_and_adds(world: World, bundle: Path) -> None:
    overlay = world.root / "overlay.yaml"
    overlay.write_text(OVERLAY)
    world.juju("deploy", bundle, "--overlay", overlay)
    world.settle()
    assert set(world.model.applications) == {"web", "db", "extra"}
    assert world.model.applications["web"].config == {"level": 5}
    machine = world.model.machines[world.model.units["extra/0"].machine]
    assert machine.tags == ["compute"]


def test_a_bundle_that_does_not_validate_changes_nothing_and_says_where(
    world: World, bundle: Path
) -> None:
    bundle.write_text(BUNDLE.replace("level: 4", "level: high"))
    said = world.refuses("deploy", bundle)
    assert f"{bundle}:9" in said
    assert "level" in said
    assert world.model.applications == {}
    assert world.model.machines == {}


def test_deploying_a_bundle_again_adds_nothing(world: World, bundle: Path) -> None:
    world.juju("deploy", bundle)
    world.settle()
    before = (set(world.model.units), set(world.model.machines), set(world.model.relations))
    world.juju("deploy", bundle)
    world.settle()
    after = (set(world.model.units), set(world.model.machines), set(world.model.relations))
    assert after == before


def test_status_has_what_jubilant_wants(world: World, bundle: Path) -> None:
    jubilant = pytest.importorskip("jubilant")
    world.juju("deploy", bundle)
    world.settle()
    status = jubilant.Status._from_dict(world.status())
    assert jubilant.all_active(status)
    assert jubilant.all_agents_idle(status)
    assert status.apps["mon"].subordinate_to == ["web"]
    assert set(status.get_units("mon")) == {"mon/0", "mon/1"}
    assert status.apps["db"].units["db/0"].open_ports == ["3306/tcp"]
    assert status.apps["web"].units["web/0"].machine == "0/lxd/0"
    assert "0/lxd/0" in status.machines["0"].containers
    assert status.apps["web"].relations["db"][0].related_app == "db"
    assert sum(unit.leader for unit in status.apps["web"].units.values()) == 1


def test_the_table_shows_subordinates_under_their_principals(world: World, bundle: Path) -> None:
    world.juju("deploy", bundle)
    world.settle()
    lines = world.juju("status", "--relations").splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith("web/1"))
    assert lines[index + 1].startswith("  mon/")
    assert any(line.startswith("0/lxd/0") for line in lines)
    assert any("subordinate" in line for line in lines)
    assert any(line.split()[:2] == ["web:cluster", "web"] for line in lines)


def test_status_can_be_reduced_to_some_applications(world: World, bundle: Path) -> None:
    world.juju("deploy", bundle)
    shown = json.loads(world.juju("status", "--format", "json", "db"))
    assert set(shown["applications"]) == {"db"}


def test_an_applications_status_is_that_of_its_worst_unit_unless_it_has_one(
    world: World, bundle: Path
) -> None:
    world.juju("deploy", bundle)
    world.settle()
    world.juju("exec", "--unit", "web/0", "--", "status-set blocked 'no db'")
    shown = world.status()["applications"]["web"]["application-status"]
    assert (shown["current"], shown["message"]) == ("blocked", "no db")
    world.juju("exec", "--unit", "web/leader", "--", "status-set --application=true active fine")
    assert world.status()["applications"]["web"]["application-status"]["message"] == "fine"


def test_an_empty_model_says_so(world: World) -> None:
    assert 'Model "world" is empty.' in world.juju("status")


def test_columns_line_up() -> None:
    assert table.columns([("a", "bb"), ("ccc", "")]) == "a    bb\nccc\n"
