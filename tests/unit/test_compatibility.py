# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the predecessors had is here."""

import pytest

from tests import compatibility, reference


def test_nothing_of_the_predecessors_is_missing_unnoticed():
    assert list(compatibility.missing()) == []


def test_every_charm_has_a_predecessor():
    assert set(compatibility.predecessors()) == set(reference.CHARMS)


def test_words_are_found_in_the_source_whatever_stands_between_them():
    assert compatibility.says("hacluster", "Insufficient peer units for ha cluster (require N)")
    assert not compatibility.says("hacluster", "Insufficient peers")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (None, "missing"),
        ({"type": "int", "description": "What it does."}, "missing"),
        ({"type": "string", "description": "What it does."}, "works"),
        ({"type": "string", "description": "Accepted for older bundles."}, "accepted"),
        ({"type": "string", "description": "A key. Not supported by this revision."}, "accepted"),
    ],
)
def test_an_option_is_what_charmcraft_yaml_says_of_it(now: dict[str, str] | None, state: str):
    assert compatibility.option({"type": "string"}, now)[-2] == state


def test_a_default_that_is_another_one_is_told():
    now = {"type": "int", "default": 5, "description": "What it does."}
    assert "default here: 5" in compatibility.option({"type": "int", "default": 3}, now)[-1]
