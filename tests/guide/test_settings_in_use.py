# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Options that the API takes up by a reload, changed while it is asked."""

from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from tests import asking
from tests.cloud import settled

CONF = "/etc/masakari/masakari.conf"
_PATIENCE = 200.0


def debugs(stage: Stage) -> set[str]:
    """Return what the units' configurations say."""
    units = stage.juju.status().get_units("masakari")
    shown = ("sed", "-nE", "s/^debug = //p", CONF)
    return {stage.juju.exec(*shown, unit=unit).stdout.strip() for unit in units}


def test_a_change_of_an_option_costs_no_request(stage: Stage, openstack: OpenStack) -> None:
    with asking.asked(stage.juju, asking.versions(openstack)) as answers:
        stage.juju.config("masakari", {"debug": True})
        wait_for("it is in every file", lambda: debugs(stage) == {"True"}, timeout=_PATIENCE)
        stage.juju.config("masakari", reset="debug")
        wait_for("and out again", lambda: debugs(stage) == {"False"}, timeout=_PATIENCE)
        settled(stage.juju)
    print(f"\n{answers}")
    assert answers.failures == []
