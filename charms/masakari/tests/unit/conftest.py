# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import grp
import json
import os
import pathlib
import pwd
import socket
from unittest.mock import Mock

import pytest
from machine import Machine
from ops import testing

import api
import charm
import credentials
import database
import engine_parts
import haproxy
import local_monitor
import masakari
import monitor
import monitoring
import policy
import renewal
import sources
import trust
import upgrade
from instance_ha import authorities, command

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
    monkeypatch.setattr(local_monitor, "_URL", "http://127.0.0.1:1")  # it runs on another unit
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
        (monitoring, "_UNIT_FILE", "masakari-metrics.service"),
    ):
        monkeypatch.setattr(module, name, tmp_path / path)
    for module, name, path in (
        (credentials, "DATABASE_CA", "tls/database-ca.pem"),
        (credentials, "DATABASE_CERTIFICATE", "tls/database-cert.pem"),
        (credentials, "DATABASE_KEY", "tls/database-key.pem"),
        (credentials, "BROKER_CA", "tls/broker-ca.pem"),
        (credentials, "CERTIFICATE", "ssl/certificate.pem"),
        (credentials, "KEY", "ssl/key.pem"),
        (engine_parts, "PLACE", "share/engine"),
        (engine_parts, "DROP_IN", "masakari-engine.service.d/instance-ha.conf"),
        (renewal, "_PROGRAM", "share/api_reload.py"),
        (renewal, "_UNIT_FILE", "masakari-api-reload.service"),
        (trust, "_APACHE_SSL", "apache2/mods-enabled/ssl.load"),
        (trust, "_TRUSTED", "trusted"),
        (authorities, "_DIRECTORY", "trusted"),
        (policy, "DIRECTORY", "policy.d"),
        (sources, "_LIST", "masakari-charm.list"),
        (sources, "_KEY", "masakari-charm.asc"),
        (sources, "_KEYRING", "masakari-charm.gpg"),
        (sources, "_APPLIED", "share/openstack-origin"),
    ):
        monkeypatch.setattr(module, name, tmp_path / path)
    monkeypatch.setattr(sources, "distribution", lambda: sources.Distribution("debian", "trixie"))
    monkeypatch.setattr(socket, "getfqdn", lambda name="": "juju-1-lxd-0.maas")
    machine.answers[(trust.A2ENMOD, "--quiet", "ssl")] = ""
    machine.answers[(authorities.UPDATE, "--fresh")] = ""
    machine.answers[(sources.APT_CACHE, "policy", "masakari-api")] = "  Candidate: 19.0.0-3\n"
    machine.answers[(upgrade.CHECK, "upgrade", "check")] = "Check: Policy File; Result: Success"
    calls = (api.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "rest")
    machine.answers[calls] = json.dumps({"answers": [{"notifications": []}], "error": None})
    looks = (local_monitor.PYTHON, "-m", "fencing_monitor", f"--config={monitor.CONF}", "explain")
    machine.answers[looks] = json.dumps({"quorate": True, "hosts": {}})
    machine.answers[local_monitor.CRM_MON] = ""
    without_taskflow = str(tmp_path / "without-taskflow.conf")
    monkeypatch.setattr(database, "_WITHOUT_TASKFLOW", without_taskflow)
    monkeypatch.setattr(database, "_ALOUD", str(tmp_path / "aloud.conf"))
    machine.answers[(haproxy.HAPROXY, "-c", "-f", "/dev/stdin")] = ""
    options = ("--config-file", database.CONF, "--config-file", without_taskflow)
    sync = (database.RUNUSER, "-u", "masakari", "--", database.MANAGE, *options, "db", "sync")
    machine.answers[sync] = ""
    machine.answers[(database.PYTHON, "-c", database._TASKFLOW_TABLES)] = ""
    return machine


@pytest.fixture
def ctx(machine: Machine) -> testing.Context[charm.MasakariCharm]:
    return testing.Context(charm.MasakariCharm, app_name="masakari", unit_id=0)
