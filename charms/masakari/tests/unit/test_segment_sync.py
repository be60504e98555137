# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's segments become what the option says; what is refused is done later."""

import pytest
from masakari_cloud import Cloud

import api
from config import Config
from fitness import RESERVE_REASON
from segment_sync import Memory, reconcile
from segments import Segment

ONE = "[{name: S1, hosts: [h1, h2]}]"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    cloud = Cloud("h1", "h2", "h3")
    monkeypatch.setattr(api, "call", cloud.call)
    return cloud


def apply(text: str, before: Memory | None = None) -> Memory:
    listed: tuple[Segment, ...] = Config.model_validate({"segments": text}).segments
    return reconcile(listed, before or Memory())


def test_segments_are_made_and_remembered_as_ours(cloud: Cloud):
    after = apply(ONE)
    assert cloud.layout() == {"S1": ["h1", "h2"]}
    assert (after.owned, after.level, after.message) == (("segment-1",), "active", "")


def test_a_second_run_only_looks(cloud: Cloud):
    once = apply(ONE)
    cloud.changes.clear()
    assert apply(ONE, once) == once
    assert cloud.changes == []


def test_the_memory_survives_in_peer_data(cloud: Cloud):
    after = apply("[{name: S1, hosts: [h1], reserved: [h2]}]")
    assert Memory.read(after.write()) == after
    assert Memory.read({}) == Memory()


def test_what_was_changed_by_hand_is_set_right(cloud: Cloud):
    once = apply(ONE)
    cloud.segments["segment-1"].update(recovery_method="rh_priority")
    del cloud.hosts[cloud.host("h1")["uuid"]]
    apply(ONE, once)
    assert cloud.segments["segment-1"]["recovery_method"] == "auto"
    assert cloud.layout() == {"S1": ["h1", "h2"]}


def test_a_renamed_segment_takes_its_hosts_and_their_flags_along(cloud: Cloud):
    once = apply(ONE)
    cloud.host("h1")["on_maintenance"] = True
    after = apply("[{name: S2, hosts: [h1, h2]}]", once)
    assert cloud.layout() == {"S2": ["h1", "h2"]}
    assert cloud.host("h1")["on_maintenance"]
    assert len(after.owned) == 1


def test_a_segment_that_others_made_is_brought_in_line_when_named_and_never_deleted(cloud: Cloud):
    cloud.add_segment("theirs", "h1", recovery_method="reserved_host")
    after = apply("[{name: theirs, hosts: [h1, h2]}]")
    assert cloud.layout() == {"theirs": ["h1", "h2"]}
    assert after.owned == ()
    apply("[{name: S1, hosts: [h3]}]", after)
    assert cloud.layout() == {"theirs": ["h1", "h2"], "S1": ["h3"]}


def test_what_masakari_refuses_while_it_recovers_is_done_later_and_said(cloud: Cloud):
    once = apply(ONE)
    cloud.refuse["PUT /segments"] = 409
    text = "[{name: S1, hosts: [h1, h2, h3], enabled: false}]"
    waiting = apply(text, once)
    assert waiting.level == "active"
    assert waiting.message == (
        "1 change waits for Masakari (update segment S1: enabled=False: masakari: in use)"
    )
    assert cloud.layout() == {"S1": ["h1", "h2", "h3"]}
    cloud.refuse.clear()
    assert apply(text, waiting).message == ""
    assert not cloud.segments["segment-1"]["enabled"]


def test_a_host_that_its_new_segment_does_not_take_goes_back(cloud: Cloud):
    once = apply(ONE)
    both = "[{name: S1, hosts: [h1]}, {name: S2, hosts: [h2]}]"
    cloud.refuse["POST /segments/segment-4/hosts"] = 409
    after = apply(both, once)
    assert cloud.layout() == {"S1": ["h1", "h2"], "S2": []}
    cloud.refuse.clear()
    apply(both, after)
    assert cloud.layout() == {"S1": ["h1"], "S2": ["h2"]}


def test_hosts_wait_for_a_segment_that_could_not_be_created(cloud: Cloud):
    cloud.refuse["POST /segments$"] = 409
    assert apply(ONE).message.startswith("3 changes wait for Masakari")
    assert cloud.layout() == {}


def test_an_unknown_host_is_named_and_nothing_is_applied(cloud: Cloud):
    after = apply("[{name: S1, hosts: [h1]}, {name: S2, hosts: [h9]}]")
    assert (after.level, after.message) == ("blocked", "S2: nova has no hypervisor h9")
    assert cloud.changes == []


@pytest.mark.parametrize(
    ("code", "level"), [(None, "waiting"), (503, "waiting"), (403, "blocked")]
)
def test_what_was_created_is_ours_even_if_the_rest_fails(
    cloud: Cloud, code: int | None, level: str
):
    cloud.refuse["POST /segments/.*/hosts"] = code
    after = apply(ONE)
    assert (after.owned, after.level) == (("segment-1",), level)


def test_a_reserve_is_disabled_in_nova_and_enabled_when_it_is_none_any_more(cloud: Cloud):
    once = apply("[{name: S1, hosts: [h1], reserved: [h2]}]")
    assert cloud.host("h2")["reserved"]
    assert cloud.services["h2"]["status"] == "disabled"
    assert cloud.services["h2"]["disabled_reason"] == RESERVE_REASON
    after = apply(ONE, once)
    assert not cloud.host("h2")["reserved"]
    assert cloud.services["h2"]["status"] == "enabled"
    assert after.reserved == {"h1": False, "h2": False}


def test_what_somebody_else_disabled_stays_disabled(cloud: Cloud):
    cloud.services["h2"].update(status="disabled", disabled_reason="broken disk")
    once = apply("[{name: S1, hosts: [h1], reserved: [h2]}]")
    apply(ONE, once)
    assert cloud.services["h2"]["disabled_reason"] == "broken disk"


def test_a_reserve_that_recovery_took_is_left_in_use_and_shown(cloud: Cloud):
    text = "[{name: S1, hosts: [h1], reserved: [h2]}]"
    once = apply(text)
    cloud.host("h2")["reserved"] = False
    cloud.services["h2"].update(status="enabled", disabled_reason=None)
    after = apply(text, once)
    assert after.message.startswith("h2 is no reserve any more")
    assert not cloud.host("h2")["reserved"]
    cloud.host("h2")["reserved"] = True
    assert apply(text, after).message == ""


def test_a_reserve_that_was_refused_is_tried_again(cloud: Cloud):
    once = apply(ONE)
    text = "[{name: S1, hosts: [h1], reserved: [h2]}]"
    cloud.refuse["PUT /segments/.*/hosts"] = 409
    waiting = apply(text, once)
    assert "make h2 a reserve" in waiting.message
    cloud.refuse.clear()
    apply(text, waiting)
    assert cloud.host("h2")["reserved"]
