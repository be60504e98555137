# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The option segments: what it names is made so, what it does not name is left alone."""

from collections.abc import Iterator

import pytest
import yaml

from lab.story import acts
from lab.story import stage as stages
from lab.story.openstack import OpenStack, wait_for
from lab.story.stage import Stage
from tests.cloud import settled
from tests.guide.tables import NODE_01, NODE_02, NODE_10, nova_table, segment_table


@pytest.fixture(scope="module", autouse=True)
def emptied(stage: Stage, fresh: None) -> Iterator[None]:
    yield
    stage.juju.config("masakari", reset="segments")
    settled(stage.juju)


def configure(stage: Stage, *segments: dict[str, object]) -> None:
    stage.juju.config("masakari", {"segments": yaml.safe_dump(list(segments))})


def message(stage: Stage) -> str:
    """Return what the leader says of itself."""
    units = stage.juju.status().get_units("masakari").values()
    (leader,) = [unit for unit in units if unit.leader]
    return f"{leader.workload_status.current}: {leader.workload_status.message}"


def says(stage: Stage, *words: str) -> None:
    wait_for(
        f"the leader to say {', '.join(words)}",
        lambda: all(word in message(stage) for word in words),
        timeout=180,
        every=2,
    )


def becomes(openstack: OpenStack, name: str, *rows: tuple[str, bool, bool]) -> None:
    def seen() -> bool:
        listed = {row["name"] for row in openstack.list("segment", "list")}
        return name in listed and segment_table(openstack, name) == set(rows)

    wait_for(f"{name} to be {rows}", seen, timeout=240, every=3)


def test_segments_are_made_as_listed(stage: Stage, openstack: OpenStack) -> None:
    configure(
        stage,
        {
            "name": "az1",
            "recovery-method": "rh_priority",
            "selector": {"all": True},
            "reserved": [NODE_01],
            "description": "everything",
        },
    )
    becomes(
        openstack, "az1", (NODE_01, True, False), (NODE_02, False, False), (NODE_10, False, False)
    )
    assert (NODE_01, "disabled", "up") in nova_table(openstack)
    shown = openstack.show("segment", "show", "az1")
    assert (shown["recovery_method"], shown["description"]) == ("rh_priority", "everything")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("- name: [", "not YAML"),
        ("name: az1", "expected a list"),
        ("- name: az1", "segment az1: say one of hosts, selector"),
        ("- {name: az1, hosts: [], color: red}", "segment az1: color"),
        (
            f"- {{name: az1, hosts: [nobody.maas, {NODE_02}]}}",
            "nova has no hypervisor nobody.maas",
        ),
        ("- {name: az1, selector: {aggregate: none}}", "aggregate none has no hypervisor"),
        (
            f"- {{name: az1, hosts: [{NODE_02}]}}\n- {{name: az2, hosts: [{NODE_02}]}}",
            "wanted in two segments, az1 and az2",
        ),
    ],
)
def test_what_cannot_be_meant_is_named_and_nothing_is_done(
    stage: Stage, openstack: OpenStack, text: str, why: str
) -> None:
    before = segment_table(openstack, "az1")
    stage.juju.config("masakari", {"segments": text})
    says(stage, "blocked", why)
    assert segment_table(openstack, "az1") == before
    assert [row["name"] for row in openstack.list("segment", "list")] == ["az1"]


def test_drift_is_put_right(stage: Stage, openstack: OpenStack) -> None:
    configure(stage, {"name": "az1", "hosts": [NODE_01, NODE_02, NODE_10]})
    whole = ((NODE_01, False, False), (NODE_02, False, False), (NODE_10, False, False))
    becomes(openstack, "az1", *whole)
    assert (NODE_01, "enabled", "up") in nova_table(openstack)
    openstack.run("segment", "host", "delete", "az1", NODE_10)
    openstack.run(
        *("segment", "update", "--recovery_method", "rh_priority", "--service_type", "COMPUTE"),
        "az1",
    )
    settled(stage.juju)
    becomes(openstack, "az1", *whole)
    assert openstack.show("segment", "show", "az1")["recovery_method"] == "auto"


def test_a_foreign_segment_is_left_alone(stage: Stage, openstack: OpenStack) -> None:
    configure(stage, {"name": "az1", "hosts": [NODE_01, NODE_02]})
    becomes(openstack, "az1", (NODE_01, False, False), (NODE_02, False, False))
    openstack.run("segment", "create", "foreign", "auto", "COMPUTE")
    openstack.run("segment", "host", "create", NODE_10, "COMPUTE", "SSH", "foreign")
    configure(stage, {"name": "az1", "selector": {"all": True}})
    says(stage, "blocked", NODE_10, "foreign")
    assert segment_table(openstack, "foreign") == {(NODE_10, False, False)}
    openstack.run("segment", "delete", "foreign")
    settled(stage.juju)
    assert (NODE_10, False, False) in segment_table(openstack, "az1")


def test_what_masakari_refuses_while_it_recovers_is_done_later(
    stage: Stage, openstack: OpenStack
) -> None:
    guests = stages.boot(stage, ("focal-1",), NODE_02)
    cut = acts.cut_every_nic(stage, NODE_02)
    wait_for(
        "Masakari to recover",
        lambda: any(row["status"] == "running" for row in openstack.notifications()),
        timeout=120,
        every=0.5,
    )
    configure(stage, {"name": "az1", "recovery-method": "rh_priority", "selector": {"all": True}})
    acts.await_recovery(stage, NODE_02, guests, cut)
    # With the host away not all can be active; it may return before or after the leader's next look.
    acts.return_hypervisor(stage, NODE_02)
    wait_for(
        "the leader's next look",
        lambda: openstack.show("segment", "show", "az1")["recovery_method"] == "rh_priority",
        timeout=400,
        every=5.0,
    )
