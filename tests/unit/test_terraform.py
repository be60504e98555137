# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The Terraform plan, as far as it can be judged without Terraform: against the overlay and the charms."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from hcl2 import SerializationOptions

from lab.juju.bundles import CharmMetadata, load_charm
from tests import house

PLAN = sorted((house.ROOT / "terraform").glob("*.tf"))
OVERLAY: dict[str, Any] = yaml.safe_load((house.ROOT / "overlays/masakari.yaml").read_text())
OURS = sorted(OVERLAY["applications"])


def read(path: Path) -> dict[str, Any]:
    plain = SerializationOptions(
        with_comments=False, explicit_blocks=False, strip_string_quotes=True
    )
    with path.open() as file:
        return hcl2.load(file, serialization_options=plain)


@pytest.fixture(scope="module")
def plan() -> dict[str, list[dict[str, Any]]]:
    """Everything of the plan, by kind of block."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in PLAN:
        for kind, blocks in read(path).items():
            found.setdefault(kind, []).extend(blocks)
    return found


def variables(plan: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {name.strip('"'): body for block in plan["variable"] for name, body in block.items()}


def resources(plan: dict[str, list[dict[str, Any]]], kind: str) -> dict[str, dict[str, Any]]:
    return {
        name.strip('"'): body
        for block in plan["resource"]
        for key, named in block.items()
        if key.strip('"') == kind
        for name, body in named.items()
    }


def charm(name: str) -> CharmMetadata:
    return load_charm(house.ROOT / "charms" / name)


def test_it_is_small():
    lines = [line.strip() for path in PLAN for line in path.read_text().splitlines()]
    assert len([line for line in lines if line and not line.startswith("#")]) < 150


def test_the_applications_are_those_of_the_overlay(plan: dict[str, list[dict[str, Any]]]):
    applications = resources(plan, "juju_application")
    subordinates = re.findall(r'"([^"]+)"', applications["subordinate"]["for_each"])
    assert sorted([applications["masakari"]["name"], *subordinates]) == OURS
    assert not charm("masakari").subordinate
    assert all(charm(name).subordinate for name in subordinates)
    assert not {"units", "machines"} & applications["subordinate"].keys()


def test_the_relations_are_those_of_the_overlay(plan: dict[str, list[dict[str, Any]]]):
    database = variables(plan)["database"]["default"]
    planned = {
        frozenset(end.replace("${var.database}", database) for end in ends)
        for ends in plan["locals"][0]["relations"]
    }
    assert planned == {frozenset(ends) for ends in OVERLAY["relations"]}


@pytest.mark.parametrize("name", OURS)
def test_the_options_are_those_of_the_overlay_and_of_the_charm(
    plan: dict[str, list[dict[str, Any]]], name: str
):
    planned = plan["locals"][0]["options"][name]
    wanted = OVERLAY["applications"][name].get("options", {})
    assert planned.keys() == wanted.keys()
    assert planned.keys() <= charm(name).options.keys()
    # What the overlay leaves open comes from variables; the rest is the same.
    for option, value in wanted.items():
        if str(value).startswith("<"):
            assert planned[option].startswith("${")
        else:
            assert planned[option].lower() == str(value).lower()


def test_the_bindings_and_the_base_are_those_of_the_overlay(
    plan: dict[str, list[dict[str, Any]]],
):
    defaults = {name: body.get("default") for name, body in variables(plan).items()}
    assert defaults["spaces"] == OVERLAY["applications"]["masakari"]["bindings"]
    assert defaults["spaces"].keys() <= set(charm("masakari").bindings)
    assert defaults["base"] == OVERLAY["default-base"].partition("/")[0]


def test_the_key_of_maas_goes_into_a_secret_and_nowhere_else(
    plan: dict[str, list[dict[str, Any]]],
):
    assert variables(plan)["maas_api_key"]["sensitive"] is True
    text = "\n".join(path.read_text() for path in PLAN)
    assert text.count("var.maas_api_key") == 1
    assert resources(plan, "juju_secret")["maas"]["value"] == {"api-key": "${var.maas_api_key}"}
    assert "hacluster" in str(resources(plan, "juju_access_secret")["maas"]["applications"])


def test_every_variable_is_used_and_explained_and_every_reference_leads_somewhere(
    plan: dict[str, list[dict[str, Any]]],
):
    text = "\n".join(path.read_text() for path in PLAN)
    assert set(re.findall(r"\bvar\.(\w+)", text)) == variables(plan).keys()
    assert all(body["description"] for body in variables(plan).values())
    for kind, name in re.findall(r"(?<![\"\w])(juju_\w+)\.(\w+)", text):
        assert name in resources(plan, kind)
