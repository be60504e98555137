# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

from lab.packing import pins

A, B, C = ("sha256:" + letter * 64 for letter in "abc")

PINNED = f"""\
# comment
alpha==1.0 ; python_full_version < '3.11' \\
    --hash={A} \\
    --hash={B}
    # via beta
alpha==2.0 ; python_full_version >= '3.11' \\
    --hash={C}
"""

LOCK = f"""\
version = 1

[[package]]
name = "charm"
version = "0"
source = {{ virtual = "." }}

[[package]]
name = "alpha"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://index.example/alpha-1.0.tar.gz", hash = "{A}", size = 1 }}
wheels = [
    {{ url = "https://index.example/alpha-1.0-any.whl", hash = "{B}", size = 1 }},
    {{ url = "https://index.example/alpha-1.0-late.whl", hash = "{C}", size = 1 }},
]
"""


def test_every_fork_of_a_pin_is_read_with_its_marker_and_hashes():
    first, second = pins.parse(PINNED)
    assert str(first) == "alpha==1.0 ; python_full_version < '3.11'"
    assert first.hashes == {A, B}
    assert second.version == "2.0"


def test_a_pin_without_a_hash_is_refused():
    with pytest.raises(pins.PinError, match="alpha is pinned without a hash"):
        pins.parse("alpha==1.0\n")


def test_constraints_join_a_table_that_is_there():
    text = pins.constrain("[project]\n\n[tool.uv]\npackage = false\n", pins.parse(PINNED))
    assert text.count("[tool.uv]") == 1
    assert "    \"alpha==1.0 ; python_full_version < '3.11'\"," in text
    assert text.endswith("package = false\n")


def test_constraints_make_a_table_where_there_is_none():
    assert "[tool.uv]\nconstraint-dependencies = [" in pins.constrain("[project]\n", [])


def test_a_file_that_appeared_after_the_pins_were_made_is_struck_out():
    checked = pins.check(LOCK, pins.parse(PINNED))
    assert "alpha-1.0-any.whl" in checked
    assert "alpha-1.0.tar.gz" in checked
    assert "alpha-1.0-late.whl" not in checked


def test_a_version_that_is_not_pinned_is_refused():
    with pytest.raises(pins.PinError, match=r"alpha 1\.0 is not pinned"):
        pins.check(LOCK, pins.parse(PINNED.replace("==1.0", "==1.5")))


def test_a_version_whose_files_are_all_others_is_refused():
    other = PINNED.replace(A, "sha256:" + "d" * 64).replace(B, "sha256:" + "e" * 64)
    with pytest.raises(pins.PinError, match="no file of alpha"):
        pins.check(LOCK, pins.parse(other))


def test_the_charm_itself_needs_no_pin():
    only_charm = LOCK.partition('[[package]]\nname = "alpha"')[0]
    assert pins.check(only_charm, []) == only_charm
