# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import base64
import dataclasses
import stat

import pytest
from cloud import CA, CREDENTIALS, IDENTITY, VAULT, state
from machine import Machine
from ops import testing

import charm
import monitors
import watcher
from instance_ha import authorities, paths, status

Context = testing.Context[charm.MasakariMonitorsCharm]
EVENTS = ["install", "start", "config_changed", "upgrade_charm", "update_status"]
READY = testing.ActiveStatus("Unit is ready")
PAUSED = testing.MaintenanceStatus(status.PAUSED.message)


@pytest.mark.parametrize("event", EVENTS)
def test_the_state_decides_not_the_event(ctx: Context, event: str):
    assert ctx.run(getattr(ctx.on, event)(), state()).unit_status == testing.BlockedStatus(
        "'identity-credentials' missing"
    )
    assert ctx.run(getattr(ctx.on, event)(), state(IDENTITY)).unit_status == READY


def test_asks_keystone_for_its_user(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    content = out.get_relation(IDENTITY.id).local_unit_data
    assert content["username"] == "masakari-monitors"
    assert content["project"] == "services"


def test_asks_for_a_role_where_one_is_wanted_and_takes_that_back(ctx: Context):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY, keystone_role="ha_reporter"))
    content = once.get_relation(IDENTITY.id).local_unit_data
    assert content["requested_roles"] == content["requested_grants"] == "ha_reporter"
    out = ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config={}))
    content = out.get_relation(IDENTITY.id).local_unit_data
    assert not {"requested_roles", "requested_grants"} & content.keys()


def test_waits_for_keystones_answer(ctx: Context):
    silent = dataclasses.replace(IDENTITY, remote_units_data={0: {"auth_host": "10.77.2.10"}})
    out = ctx.run(ctx.on.config_changed(), state(silent))
    assert out.unit_status == testing.WaitingStatus("'identity-credentials' incomplete")


def test_a_second_run_only_looks(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    machine.changes.clear()
    ctx.run(ctx.on.config_changed(), once)
    assert machine.changes == []


def test_nothing_starts_before_it_is_configured(ctx: Context, machine: Machine):
    ctx.run(ctx.on.install(), state())
    assert machine.units[monitors.INSTANCE].active == "inactive"


def test_a_hypervisor_does_not_get_the_packages_of_a_member(ctx: Context, machine: Machine):
    ctx.run(ctx.on.install(), state())
    assert "apt-get install masakari-instance-monitor pacemaker-" in machine.changes


def test_the_configuration_is_for_the_monitors_only(ctx: Context):
    ctx.run(ctx.on.config_changed(), state(IDENTITY))
    assert stat.S_IMODE(monitors.CONF.stat().st_mode) == 0o640


def test_the_monitor_is_told_where_its_configuration_is(ctx: Context):
    ctx.run(ctx.on.config_changed(), state(IDENTITY))
    text = (monitors._DEFAULTS / monitors.INSTANCE).read_text()
    assert 'DAEMON_ARGS="--config-file=/etc/masakarimonitors/masakarimonitors.conf"' in text


def test_the_host_monitor_is_absent_unless_wanted(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    assert monitors.HOST not in machine.packages
    ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config={"host-monitor": True}))
    assert machine.units[monitors.HOST].active == "active"


def test_a_host_monitor_of_the_predecessor_is_stopped(ctx: Context, machine: Machine):
    wanted = ctx.run(ctx.on.config_changed(), state(IDENTITY, host_monitor=True))
    ctx.run(ctx.on.config_changed(), dataclasses.replace(wanted, config={}))
    assert machine.units[monitors.HOST].active == "inactive"
    assert machine.units[monitors.HOST].file == "disabled"


def test_new_credentials_are_followed(ctx: Context, machine: Machine):
    ctx.run(ctx.on.config_changed(), state(IDENTITY))
    machine.changes.clear()
    rotated = {**CREDENTIALS, "credentials_password": "another-password"}
    ctx.run(
        ctx.on.config_changed(),
        state(dataclasses.replace(IDENTITY, remote_units_data={0: rotated})),
    )
    assert machine.changes == ["try-restart masakari-instance-monitor"]
    assert "another-password" in monitors.CONF.read_text()


def test_credentials_that_are_withdrawn_are_forgotten(ctx: Context, machine: Machine):
    ctx.run(ctx.on.config_changed(), state(IDENTITY))
    ctx.run(ctx.on.config_changed(), state())
    assert not monitors.CONF.exists()
    assert machine.units[monitors.INSTANCE].active == "inactive"


def trusted() -> list[str]:
    return [path.read_text() for path in authorities._DIRECTORY.glob("*.crt")]


def test_an_authority_is_trusted(ctx: Context):
    once = ctx.run(
        ctx.on.config_changed(),
        state(IDENTITY, ssl_ca=base64.b64encode(CA.encode()).decode()),
    )
    assert trusted() == [CA]
    assert f"cafile = {paths.AUTHORITIES}" in monitors.CONF.read_text()
    ctx.run(ctx.on.config_changed(), dataclasses.replace(once, config={}))
    assert trusted() == []


def test_the_authority_of_the_relation_is_trusted_and_followed(ctx: Context, machine: Machine):
    vault = dataclasses.replace(VAULT, remote_units_data={0: {"ca": CA}})
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY, vault))
    assert once.unit_status == READY
    assert trusted() == [CA]
    machine.changes.clear()
    another = CA.replace("Q0E", "Q0I")
    renewed = dataclasses.replace(vault, remote_units_data={0: {"ca": another}})
    ctx.run(ctx.on.config_changed(), state(IDENTITY, renewed))
    assert trusted() == [another]
    assert "try-restart masakari-instance-monitor" in machine.changes


def test_waits_for_the_authority(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY, VAULT))
    assert out.unit_status == testing.WaitingStatus("'certificates' incomplete")


def test_further_monitors_run_where_they_are_wanted(ctx: Context, machine: Machine):
    known = (monitors.APT_CACHE, "policy", monitors.INSTANCE, monitors.PROCESS)
    machine.answers[known] = "".join(f"{name}:\n  Installed: (none)\n" for name in known[2:])
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY, process_monitor=True))
    assert out.unit_status == READY
    assert machine.units[monitors.PROCESS].active == "active"
    assert "nova-compute" in monitors.PROCESSES.read_text()
    ctx.run(ctx.on.config_changed(), dataclasses.replace(out, config={}))
    assert machine.units[monitors.PROCESS].active == "inactive"


def test_a_monitor_that_is_not_packaged_is_named(ctx: Context, machine: Machine):
    asked = (monitors.APT_CACHE, "policy", monitors.INSTANCE, monitors.INTROSPECTIVE)
    machine.answers[asked] = f"{monitors.INSTANCE}:\n  Installed: (none)\n"
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY, introspective_monitor=True))
    assert out.unit_status == testing.BlockedStatus(
        f"this machine's sources do not have {monitors.INTROSPECTIVE}"
    )


def test_somebody_looks_after_the_monitors_ears(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    assert machine.units[watcher.TIMER].active == "active"
    assert "def complaint" in watcher._PROGRAM.read_text()
    paused = ctx.run(ctx.on.action("pause"), once)
    assert machine.units[watcher.TIMER].active == "inactive"
    ctx.run(ctx.on.action("resume"), paused)
    assert machine.units[watcher.TIMER].active == "active"


def test_a_flag_that_makes_no_sense_is_named(ctx: Context):
    out = ctx.run(ctx.on.config_changed(), state(IDENTITY, config_flags="nonsense"))
    assert out.unit_status == testing.BlockedStatus("config-flags: 'nonsense' is not key=value")


def test_a_monitor_that_died_is_reported_and_started(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    machine.units[monitors.INSTANCE].active = "failed"
    out = ctx.run(ctx.on.update_status(), once)
    assert out.unit_status == READY
    assert machine.units[monitors.INSTANCE].active == "active"


def test_what_does_not_run_is_named(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(monitors, "stopped", lambda names: list(names))
    out = ctx.run(ctx.on.update_status(), state(IDENTITY))
    assert out.unit_status == testing.BlockedStatus(
        "Services not running that should be: masakari-instance-monitor"
    )


def test_paused_means_that_nothing_runs_and_nothing_is_written(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    paused = ctx.run(ctx.on.action("pause"), once)
    assert ctx.action_results == {"outcome": "stopped until resume: masakari-instance-monitor"}
    assert paused.unit_status == PAUSED
    before = monitors.CONF.read_text()
    machine.changes.clear()
    out = ctx.run(ctx.on.config_changed(), dataclasses.replace(paused, config={"debug": True}))
    assert out.unit_status == PAUSED
    assert machine.changes == []
    assert monitors.CONF.read_text() == before


def test_resume_applies_what_was_missed(ctx: Context, machine: Machine):
    paused = ctx.run(ctx.on.action("pause"), ctx.run(ctx.on.config_changed(), state(IDENTITY)))
    changed = dataclasses.replace(paused, config={"debug": True})
    out = ctx.run(ctx.on.action("resume"), changed)
    assert out.unit_status == READY
    assert ctx.action_results == {"outcome": "running: masakari-instance-monitor"}
    assert "debug = True" in monitors.CONF.read_text()
    assert machine.units[monitors.INSTANCE].active == "active"


def test_restart_services_restarts_what_runs(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY))
    machine.changes.clear()
    ctx.run(ctx.on.action("restart-services"), once)
    assert machine.changes == ["restart masakari-instance-monitor"]
    assert ctx.action_results == {"outcome": "restarted: masakari-instance-monitor"}


def test_resume_tells_that_nothing_runs_yet(ctx: Context, machine: Machine):
    paused = ctx.run(ctx.on.action("pause"), ctx.run(ctx.on.config_changed(), state(IDENTITY)))
    ctx.run(ctx.on.action("resume"), dataclasses.replace(paused, relations=[]))
    assert ctx.action_results == {"outcome": "running: nothing; the status says why"}


def test_a_paused_unit_is_not_restarted(ctx: Context):
    paused = ctx.run(ctx.on.action("pause"), ctx.run(ctx.on.config_changed(), state(IDENTITY)))
    with pytest.raises(testing.ActionFailed, match="paused"):
        ctx.run(ctx.on.action("restart-services"), paused)


def test_a_removed_unit_leaves_nothing_behind(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), state(IDENTITY, host_monitor=True))
    ctx.run(ctx.on.remove(), once)
    assert machine.packages == {}
    assert not monitors.CONF.parent.exists()
    assert not (monitors._DEFAULTS / monitors.INSTANCE).exists()
    assert not list(watcher._UNITS.iterdir())


def test_the_version_is_shown(ctx: Context):
    assert ctx.run(ctx.on.config_changed(), state(IDENTITY)).workload_version == "19.0.0"
