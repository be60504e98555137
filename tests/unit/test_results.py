# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from tests import house, results, stages
from tests.results import Count

REPORT = """\
<testsuites><testsuite>
  <testcase classname="a" name="passes"/>
  <testcase classname="a" name="fails"><failure/></testcase>
  <testcase classname="a" name="breaks"><error/></testcase>
  <testcase classname="a" name="skips"><skipped/></testcase>
</testsuite></testsuites>
"""


def test_a_report_is_counted_and_an_error_is_a_failure():
    assert results.count(REPORT) == Count(1, 2, 1, ("a::fails", "a::breaks"))


def test_reports_of_several_suites_add_up(tmp_path):
    for name in ("one.xml", "two.xml"):
        (tmp_path / name).write_text(REPORT)
    assert str(results.read(tmp_path)) == "2 passed, 4 failed, 2 skipped"


def test_the_table_closes_with_the_sum():
    rows = [
        stages.Row("unit", 2.0, Count(5)),
        stages.Row("lint", 1.0, Count(0, 1), "bad; see log"),
    ]
    assert stages.table(rows).splitlines()[-1] == "5 passed, 1 failed in 3 s"


def test_a_failure_is_explained_without_the_epilogue_of_tox():
    log = "src/a.py:1: error\nlint: exit 1 (0.1 seconds)\n  lint: FAIL code 1\n  evaluation failed :("
    assert stages.last_line(log) == "src/a.py:1: error"


def test_fast_leaves_out_what_needs_the_lab():
    assert {"pack", "lab"}.isdisjoint(stage.name for stage in stages.chosen([], fast=True))


def test_a_pin_must_have_a_hash_and_no_address(tmp_path):
    path = tmp_path / "requirements.lock"
    assert list(house.complaints(path, "a==1 \\\n    --hash=sha256:0\n")) == []
    assert list(house.complaints(path, "a==1\n")) == ["has a pin without a hash"]
    found = house.complaints(path, "--index-url https://index.example\n")
    assert list(found) == ["records an address; write pins with `tox -e lock`"]


def test_code_has_a_licence_header_and_a_size(tmp_path):
    assert list(house.complaints(tmp_path / "a.py", "import os\n")) == ["has no licence header"]
    long = f"# {house.LICENCE}\n" + "\n" * 260
    assert len(list(house.complaints(tmp_path / "a.py", long))) == 1
    assert list(house.complaints(tmp_path / "charm.py", long)) == []
