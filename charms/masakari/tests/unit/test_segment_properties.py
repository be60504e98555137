# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whatever is wanted of whatever there is: it comes about, once, and what is foreign stays."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from masakari_cloud import Cloud

import api
from segment_sync import Memory, reconcile
from segments import Segment

HOSTS = ("h1", "h2", "h3", "h4")
NAMES = ("S1", "S2", "S3")
# Which segment each host is wanted in, if any, and whether as a reserve.
places = st.fixed_dictionaries(
    {host: st.tuples(st.sampled_from([None, *NAMES]), st.booleans()) for host in HOSTS}
)
named = st.sets(st.sampled_from(NAMES), min_size=1)
Places = dict[str, tuple[str | None, bool]]


@pytest.fixture(scope="module", autouse=True)
def door() -> Iterator[pytest.MonkeyPatch]:
    """The one door to nova and Masakari; each example puts its own cloud behind it."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def option(places: Places, named: set[str]) -> tuple[Segment, ...]:
    names = sorted(named | {name for name, _ in places.values() if name})
    return tuple(
        Segment.model_validate(
            {
                "name": name,
                "hosts": [host for host, (home, _) in places.items() if home == name],
                "reserved": [
                    host for host, (home, kept) in places.items() if home == name and kept
                ],
            }
        )
        for name in names
    )


def layout(listed: tuple[Segment, ...]) -> dict[str, list[str]]:
    return {one.name: sorted(one.hosts or ()) for one in listed}


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(places, named), min_size=1, max_size=4))
def test_every_step_comes_about_and_a_second_run_only_looks(
    door: pytest.MonkeyPatch, steps: list[tuple[Places, set[str]]]
):
    cloud = Cloud(*HOSTS, "h9")
    cloud.add_segment("theirs", "h9")
    door.setattr(api, "call", cloud.call)
    memory = Memory()
    for step in steps:
        listed = option(*step)
        memory = reconcile(listed, memory)
        assert (memory.level, memory.message) == ("active", "")
        assert cloud.layout() == {"theirs": ["h9"], **layout(listed)}
        assert {row["name"] for row in cloud.hosts.values() if row["reserved"]} == {
            host for one in listed for host in one.reserved
        }
        cloud.changes.clear()
        assert reconcile(listed, memory) == memory
        assert cloud.changes == []


@settings(max_examples=60, deadline=None)
@given(
    first=places,
    second=places,
    refused=st.sets(st.sampled_from(["POST /segments$", "POST .*/hosts", "PUT", "DELETE"])),
    code=st.sampled_from([409, 503, None]),
)
def test_what_went_wrong_is_made_good_later(
    door: pytest.MonkeyPatch, first: Places, second: Places, refused: set[str], code: int | None
):
    cloud = Cloud(*HOSTS)
    door.setattr(api, "call", cloud.call)
    memory = reconcile(option(first, {"S1"}), Memory())
    cloud.refuse = dict.fromkeys(refused, code)
    memory = reconcile(option(second, {"S1"}), memory)
    cloud.refuse = {}
    memory = reconcile(option(second, {"S1"}), memory)
    assert (memory.level, memory.message) == ("active", "")
    assert cloud.layout() == layout(option(second, {"S1"}))
