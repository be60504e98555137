# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From wanted and present segments to the changes between them."""

import dataclasses

import pytest

from inventory import Host, Inventory, Segment
from segment_plan import Record, drift, plan
from segments import SegmentsError, Wanted


def wanted(name: str, *hosts: str, **more: object) -> Wanted:
    return Wanted(name, frozenset(hosts), **more)  # type: ignore[arg-type]


def segment(name: str, *hosts: str, **more: object) -> Segment:
    rows = tuple(Host(f"uuid-{one}", one) for one in hosts)
    return Segment(f"uuid-{name}", name, hosts=rows, **more)  # type: ignore[arg-type]


def present(*segments: Segment) -> Inventory:
    return Inventory(segments)


def said(
    wishes: list[Wanted], there: Inventory, owned: tuple[str, ...] = (), **reserved: bool
) -> list[str]:
    uuids = frozenset(f"uuid-{name}" for name in owned)
    return [str(change) for change in plan(wishes, there, Record(uuids, reserved))]


def test_a_segment_is_created_before_its_hosts_are_added():
    assert said([wanted("S1", "h2", "h1")], present()) == [
        "create segment S1",
        "add h1 to S1",
        "add h2 to S1",
    ]


def test_nothing_is_done_where_nothing_differs():
    assert said([wanted("S1", "h1")], present(segment("S1", "h1", description="mine"))) == []


def test_only_what_differs_is_updated():
    there = present(segment("S1", description="old", enabled=False))
    wish = wanted("S1", recovery_method="auto_priority", description="new")
    assert said([wish], there) == [
        "update segment S1: recovery_method=auto_priority, enabled=True, description=new"
    ]


def test_segments_that_are_not_named_are_left_alone():
    assert said([wanted("S1")], present(segment("S1"), segment("theirs", "h9"))) == []


def test_only_what_we_created_is_deleted_and_last():
    there = present(segment("old", "h1"), segment("theirs"), segment("S1"))
    assert said([wanted("S1", "h2")], there, owned=("old",)) == [
        "add h2 to S1",
        "delete segment old",
    ]


def test_a_renamed_segment_keeps_its_hosts_protected():
    there = present(segment("old", "h1"))
    assert said([wanted("new", "h1")], there, owned=("old",)) == [
        "create segment new",
        "move h1 from old to new",
        "delete segment old",
    ]


def test_a_host_that_is_wanted_no_more_is_removed():
    assert said([wanted("S1", "h1")], present(segment("S1", "h1", "h2"))) == ["remove h2 from S1"]


def test_hosts_are_exchanged_by_moves():
    there = present(segment("S1", "h1"), segment("S2", "h2"))
    assert said([wanted("S1", "h2"), wanted("S2", "h1")], there) == [
        "move h2 from S2 to S1",
        "move h1 from S1 to S2",
    ]


def test_a_host_of_a_foreign_segment_is_not_taken():
    with pytest.raises(SegmentsError, match="h1 is in the segment theirs"):
        said([wanted("S1", "h1")], present(segment("theirs", "h1")))


def test_a_reserve_is_made_and_unmade():
    there = present(segment("S1", "h1"))
    wish = wanted("S1", "h1", reserved=frozenset({"h1"}))
    assert said([wish], there) == ["make h1 a reserve"]
    assert said([wish], there, h1=False) == ["make h1 a reserve"]
    reserve = Host("uuid-h1", "h1", reserved=True)
    there = present(dataclasses.replace(segment("S1"), hosts=(reserve,)))
    assert said([wanted("S1", "h1")], there, h1=True) == ["no longer keep h1 a reserve"]


def test_a_reserve_that_recovery_has_used_is_not_made_one_again_but_shown():
    there = present(segment("S1", "h1"))
    wish = wanted("S1", "h1", reserved=frozenset({"h1"}))
    assert said([wish], there, h1=True) == []
    assert drift([wish], there, Record(reserved={"h1": True})) == [
        "h1 is no reserve any more, used or failed; set-reserved makes it one again"
    ]
    assert drift([wish], there, Record()) == []
