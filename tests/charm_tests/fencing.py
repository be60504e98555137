# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the public zaza tests do not look at: fencing."""

import json
import unittest

import zaza.model

HACLUSTER = "hacluster"
MASAKARI = "masakari"


def results(application: str, action: str, **params: str) -> dict[str, str]:
    """Run an action on the leader and return its results; a failed action is an error."""
    done = zaza.model.run_action_on_leader(
        application, action, action_params=params, raise_on_failure=True
    )
    return done.data["results"]


class FencingTest(unittest.TestCase):
    """Would every host be fenced and recovered? Nothing is switched and nothing breaks."""

    def test_every_bmc_answers(self):
        results(HACLUSTER, "validate-fencing")

    def test_every_hypervisor_is_known_to_the_fencing_device(self):
        hosts = json.loads(results(HACLUSTER, "fencing-status")["hosts"])
        assert len(hosts) == len(zaza.model.get_units("pacemaker-remote"))

    def test_the_failure_of_any_host_would_be_recovered(self):
        found = results(MASAKARI, "validate")
        assert found["ready"] == "yes", found.get("problems")

    def test_a_member_leaves_for_standby_and_comes_back(self):
        unit = zaza.model.get_units(HACLUSTER)[0].entity_id
        zaza.model.run_action(unit, "pause", raise_on_failure=True)
        zaza.model.block_until_unit_wl_status(unit, "maintenance")
        zaza.model.run_action(unit, "resume", raise_on_failure=True)
        zaza.model.block_until_unit_wl_status(unit, "active")
