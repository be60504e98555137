# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Metrics and alerts of the fencing monitor, on every unit."""

import dataclasses
import json

from cloud import HA, complete
from machine import Machine
from ops import testing

import charm
import monitoring
from fencing_monitor import relay
from fencing_monitor.server import Server

Context = testing.Context[charm.MasakariCharm]
AGENT = testing.Relation("cos-agent", remote_app_name="collector")


def test_the_agent_is_told_where_the_relay_listens(ctx: Context, machine: Machine):
    out = ctx.run(ctx.on.relation_changed(AGENT), complete(AGENT))
    content = json.loads(out.get_relation(AGENT.id).local_unit_data["config"])
    (job,) = content["metrics_scrape_jobs"]
    assert job["static_configs"] == [{"targets": [f"localhost:{relay.PORT}"]}]
    assert machine.units["masakari-metrics"].active == "active"
    assert "fencing_monitor.relay" in monitoring._UNIT_FILE.read_text()


def test_alerts_name_the_host_and_the_application(ctx: Context):
    out = ctx.run(ctx.on.relation_changed(AGENT), complete(AGENT))
    content = json.loads(out.get_relation(AGENT.id).local_unit_data["config"])
    (group,) = content["metrics_alert_rules"]["groups"]
    rules = {rule["alert"]: rule for rule in group["rules"]}
    assert "$labels.host" in rules["HostWithoutProtection"]["annotations"]["summary"]
    assert all('juju_application="masakari"' in rule["expr"] for rule in rules.values())


def test_with_an_agent_a_second_run_only_looks(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(HA, AGENT))
    machine.changes.clear()
    ctx.run(ctx.on.config_changed(), once)
    assert machine.changes == []


def test_without_an_agent_nothing_is_run_for_it(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(AGENT))
    without = [one for one in once.relations if one.endpoint != "cos-agent"]
    ctx.run(ctx.on.config_changed(), dataclasses.replace(once, relations=without))
    assert machine.units["masakari-metrics"].active == "inactive"
    assert not monitoring._UNIT_FILE.exists()


def test_new_code_reaches_the_relay(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(AGENT))
    (monitoring.monitor.SHARE / "fencing_monitor/relay.py").write_text("# of an older charm")
    machine.changes.clear()
    ctx.run(ctx.on.upgrade_charm(), once)
    assert "try-restart masakari-metrics" in machine.changes


def test_the_unit_that_runs_the_monitor_tells_what_it_tells():
    server = Server("127.0.0.1", 0, {"/metrics": lambda: (200, "text/plain", "a 1\n")})
    server.start()
    try:
        told = relay.page(f"http://127.0.0.1:{server.port}/metrics")
    finally:
        server.stop()
    assert told == (200, "text/plain; version=0.0.4", "a 1\n")


def test_a_unit_that_does_not_run_it_says_so_and_is_not_down():
    status, _, text = relay.page("http://127.0.0.1:1/metrics")
    assert status == 200
    assert text.splitlines()[-1] == "masakari_fencing_monitor_here 0"


def test_a_monitor_that_does_not_answer_as_it_should_is_not_there():
    server = Server("127.0.0.1", 0, {})  # answers 404
    server.start()
    try:
        _, _, text = relay.page(f"http://127.0.0.1:{server.port}/metrics")
    finally:
        server.stop()
    assert "here 0" in text
