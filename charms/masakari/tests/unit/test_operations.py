# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions about segments and their hosts."""

import json
from typing import Any

import pytest
from cloud import complete
from machine import Machine
from masakari_cloud import Cloud
from ops import testing

import api
import charm
import local_monitor
import monitor
from fitness import RESERVE_REASON

Context = testing.Context[charm.MasakariCharm]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    cloud = Cloud("h1", "h2", "h3")
    cloud.add_segment("S1", "h1")
    monkeypatch.setattr(api, "call", cloud.call)
    return cloud


def act(ctx: Context, action: str, segments: str = "", /, **params: Any) -> dict[str, Any]:
    given = {key.replace("_", "-"): value for key, value in params.items()}
    ctx.run(ctx.on.action(action, given), complete(segments=segments))
    return ctx.action_results or {}


def refusal(ctx: Context, action: str, segments: str = "", /, **params: Any) -> str:
    with pytest.raises(testing.ActionFailed) as caught:
        act(ctx, action, segments, **params)
    return caught.value.message


def test_a_segment_is_created(ctx: Context, cloud: Cloud):
    said = act(ctx, "create-segment", name="S2", recovery_method="rh_priority", enabled=False)
    assert said["outcome"] == "created the segment S2; add hosts to it"
    row = cloud.segments[said["segment"]]
    assert (row["recovery_method"], row["enabled"]) == ("rh_priority", False)


def test_a_name_is_given_once(ctx: Context, cloud: Cloud):
    assert refusal(ctx, "create-segment", name="S1") == "there is a segment S1 already"


def test_only_what_is_given_and_different_is_changed(ctx: Context, cloud: Cloud):
    said = act(ctx, "update-segment", name="S1", recovery_method="auto", enabled=False)
    assert said["outcome"] == "changed S1: enabled is false"
    again = act(ctx, "update-segment", name="S1", enabled=False)
    assert again["outcome"] == "nothing to change about S1"
    act(ctx, "update-segment", name="S1", new_name="S9")
    assert cloud.layout() == {"S9": ["h1"]}


def test_an_update_says_what_to_change(ctx: Context, cloud: Cloud):
    assert "say what to change" in refusal(ctx, "update-segment", name="S1")
    assert refusal(ctx, "update-segment", name="S7", enabled=True) == (
        "there is no segment S7; there are: S1"
    )


def test_hosts_lose_their_segment_only_on_purpose(ctx: Context, cloud: Cloud):
    assert "S1 has hosts (h1)" in refusal(ctx, "delete-segment", name="S1")
    said = act(ctx, "delete-segment", name="S1", with_hosts=True)
    assert said["outcome"] == "deleted the segment S1; in no segment now: h1"
    assert cloud.layout() == {}


def test_a_host_is_added_and_removed(ctx: Context, cloud: Cloud):
    assert act(ctx, "add-host", segment="S1", host="h2")["outcome"] == "added h2 to S1"
    assert cloud.layout() == {"S1": ["h1", "h2"]}
    act(ctx, "remove-host", host="h2")
    assert cloud.layout() == {"S1": ["h1"]}


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("add-host", {"segment": "S1", "host": "h9"}, "nova has no hypervisor h9; it has: h1, h2"),
        ("add-host", {"segment": "S1", "host": "h1"}, "h1 is in the segment S1 already"),
        ("add-host", {"segment": "S9", "host": "h2"}, "there is no segment S9"),
        ("remove-host", {"host": "h2"}, "h2 is in no segment"),
        ("set-reserved", {"host": "h2"}, "h2 is in no segment"),
        ("add-host", {"segment": "S1", "host": "-h"}, "Error in action parameters"),
    ],
)
def test_a_failure_says_why(
    ctx: Context, cloud: Cloud, name: str, params: dict[str, str], words: str
):
    assert words in refusal(ctx, name, **params)
    assert cloud.changes == []


def test_a_reserve_is_disabled_in_nova_and_enabled_afterwards(ctx: Context, cloud: Cloud):
    assert act(ctx, "set-reserved", host="h1")["outcome"] == "h1 is a reserve in S1"
    assert cloud.host("h1")["reserved"]
    assert cloud.services["h1"]["disabled_reason"] == RESERVE_REASON
    act(ctx, "set-reserved", host="h1", reserved=False)
    assert not cloud.host("h1")["reserved"]
    assert cloud.services["h1"]["status"] == "enabled"


def test_a_reserve_that_the_guides_commands_made_is_enabled_afterwards(ctx: Context, cloud: Cloud):
    cloud.host("h1")["reserved"] = True
    cloud.services["h1"]["status"] = "disabled"  # without a reason
    said = act(ctx, "set-reserved", host="h1", reserved=False)
    assert said["outcome"] == "h1 is no reserve in S1"
    assert cloud.services["h1"]["status"] == "enabled"


def test_what_somebody_else_disabled_stays_so_and_is_told(ctx: Context, cloud: Cloud):
    cloud.host("h1")["reserved"] = True
    cloud.services["h1"].update(status="disabled", disabled_reason="bad memory")
    said = act(ctx, "set-reserved", host="h1", reserved=False)
    assert said["outcome"] == "h1 is no reserve in S1; left disabled in nova (bad memory)"
    assert cloud.services["h1"]["status"] == "disabled"
    assert act(ctx, "remove-host", host="h1")["outcome"] == (
        "removed h1 from S1; its failure is not recovered any more;"
        " still disabled in nova (bad memory)"
    )


@pytest.mark.parametrize("reserved", [True, False])
def test_a_flag_that_is_set_already_changes_nothing(ctx: Context, cloud: Cloud, reserved: bool):
    act(ctx, "set-reserved", host="h1", reserved=True)
    act(ctx, "set-reserved", host="h1", reserved=reserved)
    cloud.changes.clear()
    said = act(ctx, "set-reserved", host="h1", reserved=reserved)
    assert said["outcome"].startswith("nothing to change: h1 is ")
    assert cloud.changes == []


def test_a_reserve_that_is_enabled_in_nova_is_disabled_again(ctx: Context, cloud: Cloud):
    cloud.host("h1")["reserved"] = True
    assert act(ctx, "set-reserved", host="h1")["outcome"] == "h1 is a reserve in S1"
    assert cloud.services["h1"]["status"] == "disabled"


@pytest.mark.parametrize(
    ("action", "params", "pattern"),
    [
        ("set-reserved", {"host": "h1"}, "PUT /segments"),
        ("add-host", {"host": "h2", "segment": "S1", "reserved": True}, "POST /segments"),
    ],
)
def test_a_host_that_masakari_does_not_take_as_a_reserve_stays_in_use(
    ctx: Context, cloud: Cloud, action: str, params: dict[str, Any], pattern: str
):
    cloud.refuse[pattern] = 409
    assert refusal(ctx, action, **params) == "masakari: in use"
    assert cloud.services[params["host"]]["status"] == "enabled"


def test_a_host_that_may_be_a_reserve_stays_disabled(ctx: Context, cloud: Cloud):
    cloud.refuse["PUT /segments"] = None  # the answer is lost, and perhaps not the change
    assert refusal(ctx, "set-reserved", host="h1") == "masakari: no answer"
    assert cloud.services["h1"]["status"] == "disabled"


def test_what_cannot_take_instances_is_no_reserve(ctx: Context, cloud: Cloud):
    cloud.services["h1"]["state"] = "down"
    assert refusal(ctx, "set-reserved", host="h1") == "h1 cannot be a reserve: down in nova"
    cloud.services["h1"].update(state="up", forced_down=True)
    assert "forced down in nova" in refusal(ctx, "set-reserved", host="h1")
    cloud.services["h1"]["forced_down"] = False
    cloud.host("h1")["on_maintenance"] = True
    assert "run resume-host first" in refusal(ctx, "set-reserved", host="h1")
    cloud.host("h1")["on_maintenance"] = False
    cloud.servers["h1"] = ["i1", "i2"]
    assert "instances are on it: 2" in refusal(ctx, "set-reserved", host="h1")
    cloud.servers["h1"] = []
    cloud.services["h1"].update(status="disabled", disabled_reason="bad memory")
    assert "for another reason (bad memory)" in refusal(ctx, "set-reserved", host="h1")
    assert not cloud.host("h1")["reserved"]


@pytest.mark.parametrize("state", ["unclean", "unwatched", "offline"])
def test_what_the_cluster_does_not_see_well_is_no_reserve(
    ctx: Context, cloud: Cloud, machine: Machine, state: str
):
    seen = {"unclean": state == "unclean", "maintenance": False, "managed": state != "unwatched"}
    looks = (local_monitor.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "explain")
    told = {"quorate": True, "hosts": {"h1": {"really_online": False, "seen": seen}}}
    machine.answers[looks] = json.dumps(told)
    assert f"{state} in the cluster" in refusal(ctx, "set-reserved", host="h1")
    assert cloud.changes == []


def test_a_used_reserve_becomes_one_again_on_request(ctx: Context, cloud: Cloud):
    act(ctx, "set-reserved", host="h1")
    cloud.services["h1"].update(status="enabled", disabled_reason=None)  # as the engine takes it
    cloud.host("h1")["reserved"] = False
    cloud.servers["h1"] = ["i1"]
    assert "instances are on it: 1" in refusal(ctx, "set-reserved", host="h1")
    cloud.servers["h1"] = []
    act(ctx, "set-reserved", host="h1")
    assert cloud.host("h1")["reserved"]
    assert cloud.services["h1"]["disabled_reason"] == RESERVE_REASON


def test_a_host_that_is_not_fit_is_not_added_as_a_reserve(ctx: Context, cloud: Cloud):
    cloud.servers["h2"] = ["i1"]
    said = refusal(ctx, "add-host", segment="S1", host="h2", reserved=True)
    assert said == "h2 cannot be a reserve: instances are on it: 1"
    assert cloud.layout() == {"S1": ["h1"]}


def test_a_host_may_be_added_as_a_reserve(ctx: Context, cloud: Cloud):
    act(ctx, "add-host", segment="S1", host="h2", reserved=True)
    assert cloud.host("h2")["reserved"]
    assert cloud.services["h2"]["status"] == "disabled"


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("create-segment", {"name": "S1"}),
        ("update-segment", {"name": "S1", "enabled": False}),
        ("delete-segment", {"name": "S1"}),
        ("add-host", {"segment": "S1", "host": "h2"}),
        ("remove-host", {"host": "h1"}),
    ],
)
def test_what_the_option_describes_is_changed_there(
    ctx: Context, cloud: Cloud, name: str, params: dict[str, Any]
):
    said = refusal(ctx, name, "[{name: S1, hosts: [h1]}]", **params)
    assert said == "the option segments describes S1 and would undo this; change the option"


def test_what_masakari_refuses_is_passed_on(ctx: Context, cloud: Cloud):
    cloud.refuse["DELETE"] = 409
    assert refusal(ctx, "remove-host", host="h1") == "masakari: in use"


def test_an_option_that_is_not_understood_is_named(ctx: Context, cloud: Cloud):
    assert refusal(ctx, "remove-host", "[{name: S1}]", host="h1").startswith("segments: ")
