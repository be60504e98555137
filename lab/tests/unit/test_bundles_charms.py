# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charm metadata: reading it, Juju's rules for it, and the rules of this collection."""

import pathlib
import zipfile

import pytest

from lab.juju.bundles import CharmError, Role, Scope, charmcheck, charmfile, load_charm

ROOT = pathlib.Path(__file__).resolve().parents[3]
TREES = sorted(path.parent for path in ROOT.glob("**/charms/*/charmcraft.yaml"))

CHARMCRAFT = """\
name: thing
subordinate: true
requires:
  juju-info:
    interface: juju-info
    scope: container
    optional: true
  db: mysql
provides:
  web: {interface: http, limit: 2}
peers:
  cluster: {interface: thing-peer}
extra-bindings:
  public:
config:
  options:
    workers: {type: int, default: 2, description: How many.}
actions:
  pause:
    description: Stop.
    params:
      force: {type: boolean}
    additionalProperties: false
"""


def tree(path: pathlib.Path, text: str) -> pathlib.Path:
    path.mkdir(exist_ok=True)
    (path / "charmcraft.yaml").write_text(text)
    return path


def problems(path: pathlib.Path, text: str) -> list[str]:
    with pytest.raises(CharmError) as caught:
        load_charm(tree(path, text))
    return [f"{problem.line}: {problem.reason}" for problem in caught.value.problems]


def test_a_source_tree_is_read_with_its_endpoints_options_and_actions(tmp_path: pathlib.Path):
    charm = load_charm(tree(tmp_path, CHARMCRAFT))
    assert charm.name == "thing"
    assert charm.subordinate
    assert charm.endpoints["juju-info"].scope is Scope.CONTAINER
    assert charm.endpoints["db"].interface == "mysql"
    assert charm.endpoints["web"].limit == 2
    assert charm.endpoints["cluster"].role is Role.PEER
    assert charm.options["workers"].default == 2
    assert charm.actions["pause"].params["force"]["type"] == "boolean"
    assert not charm.actions["pause"].additional
    assert charm.bindings == {"juju-info", "db", "web", "cluster", "public"}


def test_a_packed_charm_is_read_from_its_split_files(tmp_path: pathlib.Path):
    path = tmp_path / "thing.charm"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.yaml", "name: thing\nprovides:\n  web: http\n")
        archive.writestr("config.yaml", "options:\n  a: {type: string}\n")
        archive.writestr("actions.yaml", "go:\n  description: Go.\n")
    charm = load_charm(path)
    assert charm.name == "thing"
    assert set(charm.endpoints) == {"web"}
    assert charm.options["a"].default is None
    assert charm.actions["go"].additional


@pytest.mark.parametrize(
    "content", [b"", b"PK not a zip"], ids=["an empty file", "something else"]
)
def test_what_is_no_charm_is_refused(tmp_path: pathlib.Path, content: bytes):
    path = tmp_path / "x.charm"
    path.write_bytes(content)
    with pytest.raises(CharmError, match="not a charm"):
        load_charm(path)


def test_a_directory_without_a_charm_is_refused(tmp_path: pathlib.Path):
    with pytest.raises(CharmError, match="missing"):
        load_charm(tmp_path)


def test_every_charm_offers_juju_info_without_declaring_it(tmp_path: pathlib.Path):
    charm = load_charm(tree(tmp_path, "name: plain\n"))
    endpoint = charm.endpoint("juju-info")
    assert endpoint is not None
    assert endpoint.role is Role.PROVIDER
    assert charm.endpoint("other") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # juju/charm, meta.go, Meta.Check
        ("provides:\n  a: x\nrequires:\n  a: y\n", '5: duplicated relation name "a"'),
        (
            "provides:\n  juju-x: a\n",
            '3: endpoint "juju-x" uses a name that is reserved for Juju',
        ),
        (
            "provides:\n  a: juju-info\n",
            '3: endpoint "a" uses interface "juju-info", which is reserved for Juju',
        ),
        (
            "subordinate: true\n",
            '2: subordinate charm lacks a "requires" endpoint with container scope',
        ),
        (
            "subordinate: true\nrequires:\n  a: x\n",
            '2: subordinate charm lacks a "requires" endpoint with container scope',
        ),
        # juju/charm, meta.go, ifaceSchema
        (
            "provides:\n  a: {interface: x, scope: machine}\n",
            '3: endpoint "a" has scope "machine", not "global" or "container"',
        ),
        ("provides:\n  a: {scope: global}\n", '3: endpoint "a" has no interface'),
        (
            "provides:\n  a: {interface: x, limit: many}\n",
            '3: limit of endpoint "a" must be a whole number',
        ),
        # juju/charm, config.go, ReadConfig
        (
            "config:\n  options:\n    a: {type: strnig}\n",
            '4: option "a" has unknown type "strnig"',
        ),
        (
            "config:\n  options:\n    a:\n      type: int\n      default: true\n",
            '6: invalid default: option "a" expected int, got true',
        ),
        (
            "config:\n  options:\n    a: {type: string, default: 5}\n",
            '4: invalid default: option "a" expected string, got 5',
        ),
        (
            "config:\n  options:\n    a: {type: secret, default: plain}\n",
            '4: invalid default: option "a" expected secret, got "plain"',
        ),
        # juju/charm, resource/meta.go, Validate
        ("resources:\n  a: {type: file}\n", '3: resource "a" is missing its filename'),
        (
            "resources:\n  a: {type: disk, filename: x}\n",
            '3: resource "a" has unknown type "disk"',
        ),
        (
            "resources:\n  a: {type: file, filename: x/y}\n",
            '3: filename "x/y" of resource "a" cannot contain "/"',
        ),
        # juju/charm, actions.go, ReadActionsYaml
        (
            "actions:\n  juju-run: {description: x}\n",
            '3: action "juju-run" uses a name that is reserved for Juju',
        ),
        (
            "actions:\n  go:\n    required: [x]\n",
            '4: action "go" requires "x", which it lacks',
        ),
    ],
)
def test_what_charmcraft_lets_pass_is_refused_with_its_line(
    tmp_path: pathlib.Path, text: str, expected: str
):
    assert problems(tmp_path, f"name: thing\n{text}") == [expected]


def test_a_subordinate_may_require_jujus_own_endpoint_in_container_scope(tmp_path: pathlib.Path):
    text = "name: a\nsubordinate: true\nrequires:\n  juju-x: {interface: y, scope: container}\n"
    assert load_charm(tree(tmp_path, text)).subordinate


def test_all_faults_are_told_at_once(tmp_path: pathlib.Path):
    text = "name: Thing\nprovides:\n  juju: x\nconfig:\n  options:\n    a: {type: no}\n"
    assert len(problems(tmp_path, text)) == 3


@pytest.mark.parametrize("path", TREES, ids=[path.name for path in TREES])
def test_the_charms_of_this_repository_obey_juju_and_the_house_rules(path: pathlib.Path):
    documents, faults = charmfile.read_documents(path)
    assert not faults
    assert not [str(problem) for problem in charmcheck.check(documents)]
    assert not [str(problem) for problem in charmcheck.house_rules(documents)]
