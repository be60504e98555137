# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A unit that the predecessor has set up, refreshed: what runs goes on, and the cluster is asked for the same.

The files are named and placed as the predecessor's; what is in them does not matter here.
"""

import dataclasses
import json
import time

import pytest
from cloud import AMQP, IDENTITY_SERVICE, PEERS, SHARED_DB, VIPS, state, told
from machine import Machine, Unit
from ops import testing

import charm
import haproxy
import masakari

Context = testing.Context[charm.MasakariCharm]
# Named after the address, as the predecessor does.
VIP = "res_masakari_ace2c8f_vip"
# As the predecessor's interface writes for one address (tests/contract/test_hacluster.py).
ASKED = {
    "corosync_bindiface": "eth0",
    "corosync_mcastport": "4440",
    "json_resources": json.dumps(
        {VIP: "ocf:heartbeat:IPaddr2", "res_masakari_haproxy": "lsb:haproxy"}
    ),
    "json_groups": json.dumps({"grp_masakari_vips": VIP}),
    "json_clones": '{"cl_res_masakari_haproxy": "res_masakari_haproxy"}',
    "json_init_services": '["haproxy"]',
    "json_delete_resources": '["res_masakari_eth0_vip"]',
}
HA = testing.SubordinateRelation(
    "ha",
    remote_app_name="hacluster",
    remote_unit_data={"clustered": "yes"},
    local_unit_data=ASKED,
)


@pytest.fixture
def left(machine: Machine) -> Machine:
    """The machine as the predecessor has left it."""
    machine.packages = dict(machine.offers)
    old = time.monotonic() - 3600
    machine.units = {
        "apache2": Unit("active", "enabled", old),
        "haproxy": Unit("active", "disabled", old),
        "masakari-engine": Unit("active", "enabled", old),
        "memcached": Unit("active", "enabled", old),
    }
    masakari._CONF.write_text("[DEFAULT]\nos_privileged_user_password = old\n")
    haproxy.CONF.write_text("listen masakari-api_public\n")
    apache = masakari._APACHE
    (apache / "ports.conf").write_text("Listen 80\n")
    (apache / "sites-enabled/masakari-api.conf").write_text("Listen 15858\n")
    (apache / "sites-available").mkdir()
    (apache / "sites-available/openstack_https_frontend.conf").write_text("Listen 15858\n")
    (apache / "sites-enabled/openstack_https_frontend.conf").symlink_to(
        "../sites-available/openstack_https_frontend.conf"
    )
    return machine


def refreshed(ctx: Context, *, leader: bool, peers: testing.RelationBase = PEERS) -> testing.State:
    given = state(IDENTITY_SERVICE, SHARED_DB, AMQP, peers, HA, leader=leader, vip=VIPS.split()[0])
    return ctx.run(ctx.on.upgrade_charm(), given)


def test_the_leader_is_ready_at_once_and_only_the_engine_restarts(ctx: Context, left: Machine):
    out = refreshed(ctx, leader=True)
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    verbs = ("stop", "start", "restart", "try-restart", "try-reload-or-restart")
    done = [change for change in left.changes if change.split()[0] in verbs]
    assert [change for change in done if "fencing-monitor" not in change] == [
        "try-reload-or-restart haproxy",
        "try-reload-or-restart apache2",
        "restart masakari-engine",
    ]


def test_until_the_leader_has_followed_the_engines_of_others_go_on(ctx: Context, left: Machine):
    out = refreshed(ctx, leader=False)
    assert out.unit_status == testing.WaitingStatus("the leader has not prepared the database yet")
    assert left.units["masakari-engine"].active == "active"
    assert "restart masakari-engine" not in left.changes
    refreshed(ctx, leader=False, peers=told(SHARED_DB.id, 19))
    assert "restart masakari-engine" in left.changes


def test_apache_serves_our_site_alone_where_the_predecessors_were(ctx: Context, left: Machine):
    refreshed(ctx, leader=True)
    enabled = masakari._APACHE / "sites-enabled"
    assert [path.name for path in enabled.iterdir()] == ["instance-ha-masakari.conf"]
    # The port of the predecessor's: units of both kinds are behind each other's haproxy meanwhile.
    assert "Listen 15858" in (enabled / "instance-ha-masakari.conf").read_text()


def test_the_cluster_is_asked_for_what_it_has(ctx: Context, left: Machine):
    asked = refreshed(ctx, leader=True).get_relation(HA.id).local_unit_data
    resources = json.loads(asked["json_resources"])
    assert json.loads(ASKED["json_resources"]).items() <= resources.items()
    assert json.loads(asked["json_groups"]) == json.loads(ASKED["json_groups"])
    assert json.loads(asked["json_clones"]) == json.loads(ASKED["json_clones"])
    assert json.loads(asked["json_delete_resources"]) == ["res_masakari_eth0_vip"]


def test_a_unit_that_was_paused_stays_paused(ctx: Context, left: Machine):
    for name in ("apache2", "masakari-engine", "memcached"):
        left.units[name] = dataclasses.replace(left.units[name], active="inactive", file="masked")
    out = refreshed(ctx, leader=True)
    assert out.unit_status.name == "maintenance"
    assert {unit.active for unit in left.units.values()} == {"active", "inactive"}
    assert not [change for change in left.changes if change.startswith(("start", "restart"))]
