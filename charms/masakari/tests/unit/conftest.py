# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import grp
import os
import pathlib
import pwd
from unittest.mock import Mock

import pytest
from machine import Machine
from ops import testing

import charm
import database
import haproxy
import masakari
import monitor
from instance_ha import command

OFFERS = {
    "apache2": "2.4.66-1",
    "haproxy": "3.0.11-1",
    "libapache2-mod-wsgi-py3": "5.0.2-1",
    "masakari-api": "19.0.0-3",
    "masakari-engine": "19.0.0-3",
    "memcached": "1.6.38-1",
    "python3-memcache": "1.62-1",
}
UNITS = {
    name: (name,)
    for name in ("apache2", "haproxy", "masakari-api", "masakari-engine", "memcached")
}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> Machine:
    """A fresh machine; the charm's files lie in a temporary directory and belong to us."""
    machine = Machine(offers=OFFERS, units=UNITS)
    machine.addresses = {
        "eth1": "10.77.1.101/24",
        "eth2": "10.77.2.101/24",
        "eth3": "10.77.3.101/24",
    }
    monkeypatch.setattr(command, "run", machine.run)
    monkeypatch.setattr(command, "attempt", machine.attempt)
    monkeypatch.setattr(pwd, "getpwnam", lambda name: Mock(pw_uid=os.getuid()))
    monkeypatch.setattr(grp, "getgrnam", lambda name: Mock(gr_gid=os.getgid()))
    monkeypatch.setattr(masakari, "_answers", lambda port: True)
    monkeypatch.setattr(masakari, "cores", lambda: 2)
    (tmp_path / "apache2/sites-enabled").mkdir(parents=True)
    for module, name, path in (
        (masakari, "_CONF", "masakari.conf"),
        (masakari, "_SHARE", "share"),
        (masakari, "_WSGI", "share/masakari-api.wsgi"),
        (masakari, "_APACHE", "apache2"),
        (haproxy, "CONF", "haproxy.cfg"),
        (monitor, "CONF", "fencing-monitor.json"),
        (monitor, "SHARE", "monitor"),
        (monitor, "_UNIT_FILE", "masakari-fencing-monitor.service"),
    ):
        monkeypatch.setattr(module, name, tmp_path / path)
    without_taskflow = str(tmp_path / "without-taskflow.conf")
    monkeypatch.setattr(database, "_WITHOUT_TASKFLOW", without_taskflow)
    machine.answers[(haproxy.HAPROXY, "-c", "-f", "/dev/stdin")] = ""
    options = ("--config-file", database.CONF, "--config-file", without_taskflow)
    sync = (database.RUNUSER, "-u", "masakari", "--", database.MANAGE, *options, "db", "sync")
    machine.answers[sync] = ""
    machine.answers[(database.PYTHON, "-c", database._TASKFLOW_TABLES)] = ""
    return machine


@pytest.fixture
def ctx(machine: Machine) -> testing.Context[charm.MasakariCharm]:
    return testing.Context(charm.MasakariCharm, app_name="masakari", unit_id=0)
