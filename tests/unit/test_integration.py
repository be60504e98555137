# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The integration tests with ``--model``: which of them a real Juju gets, without a Juju."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from tests import house

GUIDE = house.ROOT / "docs/how-to/test-on-a-cloud.md"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What becomes of each test where ``juju`` refuses everything: ``skipped`` or ``failure``."""
    directory = tmp_path_factory.mktemp("model")
    juju = directory / "juju"
    juju.write_text("#!/bin/sh\necho no controller >&2\nexit 1\n")
    juju.chmod(0o755)
    report = directory / "report.xml"
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "tests/integration",
        "--model=any",
        f"--junitxml={report}",
    ]
    environ = {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}
    subprocess.run(argv, cwd=house.ROOT, env=environ, capture_output=True, check=False)
    cases = ET.parse(report).iter("testcase")
    return {case.get("name", ""): next((it.tag for it in case), "passed") for case in cases}


def test_a_model_of_a_real_juju_is_taken_and_no_lab_is_brought_up(outcomes: dict[str, str]):
    asked = {name.partition("[")[0] for name, outcome in outcomes.items() if outcome == "failure"}
    assert asked == {
        "test_everything_becomes_active",
        "test_the_status_names_the_four_applications_and_their_versions",
        "test_masakari_is_in_the_catalogue",
        "test_a_host_is_in_one_segment_only",
        "test_notifications_can_be_listed",
        "test_a_second_reconcile_changes_nothing_in_the_cluster",
        "test_a_paused_unit_says_so_and_comes_back",
        "test_a_cluster_waits_for_the_number_of_units_it_is_told",
        "test_ring_traffic_is_encrypted_with_a_key_of_this_deployment",
    }


def test_what_looks_at_machines_from_outside_is_skipped(outcomes: dict[str, str]):
    assert set(outcomes.values()) == {"failure", "skipped"}
    assert outcomes["test_the_instances_move_and_their_guests_are_alive"] == "skipped"


def test_the_guide_says_how_many_that_are(outcomes: dict[str, str]):
    asked = sum(outcome == "failure" for outcome in outcomes.values())
    assert f"{asked} of the {len(outcomes)} tests" in " ".join(GUIDE.read_text().split())
