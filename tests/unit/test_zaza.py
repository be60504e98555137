# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The files for zaza: what can be said of them without zaza and without Juju."""

import functools

import jinja2
import pytest
import yaml

from lab.juju.bundles import CharmMetadata, load_bundle, load_charm
from lab.juju.bundles.lint import lint
from lab.packing import charms
from tests.house import ROOT

BUNDLES = ROOT / "tests/bundles"
TESTS = yaml.safe_load((ROOT / "tests/tests.yaml").read_text())
NAMES = sorted(path.stem for path in BUNDLES.glob("*.yaml"))


@functools.cache
def at_hand(charm: str) -> CharmMetadata | None:
    found = charms.named(charm)
    return load_charm(found.directory) if found else None


@pytest.fixture
def rendered(tmp_path):
    """Return a function that lays a bundle's overlay over it, as zaza does."""

    def render(name):
        environment = jinja2.Environment(  # noqa: S701 (YAML, not HTML)
            loader=jinja2.FileSystemLoader(BUNDLES / "overlays"), undefined=jinja2.StrictUndefined
        )
        overlay = tmp_path / f"{name}.yaml"
        # zaza's own name for the checkout (zaza/charm_lifecycle/deploy.py, get_charm_config_context).
        overlay.write_text(environment.get_template(f"{name}.yaml.j2").render(charm_location=ROOT))
        return [BUNDLES / f"{name}.yaml", overlay]

    return render


@pytest.mark.parametrize("name", NAMES)
def test_juju_would_take_each_bundle_with_its_rendered_overlay(name, rendered):
    assert not [str(problem) for problem in lint(rendered(name), at_hand)]


@pytest.mark.parametrize("name", NAMES)
def test_every_charm_of_ours_comes_from_the_checkout(name, rendered):
    bundle = load_bundle(rendered(name))
    for application in bundle.applications:
        if (ROOT / "charms" / application).is_dir():
            path = bundle.charm_path(application)
            assert path == ROOT / f"build/charms/{application}_ubuntu@24.04-amd64.charm"


def test_recovery_has_every_relation_that_the_documented_overlays_make(rendered):
    documented = ["bundles/openstack-minimal", "overlays/masakari", "overlays/mysql-router"]
    wanted = load_bundle([ROOT / f"{name}.yaml" for name in documented])
    given = load_bundle(rendered("noble-caracal"))
    assert {frozenset(item.plain()) for item in wanted.relations} <= {
        frozenset(item.plain()) for item in given.relations
    }


@pytest.mark.parametrize("key", ["gate_bundles", "smoke_bundles", "dev_bundles"])
def test_bundles_are_named_that_are_there_and_have_tests(key):
    tested = {alias for step in TESTS["tests"] for alias in step}
    for entry in TESTS[key]:
        ((alias, bundle),) = entry.items()
        assert bundle in NAMES
        assert alias in tested


def test_tests_and_steps_are_named_as_modules_of_zaza_are():
    for step in [*TESTS["configure"], *TESTS["tests"]]:
        for names in step.values():
            assert all(
                name.startswith("zaza.openstack.charm_tests.") or _is_ours(name) for name in names
            )


def _is_ours(name: str) -> bool:
    """Whether a test is a class of this checkout (`tox -e zaza-check` imports it)."""
    module, _, cls = name.rpartition(".")
    path = ROOT / f"{module.replace('.', '/')}.py"
    return path.is_file() and f"class {cls}(" in path.read_text()
