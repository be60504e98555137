# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import dataclasses
import json

import pytest
from cloud import SHARED_DB, complete, told
from machine import Machine
from ops import testing
from test_charm import at_work, calls_to_the_cloud, with_option

import charm
import sources

Context = testing.Context[charm.MasakariCharm]


@pytest.fixture
def noble(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine of Ubuntu 24.04 whose sources can get flamingo."""
    monkeypatch.setattr(sources, "distribution", lambda: sources.Distribution("ubuntu", "noble"))
    machine.offers |= {"software-properties-common": "1"}
    added = (sources.ADD_REPOSITORY, "--yes", "--no-update", "cloud-archive:flamingo")
    machine.answers[added] = ""
    return machine


def newer(machine: Machine) -> None:
    """Let the machine's sources carry the next release."""
    policy = (sources.APT_CACHE, "policy", "masakari-api")
    machine.answers[policy] = "  Candidate: 20.0.0-1\n"
    machine.upgrades = {"masakari-api": "20.0.0-1", "masakari-engine": "20.0.0-1"}


def test_a_new_origin_upgrades_and_migrates_once(ctx: Context, noble: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    newer(noble)
    noble.changes.clear()
    out = ctx.run(ctx.on.config_changed(), with_option(once, "openstack-origin", "flamingo"))
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    assert out.workload_version == "20.0.0"
    steps = [one for one in noble.changes if "db sync" in one or "dist-upgrade" in one]
    assert [step.split()[-1] for step in steps] == ["dist-upgrade", "sync"]
    assert noble.units["masakari-engine"].active == "active"
    noble.changes.clear()
    ctx.run(ctx.on.update_status(), out)
    assert noble.changes == []


def test_a_recovery_is_waited_for(ctx: Context, noble: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    newer(noble)
    noble.answers[calls_to_the_cloud()] = at_work()
    out = ctx.run(ctx.on.config_changed(), with_option(once, "openstack-origin", "flamingo"))
    assert out.unit_status == testing.ActiveStatus(
        "Unit is ready; openstack-origin waits for a recovery to end"
    )
    assert noble.packages["masakari-api"] == "19.0.0-3"


def test_the_action_upgrades_where_that_is_left_to_it(ctx: Context, noble: Machine):
    once = ctx.run(ctx.on.config_changed(), complete(action_managed_upgrade=True))
    newer(noble)
    wanted = with_option(once, "openstack-origin", "flamingo")
    out = ctx.run(ctx.on.config_changed(), wanted)
    assert out.unit_status == testing.ActiveStatus(
        "Unit is ready; openstack-origin waits for the action openstack-upgrade"
    )
    ctx.run(ctx.on.action("package-upgrade"), out)
    assert ctx.action_results == {
        "outcome": "upgrade skipped because an openstack upgrade is available"
    }
    out = ctx.run(ctx.on.action("openstack-upgrade"), out)
    assert out.unit_status == testing.ActiveStatus("Unit is ready")
    assert ctx.action_results == {
        "outcome": "upgraded masakari-api 20.0.0-1, masakari-engine 20.0.0-1",
        "upgrade-check": "Check: Policy File; Result: Success",
    }


@pytest.mark.parametrize("action", ["openstack-upgrade", "package-upgrade"])
def test_an_upgrade_is_refused_while_a_recovery_runs(ctx: Context, machine: Machine, action: str):
    once = ctx.run(ctx.on.config_changed(), complete())
    machine.answers[calls_to_the_cloud()] = at_work()
    with pytest.raises(testing.ActionFailed, match="waits for a recovery: COMPUTE_HOST a-uuid"):
        ctx.run(ctx.on.action(action), once)


def test_there_may_be_nothing_to_upgrade(ctx: Context):
    once = ctx.run(ctx.on.config_changed(), complete())
    ctx.run(ctx.on.action("openstack-upgrade"), once)
    assert ctx.action_results["outcome"] == "this release is installed already"


def test_a_unit_that_is_ahead_waits_for_the_leader(ctx: Context, noble: Machine):
    peers = told(SHARED_DB.id, 19)
    before = complete(leader=False)
    relations = [peers if one.endpoint == "cluster" else one for one in before.relations]
    once = ctx.run(ctx.on.config_changed(), dataclasses.replace(before, relations=relations))
    newer(noble)
    out = ctx.run(ctx.on.config_changed(), with_option(once, "openstack-origin", "flamingo"))
    assert out.unit_status == testing.WaitingStatus("the leader has not prepared the database yet")
    assert noble.units["masakari-engine"].active == "inactive"


def test_an_older_release_is_refused(ctx: Context, noble: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    policy = (sources.APT_CACHE, "policy", "masakari-api")
    noble.answers[policy] = "  Candidate: 2:17.0.0-0ubuntu1\n"
    out = ctx.run(ctx.on.config_changed(), with_option(once, "openstack-origin", "caracal"))
    assert out.unit_status == testing.BlockedStatus(
        "openstack-origin: offers caracal, but epoxy is installed"
    )


def test_what_this_machine_cannot_use_is_named(ctx: Context):
    once = ctx.run(ctx.on.config_changed(), complete())
    wanted = with_option(once, "openstack-origin", "cloud:jammy-caracal")
    assert ctx.run(ctx.on.config_changed(), wanted).unit_status == testing.BlockedStatus(
        "openstack-origin: cloud:jammy-caracal is for Ubuntu; on debian use distro"
    )


def test_a_unit_of_the_predecessor_is_not_upgraded_by_a_refresh(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    sources._APPLIED.unlink()
    newer(machine)
    out = ctx.run(ctx.on.upgrade_charm(), once)
    assert out.workload_version == "19.0.0"
    assert sources._APPLIED.read_text() == "distro"


def test_the_leader_says_for_which_release_the_tables_are(ctx: Context, noble: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    newer(noble)
    out = ctx.run(ctx.on.config_changed(), with_option(once, "openstack-origin", "flamingo"))
    (peers,) = [one for one in out.relations if one.endpoint == "cluster"]
    assert json.loads(peers.local_app_data["database-schema"])["release"] == 20
