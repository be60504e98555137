# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest
from machine import Machine

import origin
from instance_ha.status import NotReadyError

POLICY = """masakari-api:
  Installed: (none)
  Candidate: 2:17.0.0-0ubuntu1
  Version table:
"""


@pytest.fixture(autouse=True)
def _noble(machine: Machine) -> None:
    machine.answers[(origin.APT_CACHE, "policy", "masakari-api")] = POLICY


def test_the_distribution_is_always_right():
    origin.check("distro")


def test_a_release_that_the_sources_offer():
    origin.check("caracal")


def test_a_release_that_they_do_not_offer_is_refused_before_anything_is_installed():
    with pytest.raises(NotReadyError, match="offer caracal, not epoxy"):
        origin.check("epoxy")


def test_a_source_that_is_not_supported_is_refused():
    with pytest.raises(NotReadyError, match="not supported"):
        origin.check("cloud:jammy-caracal")


def test_no_candidate_is_no_release():
    assert origin.candidate("masakari-api:\n  Candidate: (none)\n") is None
