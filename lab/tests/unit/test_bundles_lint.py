# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The linter for bundles whose charms are not all at hand, and the files of this repository."""

import functools
import pathlib

import pytest

from lab.juju.bundles import CharmMetadata, load_bundle, load_charm
from lab.juju.bundles.lint import lint
from lab.packing import charms

ROOT = pathlib.Path(__file__).resolve().parents[3]
LAB, MINIMAL = ("bundles/lab.yaml", "bundles/openstack-minimal.yaml")
GUIDE = "overlays/masakari.yaml"

# Each with what it is laid over: the ways in which the documents tell to use them.
DEPLOYMENTS = [
    (LAB, GUIDE, "overlays/local-charms.yaml", "overlays/lab.yaml"),
    (LAB, GUIDE, "overlays/secrets.yaml"),
    (MINIMAL,),
    (MINIMAL, GUIDE, "overlays/mysql-router.yaml"),
    (MINIMAL, GUIDE, "overlays/mysql-router.yaml", "overlays/local-charms.yaml"),
    (MINIMAL, GUIDE, "overlays/mysql-router.yaml", "overlays/secrets.yaml"),
    (MINIMAL, GUIDE, "overlays/mysql-router.yaml", "overlays/cos.yaml"),
    ("bundles/cluster.yaml",),
    ("bundles/cluster.yaml", "overlays/lab-predecessors.yaml"),
    ("bundles/cluster.yaml", "overlays/lab-ipv6.yaml"),
    (
        *(LAB, GUIDE, "overlays/local-charms.yaml", "overlays/lab.yaml"),
        *("overlays/lab-tls.yaml", "overlays/tls.yaml"),
    ),
]


@functools.cache
def at_hand(charm: str) -> CharmMetadata | None:
    found = charms.named(charm)
    return load_charm(found.directory) if found else None


def found(*names: str) -> list[str]:
    return [str(problem) for problem in lint([ROOT / name for name in names], at_hand)]


@pytest.mark.parametrize("names", DEPLOYMENTS, ids=" + ".join)
def test_juju_would_take_the_bundles_and_overlays_of_this_repository(names: tuple[str, ...]):
    assert found(*names) == []


def test_every_bundle_and_overlay_is_judged():
    judged = {name for names in DEPLOYMENTS for name in names}
    files = [*ROOT.glob("bundles/*.yaml"), *ROOT.glob("overlays/*.yaml")]
    assert judged == {str(path.relative_to(ROOT)) for path in files}


@pytest.mark.parametrize(
    ("names", "open_values"),
    [
        (DEPLOYMENTS[0], set()),
        ((MINIMAL,), set()),
        (
            (MINIMAL, GUIDE, "overlays/mysql-router.yaml"),
            {"hacluster.maas_url", "hacluster.maas_credentials", "masakari.vip"},
        ),
    ],
    ids=["on the lab", "a minimal cloud", "recovery for it"],
)
def test_only_what_nobody_else_can_know_is_left_open(
    names: tuple[str, ...], open_values: set[str]
):
    bundle = load_bundle([ROOT / name for name in names])
    placeholders = {
        f"{name}.{option}"
        for name, application in bundle.applications.items()
        for option, value in (application.plain().get("options") or {}).items()
        if str(value).startswith("<")
    }
    assert placeholders == open_values


def test_the_database_of_the_minimal_cloud_takes_the_place_of_the_guides():
    bundle = load_bundle([ROOT / name for name in DEPLOYMENTS[3]])
    ends = {str(end.value) for relation in bundle.relations for end in relation.items}
    assert "mysql" not in bundle.applications
    assert not {end for end in ends if end.startswith("mysql:")}
    assert "masakari-mysql-router:shared-db" in ends


BUNDLE = """\
machines:
  '0':
applications:
  keystone: {charm: ch:keystone, channel: 2024.1/stable, num_units: 1, to: ['0']}
  masakari: {charm: ch:masakari, num_units: 3, options: {vip: <VIP>}}
relations:
- [masakari:identity-service, keystone:identity-service]
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("ch:keystone", "cs:keystone", 'invalid charm URL in application "keystone"'),
        ("ch:keystone", "ch:keystone-9", 'cannot specify revision in "ch:keystone-9"'),
        ("channel: 2024.1/stable", "revision: 9", "with a revision requires a channel"),
        ("2024.1/stable", "a/stable, revision: -1", "must be zero or greater"),
        ("charm: ch:keystone, ", "", 'application "keystone" names no charm'),
        ("to: ['0']", "to: ['0', '1']", 'placement "1" refers to a machine not defined'),
        ("vip:", "vips:", 'configuration option "vips" not found in charm "masakari"'),
        (
            "- [masakari:identity-service",
            "- [masakari:identity",
            'application "masakari" does not define relation "identity"',
        ),
        ("keystone:identity-service]", "keystoen:x]", 'application "keystoen" not defined'),
        ("machines:", "- [", "not YAML"),
    ],
)
def test_what_can_be_judged_without_the_charms_is_judged(
    tmp_path: pathlib.Path, old: str, new: str, expected: str
):
    path = tmp_path / "bundle.yaml"
    path.write_text(BUNDLE)
    assert lint([path], at_hand) == []
    path.write_text(BUNDLE.replace(old, new))
    assert expected in "\n".join(str(problem) for problem in lint([path], at_hand))


def test_what_only_a_missing_charm_could_tell_is_believed(tmp_path: pathlib.Path):
    path = tmp_path / "bundle.yaml"
    path.write_text(BUNDLE.replace("num_units: 1", "num_units: 1, options: {anything: 1}"))
    assert lint([path], at_hand) == []
