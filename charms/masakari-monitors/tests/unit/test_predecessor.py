# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor that the predecessor has set up, refreshed."""

import dataclasses
import stat

import pytest
from cloud import IDENTITY, state
from machine import Machine, Unit
from ops import testing

import charm
import monitors

Context = testing.Context[charm.MasakariMonitorsCharm]
ASKED = {"username": "masakari-monitors", "project": "services"}


@pytest.fixture
def left(machine: Machine) -> Machine:
    """The machine as the predecessor has left it: both monitors run, a list of processes lies about."""
    names = (monitors.INSTANCE, monitors.HOST)
    machine.packages = {name: machine.offers[name] for name in names}
    machine.units = {name: Unit("active", "enabled") for name in names}
    monitors._DIRECTORY.mkdir()
    monitors.CONF.write_text("[DEFAULT]\nhostname = virt-node-01.maas\n")
    monitors.CONF.chmod(0o644)
    return machine


def refreshed(ctx: Context) -> testing.State:
    identity = dataclasses.replace(IDENTITY, local_unit_data=ASKED)
    return ctx.run(ctx.on.upgrade_charm(), state(identity))


def test_the_instance_monitor_goes_on_and_the_host_monitor_ends(ctx: Context, left: Machine):
    out = refreshed(ctx)
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    assert left.units[monitors.INSTANCE].active == "active"
    # From now on the cluster itself reports hosts, and only once they are fenced.
    host = left.units[monitors.HOST]
    assert (host.active, host.file) == ("inactive", "disabled")
    assert f"try-restart {monitors.INSTANCE}" in left.changes
    assert not [change for change in left.changes if change.startswith("apt-get")]


def test_keystone_is_asked_for_the_same_user(ctx: Context, left: Machine):
    out = refreshed(ctx)
    assert out.get_relation(IDENTITY.id).local_unit_data.items() >= ASKED.items()


def test_the_configuration_is_replaced_and_no_longer_for_everybody(ctx: Context, left: Machine):
    refreshed(ctx)
    assert "identity-password" in monitors.CONF.read_text()
    assert stat.S_IMODE(monitors.CONF.stat().st_mode) == 0o640
