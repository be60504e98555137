# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

from tests import house, results, stages, suites
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
    assert stages.table(rows).splitlines()[-2:] == [
        "5 passed, 1 failed in 3 s",
        "5 passed, 1 failed",
    ]


def test_the_last_line_has_nothing_else_on_it_when_tests_were_skipped():
    row = stages.Row("unit", 2.0, Count(5, 0, 2))
    assert stages.table([row]).splitlines()[-2:] == [
        "5 passed, 0 failed, 2 skipped in 2 s",
        "5 passed, 0 failed",
    ]


def test_a_report_that_was_cut_short_is_a_failure(tmp_path):
    (tmp_path / "one.xml").write_text(REPORT)
    (tmp_path / "two.xml").write_text(REPORT[:60])
    assert results.read(tmp_path) == Count(
        1, 3, 1, ("a::fails", "a::breaks", "two::report cut short")
    )


def test_a_suite_that_crashes_is_a_failure_beside_others(tmp_path, monkeypatch):
    monkeypatch.setattr(suites, "ROOT", tmp_path)
    monkeypatch.setattr(suites, "RESULTS", tmp_path / "results")
    (tmp_path / "results/unit").mkdir(parents=True)
    for name, body in (("crash", "import os; os._exit(3)"), ("fail", "assert False")):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}.py").write_text(f"def test_it():\n    {body}\n")
    assert not suites.run_all("unit", ["crash", "fail"], ["--rootdir", str(tmp_path)])
    found = results.read(tmp_path / "results/unit")
    assert found.failures == ("crash::ended with exit code 3", "fail.test_fail::test_it")


@pytest.mark.parametrize(
    ("returncode", "reports", "expected"),
    [
        (0, False, Count(1, 0)),
        (1, False, Count(0, 1)),
        (0, True, Count(4, 0)),
        (1, True, Count(4, 1)),
        (-9, True, Count(4, 1)),
    ],
)
def test_a_stage_that_ends_badly_has_at_least_one_failure(
    tmp_path, monkeypatch, returncode, reports, expected
):
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    monkeypatch.setattr(stages, "RESULTS", tmp_path / "results")
    (tmp_path / "results/unit").mkdir(parents=True)
    if reports:
        (tmp_path / "results/unit/one.xml").write_text(f"<a>{'<testcase/>' * 4}</a>")
    log = tmp_path / "unit.log"
    log.write_text("Segmentation fault\n")
    row = stages.judge("unit", returncode, 1.0, log)
    assert row.count == expected
    assert row.passed is (returncode == 0)


def test_the_exit_code_and_the_last_line_tell_of_a_stage_that_crashed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    monkeypatch.setattr(stages, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(stages, "RESULTS", tmp_path / "results")
    tox = tmp_path / "tox"
    tox.write_text('#!/bin/sh\n[ "$4" = lint ] && kill -KILL $$\nexit 0\n')
    tox.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    stale = tmp_path / "results/lint/old.xml"
    stale.parent.mkdir(parents=True)
    stale.write_text(REPORT)
    assert stages.main(["format", "lint"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"
    assert stages.main(["format"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


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
