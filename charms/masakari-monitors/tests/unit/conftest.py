# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import grp
import os
import pathlib
import pwd
import socket
from unittest.mock import Mock

import pytest
from machine import Machine
from ops import testing

import charm
import monitors
import nova
import watcher
from instance_ha import authorities, command

OFFERS = {name: "19.0.0-1" for name in monitors.ALL}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Machine:
    """A fresh hypervisor; the charm's files lie in a temporary directory and belong to us."""
    machine = Machine(offers=OFFERS, units={name: (name,) for name in OFFERS})
    monkeypatch.setattr(command, "run", machine.run)
    monkeypatch.setattr(command, "attempt", machine.attempt)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: Mock(pw_uid=os.getuid()))
    monkeypatch.setattr(grp, "getgrnam", lambda name: Mock(gr_gid=os.getgid()))
    monkeypatch.setattr(socket, "getfqdn", lambda: "virt-node-01.maas")
    monkeypatch.setattr(monitors, "_DIRECTORY", tmp_path / "masakarimonitors")
    monkeypatch.setattr(monitors, "CONF", tmp_path / "masakarimonitors/masakarimonitors.conf")
    monkeypatch.setattr(monitors, "PROCESSES", tmp_path / "masakarimonitors/process_list.yaml")
    monkeypatch.setattr(authorities, "_DIRECTORY", tmp_path / "trusted")
    monkeypatch.setattr(watcher, "_PROGRAM", tmp_path / "share/watch.py")
    monkeypatch.setattr(watcher, "_UNITS", tmp_path / "systemd")
    monkeypatch.setattr(nova, "DIRECTORIES", (tmp_path / "nova.conf.d",))
    machine.answers[(authorities.UPDATE, "--fresh")] = ""
    monkeypatch.setattr(monitors, "_DEFAULTS", tmp_path / "default")
    confs = (tmp_path / "nova.conf", tmp_path / "nova-compute.conf")
    monkeypatch.setattr(nova, "CONFS", confs)
    return machine


@pytest.fixture
def ctx(machine: Machine) -> testing.Context[charm.MasakariMonitorsCharm]:
    return testing.Context(charm.MasakariMonitorsCharm, app_name="masakari-monitors", unit_id=0)
