# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Bundles checked against their charms, by the rules of juju/charm's bundledata.go."""

import itertools
import pathlib

import pytest

from lab.juju.bundles import (
    BundleError,
    Directive,
    Option,
    OptionError,
    Placement,
    Plan,
    Scope,
    deployment,
    load_charm,
    match_endpoints,
    parse_constraints,
    parse_option,
    parse_placement,
)

CHARMS = {
    "web": """\
name: web
requires:
  db: {interface: mysql, limit: 1}
  cache: {interface: mysql}
resources: {pages: {type: file, filename: pages.zip}, engine: {type: oci-image}}
provides:
  site: {interface: http}
extra-bindings: {public: }
config:
  options:
    title: {type: string}
    port: {type: int}
    ratio: {type: float}
    debug: {type: boolean}
    key: {type: secret}
""",
    "db": "name: db\nprovides: {db: {interface: mysql}, backup: {interface: rsync}}\n",
    "agent": """\
name: agent
subordinate: true
requires: {host: {interface: juju-info, scope: container}}
""",
}

GOOD = """\
machines:
  '0': {constraints: tags=big mem=8G}
  '1':
applications:
  web:
    charm: ./web
    num_units: 3
    options: {title: hello, port: 80, debug: true}
    bindings: {public: outside, '': inside}
    to: ['0', 'lxd:1']
  db:
    charm: ./db
    num_units: 1
    constraints: tags=fast
  agent:
    charm: ./agent
relations:
- [web:db, db]
- [agent, web]
"""


@pytest.fixture
def where(tmp_path: pathlib.Path) -> pathlib.Path:
    for name, text in CHARMS.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "charmcraft.yaml").write_text(text)
    return tmp_path


def planned(where: pathlib.Path, text: str) -> Plan:
    (where / "bundle.yaml").write_text(text)
    return deployment([where / "bundle.yaml"])


def refused(where: pathlib.Path, text: str) -> list[str]:
    with pytest.raises(BundleError) as caught:
        planned(where, text)
    return [f"{problem.line}: {problem.reason}" for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_plan_has_machines_applications_and_relations_in_jujus_order(where: pathlib.Path):
    plan = planned(where, GOOD)
    assert [machine.key for machine in plan.machines] == ["0", "1"]
    assert plan.machines[0].constraints.tags == {"big"}
    assert plan.machines[0].constraints.others == {"mem": "8G"}
    assert [application.name for application in plan.applications] == ["agent", "db", "web"]
    assert [str(relation.requirer) for relation in plan.relations] == ["web:db", "agent:host"]
    assert plan.application("web").bindings == {"public": "outside", "": "inside"}


def test_values_have_the_types_of_their_options(where: pathlib.Path):
    text = changed(
        "{title: hello, port: 80, debug: true}",
        "{port: '0x50', ratio: 2, debug: 'True', key: '' }",
    )
    config = planned(where, text).application("web").config
    assert config == {"port": 80, "ratio": 2.0, "debug": True, "key": ""}


def test_the_last_placement_is_repeated_for_the_remaining_units(where: pathlib.Path):
    placements = planned(where, GOOD).application("web").placements
    assert placements == (
        Placement(machine="0"),
        Placement("lxd", "1"),
        Placement("lxd", "1"),
    )


def test_units_without_placement_get_new_machines(where: pathlib.Path):
    db = planned(where, GOOD).application("db")
    assert db.placements == (Placement(),)
    assert db.constraints.tags == {"fast"}


def test_an_application_as_placement_means_its_units_one_after_the_other(where: pathlib.Path):
    text = changed("num_units: 1\n", "num_units: 3\n    to: ['lxd:web']\n")
    placements = planned(where, text).application("db").placements
    assert placements == tuple(Placement("lxd", unit=f"web/{number}") for number in range(3))


def test_subordinates_have_no_placements(where: pathlib.Path):
    assert planned(where, GOOD).application("agent").placements == ()


def test_a_relation_is_container_scoped_if_either_end_is(where: pathlib.Path):
    relation = planned(where, GOOD).relations[1]
    assert relation.scope is Scope.CONTAINER
    assert relation.provider.endpoint.scope is Scope.GLOBAL
    assert relation.interface == "juju-info"


def test_series_and_base_say_which_system_an_application_gets(where: pathlib.Path):
    assert planned(where, "series: jammy\n" + GOOD).application("db").base == "ubuntu@22.04"
    text = "default-base: ubuntu@22.04/stable\n" + GOOD
    assert planned(where, text).application("db").base == "ubuntu@22.04"
    assert planned(where, GOOD).application("db").base == "ubuntu@24.04"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # verifyApplications
        ("charm: ./db", "charm: ./gone", 'charm path in application "db" does not exist'),
        ("charm: ./db", "charm: ch:mysql", 'application "db" takes "ch:mysql" from Charmhub'),
        ("charm: ./db", "charm: cs:mysql", 'invalid charm URL in application "db": "cs:mysql"'),
        ("charm: ./db", "base: ubuntu@24.04", 'application "db" names no charm'),
        (
            "num_units: 1",
            "num_units: -1",
            'negative number of units specified on application "db"',
        ),
        ("tags=fast", "tag=fast", 'invalid constraints in application "db": unknown constraint'),
        ("tags=fast", "fast", 'invalid constraints in application "db": malformed constraint'),
        (
            "charm: ./agent",
            "charm: ./agent\n    num_units: 1",
            'application "agent" is subordinate but has non-zero num_units',
        ),
        # verifyPlacement
        ("['0', 'lxd:1']", "['0', 'lxd:9', '1']", 'placement "lxd:9" refers to a machine not'),
        ("['0', 'lxd:1']", "['0', 'kvm:1', '1']", 'invalid placement "kvm:1": unknown container'),
        ("['0', 'lxd:1']", "['0', '1', '?']", 'invalid placement syntax "?"'),
        ("['0', 'lxd:1']", "['0', '1', mail]", 'placement "mail" refers to an application not'),
        ("['0', 'lxd:1']", "['0', '1', db/4]", 'placement "db/4" specifies a unit greater than'),
        ("['0', 'lxd:1']", "['0', '1', '0', '1']", "too many units specified in unit placement"),
        ("['0', 'lxd:1']", "['0', '1', web/2]", "placements go in a circle: web/2 -> web/2"),
        ("['0', 'lxd:1']", "['0']", 'machine "1" is not referred to by a placement directive'),
        # verifyMachines
        ("tags=big", "big", 'invalid constraints in machine "0": malformed constraint "big"'),
        # verifyRelations, verifyRelation
        ("[web:db, db]", "[web:db, mail]", 'relation refers to application "mail" not defined'),
        ("[web:db, db]", "[web:db]", "relation has 1 endpoint(s), not 2"),
        ("[web:db, db]", "[web:db, 'db:']", 'invalid relation syntax "db:"'),
        (
            "[web:db, db]",
            "[web:db, web]",
            'relation "web:db web" relates an application to itself',
        ),
        ("[web:db, db]", "[web:nope, db]", 'charm "web" used by application "web" does not'),
        ("[web:db, db]", "[web:db, db:backup]", 'mismatched interface between "web:db" and'),
        ("[web:db, db]", "[web:site, db:db]", "relates provider to provider"),
        ("[web:db, db]", "[web, db]", "ambiguous relation: web db could refer to"),
        ("[web:db, db]", "[web:site, db]", "cannot infer endpoint between web:site and db"),
        (
            "- [agent, web]",
            "- [agent, web]\n- [db:db, web:db]",
            'relation "db:db web:db" is defined more than once',
        ),
        # verifyOptions
        ("port: 80", "prot: 80", 'configuration option "prot" not found in charm "web"'),
        ("port: 80", "port: eighty", 'option "port" expected int, got "eighty"'),
        ("port: 80", "port: true", 'option "port" expected int, got true'),
        ("title: hello", "title: 5", 'option "title" expected string, got 5'),
        ("debug: true", "debug: maybe", 'option "debug" expected boolean, got "maybe"'),
        ("debug: true", "key: letmein", 'option "key" expected secret, got "letmein"'),
        # resources: apiserver, resources handler, readResource
        ("num_units: 3", "num_units: 3\n    resources: {pages: 4}", "revision 4 is Charmhub's"),
        ("num_units: 3", "num_units: 3\n    resources: {pages: ./no.zip}", "there is no file"),
        (
            "num_units: 3",
            "num_units: 3\n    resources: {page: ./bundle.yaml}",
            'unrecognized resource "page"',
        ),
        (
            "num_units: 3",
            "num_units: 3\n    resources: {engine: ./bundle.yaml}",
            "the lab has no resources of type oci-image",
        ),
        (
            "num_units: 3",
            "num_units: 3\n    resources: {pages: ./bundle.yaml}",
            'incorrect extension on resource upload "bundle.yaml", expected ".zip"',
        ),
        # verifyEndpointBindings
        ("public: outside", "wrong: outside", 'wants to bind endpoint "wrong" to space "outside"'),
    ],
)
def test_a_fault_is_told_with_its_line_and_reason(
    where: pathlib.Path, old: str, new: str, expected: str
):
    text = changed(old, new)
    reasons = refused(where, text)
    assert len([reason for reason in reasons if expected in reason]) == 1
    line = int(next(reason for reason in reasons if expected in reason).partition(":")[0])
    pairs = itertools.zip_longest(text.splitlines(), GOOD.splitlines())
    changed_at = next(number for number, (new, was) in enumerate(pairs, 1) if new != was)
    assert abs(line - changed_at) <= 2 or "not referred to" in expected


def test_a_subordinate_with_placement_is_refused(where: pathlib.Path):
    text = changed("charm: ./agent", "charm: ./agent\n    to: ['1']")
    assert '17: application "agent" is subordinate but specifies unit placement' in refused(
        where, text
    )


def test_an_endpoint_is_not_related_beyond_its_limit(where: pathlib.Path):
    text = GOOD.replace(
        "relations:\n", "  db2: {charm: ./db, num_units: 1}\nrelations:\n- [web:db, db2]\n"
    )
    (reason,) = refused(where, text)
    assert 'for "web:db" would exceed its maximum relation limit of 1' in reason


def test_all_faults_are_told_at_once_each_with_its_file(where: pathlib.Path):
    text = GOOD.replace("./db", "./gone").replace("port: 80", "prot: 80").replace("lxd:1", "lxd:7")
    (where / "bundle.yaml").write_text(text)
    with pytest.raises(BundleError) as caught:
        deployment([where / "bundle.yaml"])
    assert len(caught.value.problems) == 4
    for row in str(caught.value).splitlines():
        assert row.startswith(f"{where}/bundle.yaml:")


def test_a_broken_charm_is_told_with_the_line_that_names_it_and_its_own(where: pathlib.Path):
    (where / "db/charmcraft.yaml").write_text("name: db\nprovides:\n  db: {scope: no}\n")
    with pytest.raises(BundleError) as caught:
        planned(where, GOOD)
    places = [(pathlib.Path(each.file).name, each.line) for each in caught.value.problems]
    assert places == [("bundle.yaml", 12), ("charmcraft.yaml", 3), ("charmcraft.yaml", 3)]


def test_an_overlays_charm_path_is_relative_to_the_overlay(where: pathlib.Path):
    (where / "bundle.yaml").write_text(GOOD.replace("./db", "ch:db"))
    (where / "overlays").mkdir()
    (where / "overlays/local.yaml").write_text("applications:\n  db: {charm: ../db}\n")
    plan = deployment([where / "bundle.yaml", where / "overlays/local.yaml"])
    assert plan.application("db").charm.name == "db"


def test_a_bundle_needs_an_application(where: pathlib.Path):
    assert refused(where, "machines: {}\n") == ["1: at least one application must be specified"]


def test_the_lab_has_neither_offers_nor_kubernetes(where: pathlib.Path):
    text = "bundle: kubernetes\nsaas:\n  far: {url: a:b/c.d}\n" + GOOD
    reasons = refused(where, text)
    assert any("the lab knows machines only" in reason for reason in reasons)
    assert any('SAAS "far"' in reason for reason in reasons)


def test_endpoints_are_matched_for_single_relations_too(where: pathlib.Path):
    web, db, agent = (load_charm(where / name) for name in ("web", "db", "agent"))
    assert str(match_endpoints("w:cache", web, "d", db).provider) == "d:db"
    assert str(match_endpoints("a", agent, "d:juju-info", db).provider) == "d:juju-info"
    with pytest.raises(ValueError, match="ambiguous"):
        match_endpoints("w", web, "d", db)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", Directive(machine="3")),
        ("lxd:3", Directive("lxd", machine="3")),
        ("lxd:app/2", Directive("lxd", application="app", unit=2)),
        ("app", Directive(application="app")),
        ("new", Directive()),
        ("lxd:new", Directive("lxd")),
        ("lxd", Directive("lxd")),
    ],
)
def test_placements_are_read(text: str, expected: Directive):
    assert parse_placement(text) == expected


@pytest.mark.parametrize("text", ["", "new/1", "lxd:", "a/b", "0/lxd/1", "01", "zfs:1"])
def test_what_is_no_placement_is_refused(text: str):
    with pytest.raises(ValueError, match="placement"):
        parse_placement(text)


def test_constraints_are_read_and_not_twice():
    assert parse_constraints("tags=a,b cores=2").tags == {"a", "b"}
    with pytest.raises(ValueError, match="already set"):
        parse_constraints("mem=1G mem=2G")


def test_options_of_the_command_line_are_text_that_fits():
    assert parse_option(Option("n", "int"), "5") == 5
    assert parse_option(Option("s", "string"), "5") == "5"
    with pytest.raises(OptionError, match="expected boolean"):
        parse_option(Option("b", "boolean"), "yes")
