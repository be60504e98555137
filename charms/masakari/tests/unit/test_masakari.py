# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest
from machine import Machine

import masakari
from instance_ha import systemd


def test_sites_of_others_are_switched_off(machine: Machine):
    enabled = masakari._APACHE / "sites-enabled"
    (enabled / "masakari-api.conf").write_text("the predecessor's")
    assert masakari.ensure_site("ours")
    assert [path.name for path in enabled.iterdir()] == ["instance-ha-masakari.conf"]
    assert not masakari.ensure_site("ours")


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(
            systemd.Unit("masakari-engine", "activating", "auto-restart"), id="between lives"
        ),
        pytest.param(
            systemd.Unit("masakari-engine", "active", "running", restarts=7, age=2), id="alive"
        ),
    ],
)
def test_a_daemon_that_dies_again_and_again_is_a_fault(
    unit: systemd.Unit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(systemd, "read", lambda *names: {"masakari-engine": unit})
    assert masakari.faults(["masakari-engine"], []) == [
        "Services not running that should be: masakari-engine"
    ]


def test_a_daemon_that_was_started_again_long_ago_is_well(monkeypatch: pytest.MonkeyPatch):
    unit = systemd.Unit("masakari-engine", "active", "running", restarts=7, age=3600)
    monkeypatch.setattr(systemd, "read", lambda *names: {"masakari-engine": unit})
    assert masakari.faults(["masakari-engine"], []) == []


def test_a_closed_port_is_a_fault_when_all_services_run(machine: Machine, monkeypatch):
    monkeypatch.setattr(masakari, "_answers", lambda port: port != 15868)
    assert masakari.faults([], [15858, 15868]) == [
        "Ports which should be open, but are not: 15868"
    ]
