# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Overlays laid over bundles, by the rules of juju/charm's overlay.go."""

import base64
import pathlib
from typing import Any

import pytest

from lab.juju.bundles import BundleError, load_bundle, marks

BASE = """\
variables:
  address: &address 10.0.0.9
default-base: ubuntu@22.04
machines:
  '0': {constraints: tags=a}
  '1':
applications:
  db:
    charm: ./db
    num_units: 1
    to: ['0']
  web:
    charm: ./web
    num_units: 1
    options: {vip: *address, debug: true, port: 80}
    bindings: {public: public, admin: admin}
relations:
- [web:db, db:db]
- [web:juju-info, db:monitor]
"""


def merged(tmp_path: pathlib.Path, *overlays: str, base: str = BASE) -> dict[str, Any]:
    paths: list[pathlib.Path] = []
    for number, text in enumerate([base, *overlays]):
        paths.append(tmp_path / f"{number}.yaml")
        paths[-1].write_text(text)
    return load_bundle(paths).root.plain()


def refused(tmp_path: pathlib.Path, *overlays: str, base: str = BASE) -> list[str]:
    with pytest.raises(BundleError) as caught:
        merged(tmp_path, *overlays, base=base)
    return [
        f"{pathlib.Path(problem.file).name}:{problem.line}: {problem.reason}"
        for problem in caught.value.problems
    ]


def test_anchors_and_comments_are_yaml_and_mean_nothing_more(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "# only a comment\nrelations:\n# - [a, b]\n")
    assert bundle["applications"]["web"]["options"]["vip"] == "10.0.0.9"
    assert len(bundle["relations"]) == 2


def test_relations_of_an_overlay_are_appended(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "relations:\n- [web:cache, cache]\n")
    assert bundle["relations"][-1] == ["web:cache", "cache"]
    assert len(bundle["relations"]) == 3


def test_a_null_application_is_removed_with_its_relations(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "applications:\n  db:\n")
    assert set(bundle["applications"]) == {"web"}
    assert bundle["relations"] == []


def test_an_empty_application_is_not_a_null_one(tmp_path: pathlib.Path):
    assert "db" in merged(tmp_path, "applications:\n  db: {}\n")["applications"]


def test_a_new_application_is_added(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "applications:\n  new: {charm: ./new}\n")
    assert bundle["applications"]["new"] == {"charm": "./new"}


def test_scalars_and_lists_replace_the_bases(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "applications:\n  db: {num_units: 2, to: ['1', '0']}\n")
    assert bundle["applications"]["db"]["num_units"] == 2
    assert bundle["applications"]["db"]["to"] == ["1", "0"]


def test_maps_merge_entry_by_entry_and_null_entries_are_deleted(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, "applications:\n  web:\n    options: {debug: , port: 81}\n")
    assert bundle["applications"]["web"]["options"] == {"vip": "10.0.0.9", "port": 81}


@pytest.mark.parametrize("empty", ["", "{}"])
def test_an_empty_map_clears_the_bases(tmp_path: pathlib.Path, empty: str):
    bundle = merged(tmp_path, f"applications:\n  web:\n    bindings: {empty}\n")
    assert not bundle["applications"]["web"]["bindings"]
    assert bundle["applications"]["web"]["options"]


def test_machines_of_an_overlay_replace_all_of_the_bases(tmp_path: pathlib.Path):
    assert merged(tmp_path, "machines:\n  '7':\n")["machines"] == {"7": None}


def test_a_base_of_an_overlay_replaces_the_bases(tmp_path: pathlib.Path):
    assert merged(tmp_path, "default-base: ubuntu@24.04\n")["default-base"] == "ubuntu@24.04"


def test_overlays_are_laid_one_over_the_other(tmp_path: pathlib.Path):
    first = "applications:\n  db:\n"
    second = "applications:\n  db: {charm: ./again}\n"
    assert merged(tmp_path, first, second)["applications"]["db"] == {"charm": "./again"}


def test_further_documents_of_the_bundle_are_overlays(tmp_path: pathlib.Path):
    bundle = merged(tmp_path, base=BASE + "---\napplications:\n  db:\n")
    assert set(bundle["applications"]) == {"web"}


def test_machine_keys_are_text_whichever_way_they_are_written(tmp_path: pathlib.Path):
    base = "machines: {0: , '1': }\napplications: {a: {charm: ./a}}\n"
    assert set(merged(tmp_path, base=base)["machines"]) == {"0", "1"}


def test_files_can_be_included_as_text_and_as_base64(tmp_path: pathlib.Path):
    (tmp_path / "hello").write_text("hi\n")
    overlay = (
        "applications:\n  web:\n    options:\n"
        "      text: include-file://hello\n      code: include-base64://hello\n"
    )
    options = merged(tmp_path, overlay)["applications"]["web"]["options"]
    assert options["text"] == "hi\n"
    assert base64.b64decode(options["code"]) == b"hi\n"


def test_a_file_to_include_must_be_there(tmp_path: pathlib.Path):
    overlay = "applications:\n  web:\n    options:\n      text: include-file://gone\n"
    (reason,) = refused(tmp_path, overlay)
    assert reason.startswith('1.yaml:4: resolving include "gone"')


def test_services_are_an_error_in_an_overlay(tmp_path: pathlib.Path):
    (reason,) = refused(tmp_path, "services:\n  web: {num_units: 2}\n")
    assert reason.startswith('1.yaml:1: deprecated "services" key')


@pytest.mark.parametrize(
    "field", ["offers: {o: {endpoints: [db]}}", "exposed-endpoints: {db: {}}"]
)
def test_offers_and_exposed_endpoints_are_for_overlays_only(tmp_path: pathlib.Path, field: str):
    base = f"applications:\n  a:\n    charm: ./a\n    {field}\n"
    (reason,) = refused(tmp_path, base=base)
    assert reason.startswith("0.yaml:4: applications.a.")
    assert reason.endswith("can only appear in an overlay section")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("applications: [a]\n", '1.yaml:1: "applications" of a bundle must be a mapping'),
        ("applications:\n  web: yes\n", '1.yaml:2: application "web" must be a mapping'),
        (
            "applications:\n  web:\n    option: {}\n",
            '1.yaml:3: application "web" has no field "option"',
        ),
        (
            "applications:\n  web:\n    num_units: two\n",
            '1.yaml:3: "num_units" of application "web" must be a whole number',
        ),
        ("machines:\n  '0': {tags: a}\n", '1.yaml:2: machine "0" has no field "tags"'),
        ("programs: {}\n", '1.yaml:1: a bundle has no field "programs"'),
        ("applications:\n  web: {}\n  web: {}\n", '1.yaml:3: key "web" is given twice'),
        ("a: b: c\n", "1.yaml:1: not YAML: mapping values are not allowed here"),
        ("[a]\n", "1.yaml:1: a bundle is a mapping"),
    ],
)
def test_what_is_no_bundle_is_refused_with_its_line(
    tmp_path: pathlib.Path, text: str, expected: str
):
    assert refused(tmp_path, text) == [expected]


def test_an_empty_file_is_refused(tmp_path: pathlib.Path):
    assert refused(tmp_path, "# nothing\n") == ["1.yaml:0: malformed bundle: bundle is empty"]


def test_a_file_that_is_not_there_is_refused(tmp_path: pathlib.Path):
    with pytest.raises(BundleError, match="cannot be read: No such file"):
        load_bundle([tmp_path / "none.yaml"])


def test_values_taken_from_an_anchor_are_placed_where_they_are_used():
    documents, _ = marks.parse("a: &a\n  x: 1\nb:\n  <<: *a\n  y: *a\n", "f")
    place = documents[0].get("b", "y")
    assert place is not None
    assert place.line == 5
    assert documents[0].scalar("b", "x") == 1


def test_dates_are_text():
    documents, _ = marks.parse("a: 2026-11-23\n", "f")
    assert documents[0].plain() == {"a": "2026-11-23"}
