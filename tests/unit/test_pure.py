# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which modules count as pure, and the gate on them."""

from pathlib import Path

import pytest

from tests import pure
from tests.pure import Covered

CHARM = Path("charms/one/src")


@pytest.mark.parametrize(
    ("text", "is_pure"),
    [
        ("import dataclasses\nfrom urllib.parse import quote\n", True),
        ("import plan\n", True),
        ("import circle\n", True),
        ("import ops\n", False),
        ("from urllib import request\n", False),
        ("def late():\n    import subprocess\n", False),
        ("from instance_ha import command\n", False),
        ("import actor\n", False),
    ],
)
def test_a_module_is_pure_if_nothing_it_imports_leaves_the_program(tmp_path, text, is_pure):
    common = tmp_path / "charms/common/src/instance_ha"
    for directory in (tmp_path / CHARM, common):
        directory.mkdir(parents=True)
    (common / "__init__.py").touch()
    (common / "command.py").write_text("import subprocess\n")
    (tmp_path / CHARM / "plan.py").write_text("import re\n")
    (tmp_path / CHARM / "actor.py").write_text("from instance_ha.command import run\n")
    (tmp_path / CHARM / "circle.py").write_text("import module\n")
    (tmp_path / CHARM / "module.py").write_text(text)
    assert (CHARM / "module.py" in pure.modules(tmp_path)) is is_pure


def test_the_planners_of_the_charms_are_among_them():
    found = {str(path) for path in pure.modules()}
    assert {
        "charms/hacluster/src/plan.py",
        "charms/hacluster/src/cluster.py",
        "charms/masakari/src/conf.py",
        "charms/masakari/src/segment_plan.py",
        "charms/masakari/src/fencing_monitor/rules.py",
        "charms/masakari-monitors/src/conf.py",
    } <= found


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"a.py": Covered(95, 100)}, ""),
        ({"a.py": Covered(100, 100), "b.py": Covered(8, 10)}, ""),
        ({"a.py": Covered(94, 100)}, "coverage: 94.0 % of 1 pure modules; 95 % are wanted"),
        (
            {"a.py": Covered(100, 100), "b.py": Covered()},
            "coverage: 100.0 % of 2 pure modules; no test imports b.py",
        ),
    ],
)
def test_the_gate_holds_for_all_together_and_none_may_be_left_out(found, expected):
    text, case = pure.judge({Path(name): covered for name, covered in found.items()})
    failure = case.find("failure")
    assert ("" if failure is None else failure.get("message")) == expected
    for name, covered in found.items():
        assert (name in text) is (covered.percent < pure.LEAST_PERCENT)
