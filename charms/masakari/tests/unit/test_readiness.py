# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

from typing import Any

import pytest
from cloud import complete
from machine import Machine
from masakari_cloud import Cloud
from ops import testing
from test_reports import answer, remotes

import api
import charm
import local_monitor

Context = testing.Context[charm.MasakariCharm]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> Cloud:
    """Two hypervisors in a segment, both watched by the cluster and fenceable."""
    cloud = Cloud("h1", "h2")
    cloud.add_segment("S1", "h1", "h2")
    monkeypatch.setattr(api, "call", cloud.call)
    answer(machine, remotes(h1="online", h2="online"))
    for host in ("h1", "h2"):
        devices(machine, host, "st-maas")
    runs(machine, "masakari-1")
    return cloud


OPTIONS = "<cluster_options stonith-enabled='true' maintenance-mode='false'/>"


def runs(
    machine: Machine,
    member: str = "",
    active: str = "true",
    options: str = OPTIONS,
    device: str = "active='true' failed='false'",
) -> None:
    """Let the cluster run the fencing monitor on a member, or nowhere."""
    place = f"<node name='{member}'/>" if member else ""
    resource = f"<resource id='res_masakari_fencing_monitor' active='{active}'>{place}</resource>"
    resource += f"<resource id='st-maas' resource_agent='stonith:fence_maas' {device}/>"
    document = f"<summary>{options}</summary><resources>{resource}</resources>"
    machine.answers[local_monitor.CRM_MON] = f"<pacemaker-result>{document}</pacemaker-result>"


def devices(machine: Machine, host: str, *names: str) -> None:
    items = "".join(f"<item>{name}</item>" for name in names)
    document = f"<pacemaker-result><list>{items}</list></pacemaker-result>"
    argv = (local_monitor.STONITH_ADMIN, "--list", host, "--output-as", "xml")
    machine.answers[argv] = document


def validate(ctx: Context) -> dict[str, Any]:
    ctx.run(ctx.on.action("validate"), complete())
    return dict(ctx.action_results or {})


def problems(ctx: Context) -> list[str]:
    return validate(ctx)["problems"].splitlines()


def test_a_readiness_without_doubt(ctx: Context, cloud: Cloud):
    said = validate(ctx)
    assert (said["outcome"], said["ready"], said["problems"]) == ("ready to recover", "yes", "")
    assert "names in MAAS" in said["unseen"]


def test_what_is_in_the_way_is_listed(ctx: Context, cloud: Cloud, machine: Machine):
    answer(machine, remotes(h2="online"))
    cloud.segments["segment-1"]["recovery_method"] = "reserved_host"
    cloud.services["h2"]["status"] = "disabled"
    said = validate(ctx)
    assert (said["outcome"], said["ready"]) == ("4 problems", "no")
    assert said["problems"].splitlines() == [
        "h1: the cluster has no remote of this name",
        "h2: disabled in nova (no reason given)",
        "segment S1: reserved_host, but no reserve that could stand in",
        "there is no second hypervisor for the instances of one that fails",
    ]


def test_a_reserve_that_is_up_serves(ctx: Context, cloud: Cloud):
    cloud.segments["segment-1"]["recovery_method"] = "rh_priority"
    cloud.host("h2")["reserved"] = True
    cloud.services["h2"]["status"] = "disabled"
    assert problems(ctx) == []


def test_a_reserve_that_is_not_fit_is_named(ctx: Context, cloud: Cloud):
    cloud.segments["segment-1"]["recovery_method"] = "rh_priority"
    cloud.host("h2")["reserved"] = True
    cloud.services["h2"] |= {"status": "disabled", "state": "down"}
    cloud.hypervisors["h2"]["running_vms"] = 2
    assert problems(ctx) == [
        "h2: nova-compute is down",
        "h2: a reserve that could not stand in: down in nova; instances are on it: 2",
        "segment S1: rh_priority, but no reserve that could stand in",
    ]


def test_a_host_that_nobody_can_power_off_is_named(ctx: Context, cloud: Cloud, machine: Machine):
    devices(machine, "h2")
    assert problems(ctx) == ["h2: no fencing device of the cluster can power it off"]


def test_instances_that_would_not_fit_are_named(ctx: Context, cloud: Cloud):
    cloud.hypervisors["h1"] |= {"memory_mb_used": 7680, "running_vms": 10}
    assert problems(ctx) == [
        "h1: its instances use 7680 MiB, and only 7168 MiB are free where they may go"
    ]


def test_with_reserved_host_only_the_reserve_counts(ctx: Context, cloud: Cloud):
    cloud.add_segment("S2", "h3")
    cloud.segments["segment-1"]["recovery_method"] = "reserved_host"
    cloud.host("h2")["reserved"] = True
    cloud.services["h2"]["status"] = "disabled"
    cloud.hypervisors["h1"] |= {"memory_mb_used": 4096, "running_vms": 1}
    cloud.hypervisors["h2"] |= {"memory_mb": 4096}
    found = "h1: its instances use 4096 MiB, and only 3072 MiB are free where they may go"
    assert found in problems(ctx)


def test_storage_that_cannot_be_shared_is_named(ctx: Context, cloud: Cloud):
    cloud.hypervisors["h2"]["local_gb"] = 120
    (problem,) = problems(ctx)
    assert "not on shared storage" in problem
    assert "h1 100 GiB, h2 120 GiB" in problem


@pytest.mark.parametrize("said", ["", "nonsense"])
def test_a_cluster_that_does_not_tell_is_a_problem(
    ctx: Context, cloud: Cloud, machine: Machine, said: str
):
    argv = (local_monitor.STONITH_ADMIN, "--list", "h1", "--output-as", "xml")
    machine.answers[argv] = said
    assert "the cluster does not tell its fencing devices" in problems(ctx)[0]


def test_a_fencing_monitor_that_runs_nowhere_is_a_problem(
    ctx: Context, cloud: Cloud, machine: Machine
):
    nowhere = "the cluster runs the fencing monitor nowhere: no failure would be reported"
    runs(machine)
    assert problems(ctx) == [nowhere]
    runs(machine, "masakari-1", active="false")
    assert problems(ctx) == [nowhere]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("stonith-enabled='false'", "the cluster does not fence (stonith-enabled=false)"),
        ("maintenance-mode='true'", "the cluster is in maintenance mode"),
    ],
)
def test_a_cluster_that_powers_nothing_off_is_a_problem(
    ctx: Context, cloud: Cloud, machine: Machine, options: str, words: str
):
    runs(machine, "masakari-1", options=f"<cluster_options {options}/>")
    said = validate(ctx)
    assert said["outcome"] == "1 problem"
    assert said["problems"] == f"{words}: no lost host would be powered off"


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("active='true' failed='true'", "has failed"),
        ("active='false' failed='false'", "does not run"),
    ],
)
def test_a_fencing_device_that_does_not_work_is_a_problem(
    ctx: Context, cloud: Cloud, machine: Machine, device: str, words: str
):
    runs(machine, "masakari-1", device=device)
    assert problems(ctx) == [
        f"the fencing device st-maas {words}; hacluster's fencing-status says more"
    ]


def test_names_that_differ_between_nova_masakari_and_the_cluster_are_problems(
    ctx: Context, cloud: Cloud, machine: Machine
):
    answer(machine, remotes(h1="online", h2="online", H3="online"))
    devices(machine, "H3", "st-maas")
    cloud.add_segment("S2", "h3.example.org")
    assert problems(ctx) == [
        "H3: nova has no nova-compute of this name",
        "h3.example.org: nova has no nova-compute of this name",
        "h3.example.org: the cluster has no remote of this name",
    ]
