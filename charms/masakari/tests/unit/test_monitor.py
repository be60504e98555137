# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import json

from cloud import IDENTITY
from machine import Machine

import conf
import monitor
from config import Config
from fencing_monitor import settings as program
from instance_ha.interfaces import keystone

SERVICES = conf.Services(keystone.Identity.model_validate(IDENTITY), database="", transport="")


def test_the_program_accepts_its_settings():
    settings = monitor.settings(Config(use_internal_endpoints=True), SERVICES)
    parsed = program.parse(json.loads(json.dumps(settings)))
    assert parsed.auth_url == "http://10.77.3.10:5000/v3"
    assert parsed.interface == "internal"
    assert parsed.require_fencing
    assert not parsed.rules.auto_return
    assert not parsed.accept_manual_confirmation
    assert parsed.trusted_agents == ("fence_maas", "fence_bmc", "external/maas")


def test_the_options_about_returning_reach_the_programs_rules():
    options = Config(auto_return=True, auto_return_delay=90, service_disable_reason="ours")
    rules = program.parse(
        monitor.settings(options, SERVICES) | {"disabled_reasons": ["ours"]}
    ).rules
    assert (rules.auto_return, rules.return_after) == (True, 90.0)
    assert rules.return_reasons == {"ours"}


def test_an_operator_decides_what_else_is_evidence():
    config = Config.model_validate(
        {"accept_manual_confirmation": True, "trusted_fence_agents": "fence_apc, fence_ipmilan"}
    )
    parsed = program.parse(json.loads(json.dumps(monitor.settings(config, SERVICES))))
    assert parsed.accept_manual_confirmation
    assert parsed.trusted_agents[3:] == ("fence_apc", "fence_ipmilan")


def test_the_program_lies_where_its_unit_looks(machine: Machine):
    assert monitor.ensure_program()
    assert (monitor.SHARE / "fencing_monitor/__main__.py").exists()
    assert f"PYTHONPATH={monitor.SHARE}" in monitor._UNIT_FILE.read_text()
    assert not monitor.ensure_program()


def test_modules_that_are_gone_do_not_stay_behind(machine: Machine):
    monitor.ensure_program()
    leftover = monitor.SHARE / "fencing_monitor/leftover.py"
    leftover.touch()
    assert monitor.ensure_program()
    assert not leftover.exists()


def test_only_the_cluster_starts_it(machine: Machine):
    monitor.ensure_program()
    text = monitor._UNIT_FILE.read_text()
    assert "[Install]" not in text.replace("No [Install]", "")
    assert "Restart=no" in text
    assert "SupplementaryGroups=haclient" in text
