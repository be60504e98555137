# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Every action of masakari about segments and hosts, with what it says to nonsense."""

import json
from collections.abc import Mapping
from typing import Any

import jubilant
import pytest

from lab.story.openstack import OpenStack
from lab.story.stage import Stage
from tests.guide.fencing_monitor import elsewhere, home, stories
from tests.guide.tables import NODE_01, NODE_02, NODE_10, nova_table, segment_table


def act(stage: Stage, action: str, **params: object) -> Mapping[str, Any]:
    """Run an action and return its results; every one says in a sentence what it did."""
    given = {name.replace("_", "-"): value for name, value in params.items()}
    results = stage.juju.run("masakari/leader", action, given, wait=300).results
    assert results.get("outcome") or results.get("steps")
    return results


def refused(stage: Stage, action: str, **params: object) -> str:
    """Run an action that must fail, and return why; never with a traceback."""
    given = {name.replace("_", "-"): value for name, value in params.items()}
    with pytest.raises((jubilant.TaskError, jubilant.CLIError)) as failed:
        stage.juju.run("masakari/leader", action, given, wait=300)
    error = failed.value
    if isinstance(error, jubilant.CLIError):
        # Juju itself judges by the schema, and asks no unit.
        return str(error.stderr)
    assert "Traceback" not in str(error)
    assert error.task.status == "failed"
    assert error.task.message
    return error.task.message


def test_segments_and_hosts_are_made_and_changed(stage: Stage, openstack: OpenStack) -> None:
    made = act(stage, "create-segment", name="S1", recovery_method="reserved_host")
    assert made["segment"] == openstack.show("segment", "show", "S1")["uuid"]
    act(stage, "add-host", segment="S1", host=NODE_02)
    act(stage, "add-host", segment="S1", host=NODE_01, reserved=True)
    assert segment_table(openstack, "S1") == {(NODE_01, True, False), (NODE_02, False, False)}
    assert (NODE_01, "disabled", "up") in nova_table(openstack)
    act(stage, "update-segment", name="S1", recovery_method="auto", description="by action")
    shown = openstack.show("segment", "show", "S1")
    assert (shown["recovery_method"], shown["description"]) == ("auto", "by action")
    assert "nothing to change" in act(stage, "update-segment", name="S1", enabled=True)["outcome"]
    act(stage, "set-reserved", host=NODE_01, reserved=False)
    assert (NODE_01, "enabled", "up") in nova_table(openstack)


@pytest.mark.parametrize(
    ("action", "params", "why"),
    [
        ("create-segment", {}, "name"),
        ("create-segment", {"name": ""}, "name"),
        ("create-segment", {"name": "x" * 300}, "name"),
        ("create-segment", {"name": "S9", "recovery_method": "by-hand"}, "recovery-method"),
        ("create-segment", {"name": "S9", "color": "red"}, "color"),
        ("create-segment", {"name": "S1"}, "S1 already"),
        ("update-segment", {"name": "S1"}, "say what to change"),
        ("update-segment", {"name": "S9", "enabled": False}, "no segment S9; there are: S1"),
        ("update-segment", {"name": "S1", "enabled": "perhaps"}, "enabled"),
        ("delete-segment", {"name": "S9"}, "no segment S9; there are: S1"),
        ("delete-segment", {"name": "S1"}, NODE_02),
        ("add-host", {"segment": "S9", "host": NODE_10}, "no segment S9; there are: S1"),
        ("add-host", {"segment": "S1", "host": "nobody.maas"}, "no hypervisor nobody.maas"),
        ("add-host", {"segment": "S1", "host": NODE_02}, "in the segment S1 already"),
        ("add-host", {"segment": "S1", "host": "-x; reboot"}, "host"),
        ("remove-host", {"host": "nobody.maas"}, "in no segment"),
        ("remove-host", {}, "host"),
        ("set-reserved", {"host": NODE_10}, "in no segment"),
        ("set-reserved", {"host": NODE_02, "reserved": 7}, "reserved"),
        ("pause-host", {"host": "nobody.maas"}, "nobody.maas"),
        ("pause-host", {"host": "../x"}, "host"),
        ("resume-host", {"host": "nobody.maas"}, "nobody.maas"),
        ("list-notifications", {"limit": 0}, "limit"),
        ("list-notifications", {"status": "lost"}, "status"),
        ("show-recovery", {"limit": "many"}, "limit"),
        ("retry-recovery", {}, "host"),
        ("retry-recovery", {"host": "nobody.maas"}, "nobody.maas"),
        ("purge-notifications", {"age": 1}, "age"),
        ("purge-notifications", {"limit": 0}, "limit"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(
    stage: Stage, action: str, params: dict[str, object], why: str
) -> None:
    assert why in refused(stage, action, **params)


def test_list_hosts_joins_what_everybody_knows(stage: Stage) -> None:
    said = act(stage, "list-hosts")
    rows = {row["host"]: row for row in json.loads(said["hosts"])}
    assert set(rows) == {NODE_01, NODE_02, NODE_10}
    assert (rows[NODE_02]["nova"], rows[NODE_02]["segment"]) == ("up", "S1")
    assert rows[NODE_02]["cluster"] == "online"
    assert rows[NODE_02]["problems"] == []
    assert any("in no failover segment" in problem for problem in rows[NODE_10]["problems"])
    assert NODE_10 in said["outcome"]
    assert said["table"].splitlines()[0].split()[0] == "HOST"


def test_validate_names_what_is_in_the_way_until_nothing_is(stage: Stage) -> None:
    said = act(stage, "validate")
    assert said["ready"] == "no"
    assert f"{NODE_10}: in no failover segment" in said["problems"]
    act(stage, "add-host", segment="S1", host=NODE_10)
    said = act(stage, "validate")
    assert (said["ready"], said["problems"]) == ("yes", "")


def test_a_host_out_of_service_is_named_until_it_is_back(stage: Stage) -> None:
    act(stage, "pause-host", host=NODE_10)
    said = act(stage, "validate")
    assert said["ready"] == "no"
    assert f"{NODE_10}: on maintenance" in said["problems"]
    act(stage, "resume-host", host=NODE_10)
    assert act(stage, "validate")["ready"] == "yes"


def test_pausing_and_resuming_twice_changes_nothing(stage: Stage) -> None:
    act(stage, "pause-host", host=NODE_10)
    again = act(stage, "pause-host", host=NODE_10)["steps"].splitlines()
    assert [step for step in again if not step.endswith("(nothing to do)")] == []
    act(stage, "resume-host", host=NODE_10)
    again = act(stage, "resume-host", host=NODE_10)["steps"].splitlines()
    assert [step for step in again if not step.endswith("(nothing to do)")] == []


def test_notifications_and_recoveries_are_listed(stage: Stage) -> None:
    said = act(stage, "list-notifications", limit=5)
    assert len(json.loads(said["notifications"])) <= 5
    assert json.loads(act(stage, "list-notifications", status="new")["notifications"]) == []


def test_what_ended_lately_is_not_purged(stage: Stage) -> None:
    before = json.loads(act(stage, "list-notifications", limit=1000)["notifications"])
    assert json.loads(act(stage, "purge-notifications", age=3)["counts"])
    assert json.loads(act(stage, "list-notifications", limit=1000)["notifications"]) == before


def test_the_story_of_a_recovery_is_where_the_monitor_runs_and_the_others_say_where(
    stage: Stage,
) -> None:
    here, said = home(stage), stories(stage, NODE_10)
    assert "the cluster runs it on" not in said.pop(here)
    assert [text for text in said.values() if elsewhere(here) not in text] == []


@pytest.mark.parametrize("action", ["restart-services", "package-upgrade"])
def test_a_unit_is_ready_after(stage: Stage, action: str) -> None:
    unit = sorted(stage.juju.status().get_units("masakari"))[0]
    stage.juju.run(unit, action, wait=600)
    assert stage.juju.run(unit, "validate", wait=120).results["ready"] == "yes"


def test_hosts_and_segments_are_taken_away(stage: Stage, openstack: OpenStack) -> None:
    act(stage, "remove-host", host=NODE_10)
    assert {name for name, *_ in segment_table(openstack, "S1")} == {NODE_01, NODE_02}
    said = act(stage, "delete-segment", name="S1", with_hosts=True)
    assert NODE_02 in said["outcome"]
    assert openstack.list("segment", "list") == ()
