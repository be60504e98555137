# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The option segments as the charm carries it out and shows it."""

import dataclasses

import pytest
from cloud import HA, PEERS, VIPS, complete
from machine import Machine
from masakari_cloud import Cloud
from ops import testing

import api
import charm

Context = testing.Context[charm.MasakariCharm]
ONE = "[{name: S1, hosts: [h1, h2]}]"
READY = testing.ActiveStatus("Unit is ready")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    cloud = Cloud("h1", "h2")
    monkeypatch.setattr(api, "call", cloud.call)
    return cloud


def test_the_leader_makes_the_segments(ctx: Context, cloud: Cloud):
    out = ctx.run(ctx.on.config_changed(), complete(segments=ONE))
    assert out.unit_status == READY
    assert cloud.layout() == {"S1": ["h1", "h2"]}


def test_a_second_run_only_looks(ctx: Context, cloud: Cloud, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA, vip=VIPS, segments=ONE))
    cloud.changes.clear()
    again = ctx.run(ctx.on.update_status(), once)
    assert cloud.changes == []
    assert again.relations == once.relations


def test_others_leave_that_to_the_leader(ctx: Context, cloud: Cloud):
    ctx.run(ctx.on.config_changed(), complete(segments=ONE, leader=False))
    assert cloud.layout() == {}


def test_without_the_option_nobody_is_even_asked(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    def call(*calls: api.Call) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(api, "call", call)
    assert ctx.run(ctx.on.config_changed(), complete()).unit_status == READY
    assert ctx.run(ctx.on.config_changed(), complete(segments="[]")).unit_status == READY


def test_segments_stay_when_the_option_is_emptied(ctx: Context, cloud: Cloud):
    once = ctx.run(ctx.on.config_changed(), complete(segments=ONE))
    emptied = {**once.config, "segments": ""}
    ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config=emptied))
    assert cloud.layout() == {"S1": ["h1", "h2"]}


def test_the_cluster_is_waited_for(ctx: Context, cloud: Cloud):
    forming = dataclasses.replace(HA, remote_unit_data={})
    ctx.run(ctx.on.config_changed(), complete(forming, segments=ONE))
    assert cloud.layout() == {}


def test_a_mistake_in_the_option_is_named(ctx: Context, cloud: Cloud):
    out = ctx.run(ctx.on.config_changed(), complete(segments="[{name: S1}]"))
    assert out.unit_status == testing.BlockedStatus(
        "segments: segment S1: say one of hosts, selector"
    )
    assert cloud.changes == []


def test_an_unknown_host_is_named_until_nova_knows_it(ctx: Context, cloud: Cloud):
    text = "[{name: S1, hosts: [h9]}]"
    out = ctx.run(ctx.on.config_changed(), complete(segments=text))
    assert out.unit_status == testing.BlockedStatus("segments: S1: nova has no hypervisor h9")
    cloud.services["h9"] = {**cloud.services["h1"], "id": "service-9", "host": "h9"}
    assert ctx.run(ctx.on.update_status(), out).unit_status == READY


def test_an_api_that_does_not_answer_is_asked_again(ctx: Context, cloud: Cloud):
    cloud.refuse["GET /os-services"] = None
    out = ctx.run(ctx.on.config_changed(), complete(segments=ONE))
    assert out.unit_status == testing.WaitingStatus("segments: masakari: no answer")
    cloud.refuse.clear()
    assert ctx.run(ctx.on.update_status(), out).unit_status == READY


def test_what_masakari_refuses_is_shown_beside_ready(ctx: Context, cloud: Cloud):
    once = ctx.run(ctx.on.config_changed(), complete(segments=ONE))
    cloud.refuse["DELETE"] = 409
    less = {**once.config, "segments": "[{name: S1, hosts: [h1]}]"}
    out = ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config=less))
    assert out.unit_status == testing.ActiveStatus(
        "Unit is ready; segments: 1 change waits for Masakari"
        " (remove h2 from S1: masakari: in use)"
    )
    cloud.refuse.clear()
    assert ctx.run(ctx.on.update_status(), out).unit_status == READY
    assert cloud.layout() == {"S1": ["h1"]}


def test_the_next_leader_knows_what_is_ours(ctx: Context, cloud: Cloud):
    once = ctx.run(ctx.on.config_changed(), complete(segments=ONE))
    assert '"owned":["segment-1"]' in once.get_relation(PEERS.id).local_app_data["segments"]
    renamed = {**once.config, "segments": "[{name: S2, hosts: [h1]}]"}
    ctx.run(ctx.on.leader_elected(), dataclasses.replace(once, config=renamed))
    assert cloud.layout() == {"S2": ["h1"]}
