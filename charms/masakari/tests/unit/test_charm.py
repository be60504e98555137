# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import datetime
import json

import ops
import pytest
from cloud import (
    AMQP,
    HA,
    IDENTITY_SERVICE,
    PEERS,
    SHARED_DB,
    VIPS,
    complete,
    state,
    told,
)
from machine import Machine, Unit
from ops import testing

import api
import charm
import haproxy
import hypervisor
import local_monitor
import masakari
import monitor
from instance_ha import status

Context = testing.Context[charm.MasakariCharm]
EVENTS = ["install", "start", "config_changed", "upgrade_charm", "update_status", "leader_elected"]


@pytest.mark.parametrize("event", EVENTS)
def test_the_state_decides_not_the_event(ctx: Context, event: str):
    out = ctx.run(getattr(ctx.on, event)(), state())
    assert out.unit_status == testing.BlockedStatus(
        "'shared-db' missing, 'amqp' missing, 'identity-service' missing"
    )


@pytest.mark.parametrize("event", EVENTS)
def test_a_complete_unit_is_ready_whatever_the_event(ctx: Context, event: str):
    out = ctx.run(getattr(ctx.on, event)(), complete())
    assert out.unit_status == testing.ActiveStatus("Unit is ready")


def test_names_the_relations_that_have_not_answered(ctx: Context):
    silent = dataclasses.replace(SHARED_DB, remote_units_data={0: {}})
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY_SERVICE, silent, AMQP, PEERS))
    assert out.unit_status == testing.WaitingStatus("'shared-db' incomplete")


def test_waits_until_the_database_lets_this_unit_in(ctx: Context):
    others = {**SHARED_DB.remote_units_data[0], "allowed_units": "masakari/1"}
    shared_db = dataclasses.replace(SHARED_DB, remote_units_data={0: others})
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY_SERVICE, shared_db, AMQP, PEERS))
    assert out.unit_status == testing.WaitingStatus("'shared-db' incomplete")


def test_an_option_that_makes_no_sense_is_named(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(vip="10.77.1.200 nonsense"))
    assert out.unit_status.name == "blocked"
    assert out.unit_status.message.startswith("vip: value is not a valid IPv4 or IPv6")


def test_a_second_run_only_looks(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA, vip=VIPS))
    machine.changes.clear()
    again = ctx.run(ctx.on.config_changed(), once)
    assert machine.changes == []
    assert again.relations == once.relations


def test_nothing_starts_before_it_is_configured(ctx: Context, machine: Machine):
    ctx.run(ctx.on.install(), state())
    running = {name for name, unit in machine.units.items() if unit.active == "active"}
    assert running == {"haproxy", "memcached"}


def test_debians_own_server_never_starts(ctx: Context, machine: Machine):
    ctx.run(ctx.on.config_changed(), complete())
    assert machine.units["masakari-api"].file == "masked"
    assert machine.units["masakari-api"].active == "inactive"


def test_the_leader_prepares_the_database_and_says_so(ctx: Context, machine: Machine):
    out = ctx.run(ctx.on.config_changed(), complete())
    said = out.get_relation(PEERS.id).local_app_data["database-schema"]
    assert json.loads(said) == {"relation": SHARED_DB.id, "release": 19}
    assert sum("db sync" in change for change in machine.changes) == 1


def test_others_wait_for_the_leaders_word(ctx: Context, machine: Machine):
    out = ctx.run(ctx.on.config_changed(), complete(leader=False))
    assert out.unit_status == testing.WaitingStatus("the leader has not prepared the database yet")
    assert not any("db sync" in change for change in machine.changes)
    assert machine.units["masakari-engine"].active == "inactive"


def test_others_start_on_the_leaders_word(ctx: Context, machine: Machine):
    peers = told(SHARED_DB.id, 19)
    relations = (IDENTITY_SERVICE, SHARED_DB, AMQP, peers)
    out = ctx.run(ctx.on.config_changed(), state(*relations, leader=False))
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    assert machine.units["masakari-engine"].active == "active"


def test_another_database_is_prepared_anew(ctx: Context, machine: Machine):
    relations = (IDENTITY_SERVICE, SHARED_DB, AMQP, told(SHARED_DB.id + 1, 19))
    ctx.run(ctx.on.config_changed(), state(*relations))
    assert any("db sync" in change for change in machine.changes)


def test_a_changed_option_restarts_the_engine_and_reloads_the_api(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.changes.clear()
    ctx.run(ctx.on.config_changed(), with_option(once, "debug", True))
    assert [one for one in machine.changes if "fencing_monitor" not in one] == [
        "try-reload-or-restart apache2",
        "restart masakari-engine",
    ]


def test_an_engine_at_work_is_not_restarted_before_it_has_done(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.changes.clear()
    machine.answers[calls_to_the_cloud()] = at_work()
    changed = ctx.run(ctx.on.config_changed(), with_option(once, "debug", True))
    assert "restart masakari-engine" not in machine.changes
    assert changed.unit_status == testing.ActiveStatus(
        "Unit is ready; the engine takes up its settings when the recovery is over"
    )
    machine.answers[calls_to_the_cloud()] = at_work(hours=2)
    later = ctx.run(ctx.on.update_status(), changed)
    assert "restart masakari-engine" in machine.changes
    assert later.unit_status == testing.ActiveStatus("Unit is ready")


def test_a_cloud_that_does_not_answer_keeps_nobody_from_a_new_password(
    ctx: Context, machine: Machine
):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.changes.clear()
    refused = {"answers": [], "error": {"message": "unauthorised", "code": 401}}
    machine.answers[calls_to_the_cloud()] = json.dumps(refused)
    ctx.run(ctx.on.config_changed(), with_option(once, "debug", True))
    assert "restart masakari-engine" in machine.changes


def test_the_monitor_restarts_only_when_it_changed(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.changes.clear()
    changed = {**once.config, "require-fencing": False}
    ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config=changed))
    assert "try-restart masakari-fencing-monitor" in machine.changes


def test_without_a_cluster_the_unit_runs_haproxy_itself(ctx: Context, machine: Machine):
    ctx.run(ctx.on.config_changed(), complete())
    assert machine.units["haproxy"].active == "active"
    assert machine.units["haproxy"].file == "enabled"


def test_with_a_cluster_haproxy_is_left_to_it(ctx: Context, machine: Machine):
    ctx.run(ctx.on.config_changed(), complete(HA))
    assert machine.units["haproxy"].active == "inactive"
    assert machine.units["haproxy"].file == "disabled"


def test_waits_for_the_cluster(ctx: Context):
    forming = dataclasses.replace(HA, remote_unit_data={})
    out = ctx.run(ctx.on.config_changed(), complete(forming))
    assert out.unit_status == testing.WaitingStatus("'ha': the cluster has not formed yet")


def test_waits_for_the_cluster_to_start_haproxy(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(HA))
    assert out.unit_status == testing.WaitingStatus(
        "'ha': the cluster has not started haproxy here"
    )


def test_a_vip_without_a_cluster_is_a_mistake(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(vip=VIPS))
    assert out.unit_status == testing.BlockedStatus("vip: needs the relation ha")


def test_the_catalogue_gets_the_vip_of_each_network(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(HA, vip=VIPS))
    assert written(out, IDENTITY_SERVICE) == {
        "service": "masakari",
        "region": "RegionOne",
        "public_url": "http://10.77.1.200:15868/v1/%(tenant_id)s",
        "internal_url": "http://10.77.3.200:15868/v1/%(tenant_id)s",
        "admin_url": "http://10.77.2.200:15868/v1/%(tenant_id)s",
    }


def test_a_name_of_the_catalogue_wins_over_addresses(ctx: Context):
    names = {
        "os_public_hostname": "{service_name}.example.org",
        "os_admin_hostname": "adm.example",
    }
    out = ctx.run(ctx.on.config_changed(), complete(HA, vip=VIPS, **names))
    content = written(out, IDENTITY_SERVICE)
    assert content["public_url"] == "http://masakari.example.org:15868/v1/%(tenant_id)s"
    assert content["admin_url"] == "http://adm.example:15868/v1/%(tenant_id)s"
    assert content["internal_url"] == "http://10.77.3.200:15868/v1/%(tenant_id)s"


def test_a_network_that_an_option_names_wins_over_the_binding(ctx: Context):
    out = ctx.run(
        ctx.on.config_changed(), complete(HA, vip=VIPS, os_public_network="10.77.2.0/24")
    )
    assert written(out, IDENTITY_SERVICE)["public_url"].startswith("http://10.77.2.200:")


def test_addresses_of_which_none_is_in_an_endpoints_network_are_named(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(HA, vip="192.0.2.1 192.0.2.2"))
    assert out.unit_status == testing.BlockedStatus(
        "vip: none of the addresses is in the public network (10.77.1.0/24)"
    )


def test_a_virtual_address_of_version_six_stands_in_brackets(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(HA, vip="fd00::200"))
    assert written(out, IDENTITY_SERVICE)["public_url"].startswith("http://[fd00::200]:15868/")


def test_dns_ha_is_answered_with_what_to_do(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete(dns_ha=True))
    assert out.unit_status == testing.BlockedStatus(
        "dns-ha: not supported: its agent for MAAS has had no client since Ubuntu 20.04; use vip"
    )


def test_a_new_password_reaches_the_api_the_engine_and_the_monitor(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA))
    machine.units[monitor.UNIT] = Unit("active", "static")
    machine.changes.clear()
    answer = {**IDENTITY_SERVICE.remote_units_data[0], "service_password": "another"}
    rotated = dataclasses.replace(
        once.get_relation(IDENTITY_SERVICE.id), remote_units_data={0: answer}
    )
    others = [one for one in once.relations if one.id != IDENTITY_SERVICE.id]
    ctx.run(
        ctx.on.relation_changed(rotated),
        dataclasses.replace(once, relations=[*others, rotated]),
    )
    assert "os_privileged_user_password = another" in masakari._CONF.read_text()
    assert json.loads(monitor.CONF.read_text())["password"] == "another"
    assert {
        "try-reload-or-restart apache2",
        "restart masakari-engine",
        f"try-restart {monitor.UNIT}",
    } <= set(machine.changes)


def test_peers_learn_every_address(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete())
    assert written(out, PEERS) == {
        "private-address": "10.77.0.101",
        "public-address": "10.77.1.101",
        "internal-address": "10.77.3.101",
        "admin-address": "10.77.2.101",
    }


def test_haproxy_serves_the_api_of_every_unit(ctx: Context):
    ctx.run(ctx.on.config_changed(), complete())
    text = haproxy.CONF.read_text()
    for unit, address in ((0, "10.77.3.101"), (1, "10.77.3.102"), (2, "10.77.3.103")):
        assert f"server masakari-{unit} {address}:15858\n" in text


def test_the_version_and_the_port_are_shown(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), complete())
    assert out.workload_version == "19.0.0"
    assert out.opened_ports == {testing.TCPPort(15868)}


def test_what_does_not_run_is_named(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    found = ["Services not running that should be: masakari-engine"]
    monkeypatch.setattr(masakari, "faults", lambda services, ports: found)
    out = ctx.run(ctx.on.update_status(), complete())
    assert out.unit_status == testing.BlockedStatus(found[0])


def test_a_unit_that_died_is_started_again(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.units["masakari-engine"].active = "failed"
    ctx.run(ctx.on.update_status(), once)
    assert machine.units["masakari-engine"].active == "active"


def test_paused_means_that_nothing_runs_and_nothing_is_written(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA))
    paused = ctx.run(ctx.on.action("pause"), once)
    outcome = "stopped until resume: apache2, masakari-engine, memcached"
    assert ctx.action_results == {"outcome": outcome}
    assert paused.unit_status == ops_status(status.PAUSED)
    before = masakari._CONF.read_text()
    machine.changes.clear()
    changed = dataclasses.replace(paused, config={**paused.config, "debug": True})
    out = ctx.run(ctx.on.config_changed(), changed)
    assert out.unit_status == ops_status(status.PAUSED)
    assert machine.changes == []
    assert masakari._CONF.read_text() == before
    assert machine.units["masakari-engine"].file == "masked"
    assert "haproxy" not in [name for name, unit in machine.units.items() if unit.file == "masked"]


def test_resume_applies_what_was_missed(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    paused = ctx.run(ctx.on.action("pause"), once)
    changed = dataclasses.replace(paused, config={**paused.config, "debug": True})
    out = ctx.run(ctx.on.action("resume"), changed)
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    running = "running: apache2, masakari-engine, memcached, haproxy"
    assert ctx.action_results == {"outcome": running}
    assert "debug = True" in masakari._CONF.read_text()
    assert machine.units["masakari-engine"].active == "active"


def test_resume_tells_what_does_not_run_yet(ctx: Context):
    paused = ctx.run(ctx.on.action("pause"), ctx.run(ctx.on.config_changed(), complete()))
    alone = [one for one in paused.relations if one.endpoint != "shared-db"]
    ctx.run(ctx.on.action("resume"), dataclasses.replace(paused, relations=alone))
    said = ctx.action_results["outcome"]
    assert said.startswith("Services not running that should be: apache2, masakari-engine")


def test_a_paused_unit_is_not_restarted(ctx: Context):
    paused = ctx.run(ctx.on.action("pause"), ctx.run(ctx.on.config_changed(), complete()))
    with pytest.raises(testing.ActionFailed, match="paused"):
        ctx.run(ctx.on.action("restart-services"), paused)


def watched(monkeypatch: pytest.MonkeyPatch, *names: str, phase: str | None = None) -> None:
    """Let the fencing monitor run here, and know hosts that are out of service."""
    reasons = ["on-maintenance", "disabled"]
    hosts = [{"name": name, "unprotected": reasons, "phase": phase} for name in names]
    hosts.append({"name": "fine", "unprotected": [], "phase": None})
    monkeypatch.setattr(local_monitor, "_served", lambda timeout: {"hosts": hosts})


def test_hosts_that_are_left_out_of_service_are_named_by_the_unit_that_watches_them(
    ctx: Context, machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    once = ctx.run(ctx.on.config_changed(), complete(HA))
    machine.units["haproxy"].start()
    assert ctx.run(ctx.on.update_status(), once).unit_status == testing.ActiveStatus(
        "Unit is ready"
    )
    watched(monkeypatch, "h1")
    assert ctx.run(ctx.on.update_status(), once).unit_status == testing.ActiveStatus(
        "Unit is ready; not protected: h1 (on-maintenance, disabled)"
    )
    watched(monkeypatch, *(f"h{number}" for number in range(1, 8)))
    message = ctx.run(ctx.on.update_status(), once).unit_status.message
    assert message.endswith("h4 (on-maintenance, disabled) and 3 more")


def test_a_host_that_has_just_failed_is_not_one_that_was_left_out(
    ctx: Context, machine: Machine, monkeypatch: pytest.MonkeyPatch
):
    once = ctx.run(ctx.on.config_changed(), complete(HA))
    machine.units["haproxy"].start()
    watched(monkeypatch, "h1", phase="reported")
    out = ctx.run(ctx.on.update_status(), once)
    assert out.unit_status == testing.ActiveStatus("Unit is ready")


def test_restart_services_restarts_what_is_ours(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA))
    machine.changes.clear()
    ctx.run(ctx.on.action("restart-services"), once)
    assert machine.changes[0] == "restart apache2 masakari-engine memcached"
    assert ctx.action_results == {"outcome": "restarted: apache2, masakari-engine, memcached"}


def test_package_upgrade_tells_what_changed(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.offers["masakari-engine"] = "19.0.0-4"
    ctx.run(ctx.on.action("package-upgrade"), once)
    assert ctx.action_results == {"outcome": "upgraded masakari-engine 19.0.0-4"}


def returning(host: str) -> tuple[str, ...]:
    options = (f"--config={monitor.CONF}", "return-host", "--timeout=300", "--", host)
    return (hypervisor.PYTHON, "-m", "fencing_monitor", *options)


def test_resume_host_tells_its_steps(ctx: Context, machine: Machine):
    steps = [
        {"what": "nova-compute is up", "changed": False},
        {"what": "enabled in nova", "changed": True},
    ]
    machine.answers[returning("virt-node-01.maas")] = json.dumps({"steps": steps, "error": ""})
    ctx.run(ctx.on.action("resume-host", {"host": "virt-node-01.maas"}), complete())
    assert ctx.action_results == {
        "outcome": "virt-node-01.maas is back: in service",
        "host": "virt-node-01.maas",
        "steps": "nova-compute is up (nothing to do)\nenabled in nova",
    }


def test_a_host_that_is_back_and_not_used_is_not_called_in_service(ctx: Context, machine: Machine):
    what = "left disabled in nova, as somebody else disabled it (bad memory)"
    steps = [{"what": what, "changed": False}, {"what": "on_maintenance cleared", "changed": True}]
    machine.answers[returning("h1")] = json.dumps({"steps": steps, "error": ""})
    ctx.run(ctx.on.action("resume-host", {"host": "h1"}), complete())
    assert ctx.action_results["outcome"] == f"h1 is back: {what}"


def test_resume_host_fails_with_the_reason(ctx: Context, machine: Machine):
    machine.answers[returning("nowhere")] = json.dumps({"steps": [], "error": "no such host"})
    with pytest.raises(testing.ActionFailed, match="no such host"):
        ctx.run(ctx.on.action("resume-host", {"host": "nowhere"}), complete())


def test_a_host_is_a_name_and_not_an_option(ctx: Context):
    with pytest.raises(testing.ActionFailed):
        ctx.run(ctx.on.action("resume-host", {"host": "--config=/etc/passwd"}), complete())


def test_a_removed_unit_leaves_no_password_behind(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    ctx.run(ctx.on.remove(), once)
    assert not masakari._CONF.exists()
    assert not monitor.CONF.exists()
    assert machine.packages.keys().isdisjoint({"masakari-api", "masakari-engine"})


def test_a_unit_that_was_never_configured_can_be_removed(ctx: Context):
    ctx.run(ctx.on.remove(), state())


def with_option(state: testing.State, name: str, value: object) -> testing.State:
    """Return the state with another value of an option."""
    return dataclasses.replace(state, config={**state.config, name: value})


def at_work(hours: int = 0) -> str:
    """Return Masakari's answer that one recovery runs, touched so many hours ago."""
    touched = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    row = {
        "type": "COMPUTE_HOST",
        "notification_uuid": "a-uuid",
        "generated_time": touched.strftime("%Y-%m-%dT%H:%M:%S.000000"),
        "updated_at": None,
    }
    return json.dumps({"answers": [{"notifications": [row]}], "error": None})


def calls_to_the_cloud() -> tuple[str, ...]:
    """Return the command that makes calls to the cloud."""
    return (api.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "rest")


def written(out: testing.State, relation: testing.RelationBase) -> dict[str, str]:
    """Return what the charm wrote: Juju's own keys are left out where they are Juju's."""
    content = out.get_relation(relation.id).local_unit_data
    return {key: value for key, value in content.items() if value != "192.0.2.0"}


def ops_status(status: ops.StatusBase) -> testing.MaintenanceStatus:
    return testing.MaintenanceStatus(status.message)
