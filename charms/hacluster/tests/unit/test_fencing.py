# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Fencing devices, and whether they will work."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

import cib
import fencing
from config import Config
from fencing import Identity
from maas import Machine

CONFIG = Config(maas_url="http://maas:5240/MAAS")


def machine(system_id: str, fqdn: str = "h.maas", **values: object) -> Machine:
    given = {"uuid": "u-1", "power_type": "ipmi", "locked": False, **values}
    return Machine(system_id=system_id, fqdn=fqdn, **given)  # type: ignore[arg-type]


def test_one_machine_of_that_name_is_the_host():
    report = fencing.match(["h.maas"], [machine("a1"), machine("a2", "h.other")])
    assert report == fencing.Report({"h.maas": Identity("a1", "h", "u-1")})


def test_a_short_name_is_matched_if_it_is_one_machines_only():
    assert fencing.match(["h"], [machine("a1")]).machines["h"].system_id == "a1"
    assert fencing.match(["h"], [machine("a1"), machine("a2", "h.other")]).problems == (
        "h: ambiguous in MAAS",
    )


@pytest.mark.parametrize(
    ("machines", "problem"),
    [
        ([], "h.maas: unknown to MAAS"),
        ([machine("a1", "h.other")], "h.maas: unknown to MAAS"),
        ([machine("a1"), machine("a2")], "h.maas: ambiguous in MAAS"),
        ([machine("a1", power_type="manual")], "h.maas: MAAS cannot control its power"),
    ],
)
def test_what_is_not_certain_gets_no_device(machines: list[Machine], problem: str):
    assert fencing.match(["h.maas"], machines) == fencing.Report({}, (problem,))


def test_a_locked_machine_is_known_and_reported():
    report = fencing.match(["h.maas"], [machine("a1", locked=True)])
    assert set(report.machines) == {"h.maas"}
    assert report.problems == ("h.maas: locked in MAAS",)


def test_what_is_not_known_of_a_machine_contradicts_nothing():
    report = fencing.Report({"h.maas": Identity("a1", "h", "u-1", "juju")})
    for known in (
        Identity("a1", "h"),
        Identity("a1", "h", "u-1"),
        Identity("a1", "h", "", "juju"),
    ):
        assert not fencing.changed(report, {"h.maas": known}).problems
    assert fencing.changed(report, {"h.maas": Identity("a1", "h", "u-1", "other")}).problems


@pytest.mark.parametrize("uuid", ["", "u-1"])
@pytest.mark.parametrize("owner", ["", "juju", "a:b", "a;b", "a b"])
def test_a_machine_is_written_down_and_read_again(uuid: str, owner: str):
    identity = Identity("a1", "h", uuid, owner)
    root = ET.fromstring("<cib><configuration><resources/></configuration></cib>")
    devices = fencing.devices(CONFIG, {"h.maas": identity}, ["m"])
    cib.section(root, "resources").extend(devices)
    told = owner if owner == "juju" else ""
    assert fencing.present(root) == {"h.maas": Identity("a1", "h", uuid, told)}


def test_a_host_that_is_another_machine_than_it_was_is_reported():
    report = fencing.Report({"h.maas": Identity("a1", "h", "u-2")})
    assert fencing.changed(report, {"h.maas": Identity("a1", "h", "u-1")}).problems == (
        "h.maas: not the machine any more that it was",
    )
    assert fencing.changed(report, {}).problems == ()


def test_the_device_for_hosts_names_machines_and_never_the_key():
    members, hosts = fencing.devices(
        CONFIG,
        {"h2.maas": Identity("a2", "h2"), "h1.maas": Identity("a1", "h1", "u-1")},
        ["b", "a"],
    )
    params = cib.attributes(hosts)
    assert hosts.get("type") == "fence_maas"
    assert params["pcmk_host_map"] == "h1.maas:a1;h2.maas:a2"
    assert params["hosts"] == "a1:h1:u-1 a2:h2"
    assert params["pcmk_action_limit"] == "-1"
    assert params["credentials_file"] == "/etc/pacemaker/fence_maas.key"
    assert int(params["pcmk_off_timeout"].removesuffix("s")) > int(params["total_timeout"])
    assert cib.attributes(members)["pcmk_host_list"] == "a b"


def test_the_device_carries_what_the_storm_guard_must_know():
    config = Config.model_validate(
        {
            "maas_url": "http://maas/MAAS",
            "fencing_max_hosts": 4,
            "fencing_window": 60,
            "fencing_timeout": 90,
            "monitor_host": "10.0.0.1 10.0.0.2",
        }
    )
    params = cib.attributes(fencing.devices(config, {"h": Identity("a1", "h")}, ["a"])[1])
    assert (params["max_hosts"], params["window"]) == ("4", "60")
    assert (params["total_timeout"], params["pcmk_off_timeout"]) == ("60", "90s")
    assert params["monitor_host"] == "10.0.0.1 10.0.0.2"


def test_the_device_is_told_whom_to_trust_only_if_somebody_said():
    machines = {"h": Identity("a1", "h")}
    assert "ssl_ca" not in cib.attributes(fencing.devices(CONFIG, machines, ["a"])[1])
    trusting = CONFIG.model_copy(update={"maas_ca": "PEM"})
    device = fencing.devices(trusting, machines, ["a"])[1]
    assert cib.attributes(device)["ssl_ca"] == "/etc/pacemaker/fence_maas.pem"


def test_the_storm_guard_stands_unless_the_operator_says_otherwise():
    params = cib.attributes(fencing.devices(CONFIG, {"h": Identity("a1", "h")}, ["a"])[1])
    assert (params["max_hosts"], params["window"]) == ("0", "300")
    assert "monitor_host" not in params


@pytest.mark.parametrize("device", range(2))
def test_no_device_may_fence_what_it_was_not_told_of(device: int):
    devices = fencing.devices(CONFIG, {"h": Identity("a1", "h")}, ["a"])
    assert cib.attributes(devices[device])["pcmk_host_check"] == "static-list"


def test_without_hosts_there_is_no_device_for_them():
    assert [device.get("id") for device in fencing.devices(CONFIG, {}, ["a"])] == ["st-members"]


def test_the_present_device_tells_which_machine_is_which_host(data: Callable[[str], str]):
    present = fencing.present(ET.fromstring(data("cib-unclean.xml")))
    assert present == {
        "virt-node-01.maas": Identity(
            "a7d4v1", "virt-node-01", "7a9f52c7-a36b-5cb9-b411-240760175e19"
        ),
        "virt-node-02.maas": Identity(
            "k4r8v2", "virt-node-02", "5474128c-d2ce-57c1-b0d2-5d1e9e0e06af"
        ),
    }


def test_the_predecessors_device_tells_nothing():
    root = ET.fromstring("<cib><configuration><resources/></configuration></cib>")
    device = cib.primitive("st-maas", "stonith:external/maas", params={"hostnames": "h1 h1.maas"})
    cib.section(root, "resources").append(device)
    assert fencing.present(root) == {}
