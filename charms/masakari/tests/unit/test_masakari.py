# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from machine import Machine

import masakari


def test_sites_of_others_are_switched_off(machine: Machine):
    enabled = masakari._APACHE / "sites-enabled"
    (enabled / "masakari-api.conf").write_text("the predecessor's")
    assert masakari.ensure_site("ours")
    assert [path.name for path in enabled.iterdir()] == ["instance-ha-masakari.conf"]
    assert not masakari.ensure_site("ours")


def test_a_daemon_that_dies_and_is_started_again_and_again_is_a_fault(machine: Machine):
    properties = "--property=Id,ActiveState,SubState,UnitFileState,LoadState"
    argv = ("/usr/bin/systemctl", "show", properties, "masakari-engine.service")
    machine.answers[argv] = "ActiveState=activating\nSubState=auto-restart\n"
    assert masakari.faults(["masakari-engine"], []) == [
        "Services not running that should be: masakari-engine"
    ]


def test_a_closed_port_is_a_fault_when_all_services_run(machine: Machine, monkeypatch):
    monkeypatch.setattr(masakari, "_answers", lambda port: port != 15868)
    assert masakari.faults([], [15858, 15868]) == [
        "Ports which should be open, but are not: 15868"
    ]
