# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What fence_maas says of itself, to Pacemaker and to people."""

import pathlib
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import metadata
from fence_agent.parameters import ACTIONS
from fence_maas_agent.parameters import AGENT


def test_every_parameter_and_action_is_told_to_pacemaker_and_to_people():
    root = ET.fromstring(metadata.render(AGENT))
    told = {parameter.get("name") for parameter in root.iterfind("parameters/parameter")}
    assert {parameter.name for parameter in AGENT.parameters} <= told
    assert [action.get("name") for action in root.iterfind("actions/action")] == list(ACTIONS)
    for parameter in AGENT.parameters:
        assert f"--{parameter.name}" in metadata.usage(AGENT)


def test_a_host_is_not_switched_on_by_the_cluster_itself():
    actions = ET.fromstring(metadata.render(AGENT)).iterfind("actions/action")
    assert {each.get("name"): each.get("automatic") for each in actions}["on"] == "0"


def test_an_old_name_is_told_as_such():
    root = ET.fromstring(metadata.render(AGENT))
    old = root.find("parameters/parameter[@name='port']")
    assert old is not None
    assert old.get("deprecated") == "1"
