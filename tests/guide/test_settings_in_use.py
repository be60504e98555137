# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Options that the API takes up by a reload, changed while it is asked."""

import concurrent.futures

from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from tests import asking
from tests.cloud import settled

CONF = "/etc/masakari/masakari.conf"
_SECONDS = 90.0


def debugs(stage: Stage) -> set[str]:
    """Return what the units' configurations say."""
    units = stage.juju.status().get_units("masakari")
    shown = ("sed", "-nE", "s/^debug = //p", CONF)
    return {stage.juju.exec(*shown, unit=unit).stdout.strip() for unit in units}


def test_a_change_of_an_option_costs_no_request(stage: Stage, openstack: OpenStack) -> None:
    url = asking.health(openstack)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answering = pool.submit(asking.ask, stage.juju, url, seconds=_SECONDS)
        stage.juju.config("masakari", {"debug": True})
        wait_for("it is in every file", lambda: debugs(stage) == {"True"}, timeout=_SECONDS)
        stage.juju.config("masakari", reset="debug")
        wait_for("and out again", lambda: debugs(stage) == {"False"}, timeout=_SECONDS)
        answers = answering.result()
    print(f"\n{answers}")
    assert answers.failures == []
    settled(stage.juju)
