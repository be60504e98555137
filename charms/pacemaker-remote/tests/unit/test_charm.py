# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm as Juju sees it. What it does to the system is noted, not done."""

import dataclasses

import pytest
from ops import testing

import remote
from charm import PacemakerRemoteCharm
from instance_ha.command import CommandError

EVENTS = ["install", "start", "config_changed", "upgrade_charm", "update_status"]
KEY = "AGtleQ=="


class World:
    """Stands for the machine."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.serving = True
        self.connected = False
        self.paused = False
        self.released = True
        self.reachable = True
        self.address: object = ""
        self.looked_for: object = ""

    def install(self, *args: object) -> None:
        """Stand for ``remote.install``."""
        self.done.append("install")
        self.address = args[2]

    def ensure_reachable(self, *args: object) -> None:
        """Stand for ``remote.ensure_reachable``."""
        self.looked_for = args[2]

    def set_paused(self, node: str, *, paused: bool) -> None:
        """Stand for ``remote.set_paused``."""
        if not self.reachable:
            raise CommandError("crm_attribute", 102, "Connection refused")
        self.done.append((node, paused))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    monkeypatch.setattr(remote, "install", found.install)
    monkeypatch.setattr(remote, "ensure_reachable", found.ensure_reachable)
    monkeypatch.setattr(remote, "workload_version", lambda: "3.0.0")
    monkeypatch.setattr(remote, "serve", found.done.append)
    monkeypatch.setattr(remote, "is_serving", lambda: found.serving)
    monkeypatch.setattr(remote, "is_connected", lambda: found.connected)
    monkeypatch.setattr(remote, "is_paused", lambda _: found.paused)
    monkeypatch.setattr(remote, "set_paused", found.set_paused)
    monkeypatch.setattr(remote, "wait_until_released", lambda **_: found.released)
    monkeypatch.setattr(remote, "stop_serving", lambda: found.done.append("stop"))
    monkeypatch.setattr("socket.getfqdn", lambda: "node1.maas")
    return found


@pytest.fixture
def ctx() -> testing.Context[PacemakerRemoteCharm]:
    return testing.Context(PacemakerRemoteCharm)


def state(
    *keys: str | None, bound: str = "10.0.0.10", told: str = "10.0.0.10", **config: bool
) -> testing.State:
    units = {number: {"pacemaker-key": key} if key else {} for number, key in enumerate(keys)}
    relation = testing.Relation(
        "pacemaker-remote", remote_app_name="hacluster", remote_units_data=units
    )
    network = testing.Network(
        "pacemaker-remote",
        [testing.BindAddress([testing.Address(bound)])],
        ingress_addresses=[told],
    )
    return testing.State(
        relations={relation},
        networks={network},
        config={name.replace("_", "-"): value for name, value in config.items()},
    )


def published(out: testing.State) -> dict[str, str]:
    (relation,) = out.get_relations("pacemaker-remote")
    keys = ("remote-hostname", "remote-ip", "stonith-hostname", "enable-resources")
    return {key: relation.local_unit_data[key] for key in keys if key in relation.local_unit_data}


@pytest.mark.parametrize("event", EVENTS)
def test_the_state_decides_not_the_event(
    ctx: testing.Context[PacemakerRemoteCharm], world: World, event: str
):
    out = ctx.run(getattr(ctx.on, event)(), state(KEY, KEY, KEY))
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    assert world.done == ["install", b"\x00key"]
    assert out.workload_version == "3.0.0"


def test_a_host_is_announced_in_json(ctx: testing.Context[PacemakerRemoteCharm], world: World):
    out = ctx.run(ctx.on.config_changed(), state(KEY, enable_stonith=True, enable_resources=False))
    assert published(out) == {
        "remote-hostname": '"node1.maas"',
        "remote-ip": '"10.0.0.10"',
        "stonith-hostname": '"node1.maas"',
        "enable-resources": "false",
    }


def test_the_daemon_listens_where_the_cluster_is_told(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    ctx.run(ctx.on.config_changed(), state(KEY, bound="10.0.0.11", told="10.0.0.11"))
    assert world.address == world.looked_for == "10.0.0.11"


def test_behind_a_translated_address_the_daemon_listens_on_the_machines_own(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state(KEY, told="203.0.113.7"))
    assert published(out)["remote-ip"] == '"203.0.113.7"'
    assert world.address == world.looked_for == "10.0.0.10"


def test_a_daemon_without_a_cluster_is_not_bound_to_an_address(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    ctx.run(ctx.on.config_changed(), testing.State())
    assert world.address is None


def test_options_are_followed(ctx: testing.Context[PacemakerRemoteCharm], world: World):
    first = ctx.run(ctx.on.config_changed(), state(KEY, enable_stonith=True))
    changed = dataclasses.replace(first, config={"enable-stonith": False})
    assert published(ctx.run(ctx.on.config_changed(), changed))["stonith-hostname"] == "null"


def test_a_host_is_not_announced_before_it_can_be_connected_to(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state(None, None))
    assert out.unit_status == testing.WaitingStatus("Waiting for the cluster's key")
    assert published(out) == {}
    assert world.done == ["install"]


def test_members_that_disagree_are_waited_for(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state(KEY, "b3RoZXI="))
    assert out.unit_status == testing.WaitingStatus("Waiting for the cluster to agree on its key")


def test_a_key_that_is_none_is_for_the_operator(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), state("*"))
    assert out.unit_status == testing.BlockedStatus("hacluster/0: pacemaker-key is not base64")


def test_without_a_cluster_there_is_nothing_to_do(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    out = ctx.run(ctx.on.config_changed(), testing.State())
    assert out.unit_status == testing.BlockedStatus("Missing relation: pacemaker-remote")


def test_a_daemon_that_is_down_is_told(ctx: testing.Context[PacemakerRemoteCharm], world: World):
    world.serving = False
    out = ctx.run(ctx.on.update_status(), state(KEY))
    assert out.unit_status == testing.BlockedStatus("pacemaker_remote is down")


def test_a_paused_host_says_so(ctx: testing.Context[PacemakerRemoteCharm], world: World):
    world.connected = world.paused = True
    out = ctx.run(ctx.on.update_status(), state(KEY))
    assert out.unit_status == testing.MaintenanceStatus(
        "Paused. Use 'resume' action to resume normal service."
    )


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_the_cluster_is_told_to_leave_the_host_alone(
    ctx: testing.Context[PacemakerRemoteCharm], world: World, action: str
):
    ctx.run(ctx.on.action(action), state(KEY))
    assert world.done == [("node1.maas", action == "pause")]


def test_a_host_whose_daemon_is_down_is_not_given_back_to_be_fenced(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    world.serving = False
    with pytest.raises(testing.ActionFailed, match="pacemaker_remote is down; start it first"):
        ctx.run(ctx.on.action("resume"), state(KEY))
    assert world.done == []


def test_a_cluster_that_cannot_be_told_fails_the_action(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    world.reachable = False
    with pytest.raises(testing.ActionFailed, match="the cluster cannot be told"):
        ctx.run(ctx.on.action("pause"), state(KEY))


def test_the_daemon_stops_when_the_cluster_has_let_go(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    ctx.run(ctx.on.stop(), state(KEY))
    assert world.done == ["stop"]


def test_the_daemon_goes_on_while_the_cluster_holds_on_to_the_host(
    ctx: testing.Context[PacemakerRemoteCharm], world: World
):
    world.released = False
    ctx.run(ctx.on.stop(), state(KEY))
    assert world.done == []
