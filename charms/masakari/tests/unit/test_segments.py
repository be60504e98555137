# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The option segments: what it may say, and which hypervisors it means."""

import pydantic
import pytest

from config import Config, problems
from inventory import Inventory, Service
from segments import Segment, SegmentsError, parse, resolve

NOVA = Inventory(
    services=(
        Service("1", "h1", "az1"),
        Service("2", "h2", "az1"),
        Service("3", "h3", "az2"),
    ),
    aggregates={"ssd": frozenset({"h2", "h3"}), "empty": frozenset()},
)


def read(text: str) -> tuple[Segment, ...]:
    return Config.model_validate({"segments": text}).segments


def complaint(text: str) -> str:
    with pytest.raises(pydantic.ValidationError) as caught:
        Config.model_validate({"segments": text})
    return problems(caught.value)


def hosts(text: str) -> dict[str, set[str]]:
    return {one.name: set(one.hosts) for one in resolve(read(text), NOVA)}


@pytest.mark.parametrize("text", ["", "[]", "# nothing yet\n"])
def test_an_empty_option_wants_nothing(text: str):
    assert read(text) == ()


def test_what_is_not_said_has_masakaris_defaults():
    (one,) = read("[{name: S1, hosts: [h1]}]")
    assert (one.recovery_method, one.enabled, one.reserved, one.description) == (
        "auto",
        True,
        [],
        None,
    )


def test_everything_may_be_said():
    (one,) = resolve(
        read("""
            - name: first segment
              recovery-method: rh_priority
              hosts: [h1]
              reserved: [h2]
              enabled: false
              description: for the tests
        """),
        NOVA,
    )
    assert (one.recovery_method, one.enabled, one.description) == (
        "rh_priority",
        False,
        "for the tests",
    )
    assert (one.hosts, one.reserved) == ({"h1", "h2"}, {"h2"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- name: [", "not YAML: "),
        ("name: S1", "expected a list of segments"),
        ("[S1]", "segment number 1: "),
        ("[{hosts: [h1]}]", "segment number 1: name: "),
        ("[{name: S1}]", "segment S1: say one of hosts, selector"),
        ("[{name: S1, hosts: [h1], selector: {all: true}}]", "say one of hosts, selector"),
        ("[{name: S1, selector: {}}]", "segment S1: selector: say one of all, "),
        ("[{name: S1, selector: {all: false}}]", "segment S1: selector.all: "),
        ("[{name: S1, hosts: [h1], recovery-method: best}]", "segment S1: recovery-method: "),
        ("[{name: S1, hosts: [h1], reserve: [h2]}]", "segment S1: reserve: Extra inputs"),
        ("[{name: S1, hosts: [--all]}]", "segment S1: hosts.0: "),
        ("[{name: S1, hosts: []}, {name: S1, hosts: []}]", "there are two segments S1"),
    ],
)
def test_a_mistake_is_named(text: str, words: str):
    said = complaint(text)
    assert said.startswith("segments: ")
    assert words in said


def test_what_is_no_text_is_left_to_others():
    assert parse(()) == ()


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("all: true", {"h1", "h2", "h3"}),
        ("availability-zone: az1", {"h1", "h2"}),
        ("aggregate: ssd", {"h2", "h3"}),
    ],
)
def test_a_selector_means_what_nova_says(selector: str, found: set[str]):
    assert hosts(f"[{{name: S1, selector: {{{selector}}}}}]") == {"S1": found}


def test_a_segment_may_be_without_hosts_if_it_says_so():
    assert hosts("[{name: S1, hosts: []}]") == {"S1": set()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[{name: S1, hosts: [h1, h8, h9]}]", "S1: nova has no hypervisor h8, h9"),
        ("[{name: S1, hosts: [h1], reserved: [h9]}]", "S1: nova has no hypervisor h9"),
        (
            "[{name: S1, selector: {aggregate: hdd}}]",
            "S1: aggregate hdd has no hypervisor",
        ),
        (
            "[{name: S1, selector: {aggregate: empty}}]",
            "S1: aggregate empty has no hypervisor",
        ),
        (
            "[{name: S1, selector: {availability-zone: az9}}]",
            "S1: availability zone az9 has no hypervisor",
        ),
        (
            "[{name: S1, hosts: [h1]}, {name: S2, selector: {all: true}}]",
            "h1 is wanted in two segments, S1 and S2",
        ),
    ],
)
def test_what_nova_does_not_bear_out_is_named(text: str, words: str):
    with pytest.raises(SegmentsError) as caught:
        hosts(text)
    assert str(caught.value) == words


def test_a_nova_that_tells_of_nobody_empties_no_segment():
    with pytest.raises(SegmentsError, match="nova has no hypervisor"):
        resolve(read("[{name: S1, selector: {all: true}}]"), Inventory())
