# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Fencing devices, and whether they will work."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

import cib
import fencing
from config import Config
from fencing import Fenced
from matching import Identity

CONFIG = Config(maas_url="http://maas:5240/MAAS")


@pytest.mark.parametrize("uuid", ["", "u-1"])
@pytest.mark.parametrize("owner", ["", "juju", "a:b", "a;b", "a b"])
def test_a_machine_is_written_down_and_read_again(uuid: str, owner: str):
    identity = Identity("a1", "h", uuid, owner)
    root = ET.fromstring("<cib><configuration><resources/></configuration></cib>")
    devices = fencing.devices(CONFIG, Fenced({"h.maas": identity}), ["m"])
    cib.section(root, "resources").extend(devices)
    told = owner if owner == "juju" else ""
    assert fencing.present(root) == Fenced({"h.maas": Identity("a1", "h", uuid, told)})


def test_the_device_for_hosts_names_machines_and_never_the_key():
    members, hosts = fencing.devices(
        CONFIG,
        Fenced({"h2.maas": Identity("a2", "h2"), "h1.maas": Identity("a1", "h1", "u-1")}),
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
    params = cib.attributes(fencing.devices(config, Fenced({"h": Identity("a1", "h")}), ["a"])[1])
    assert (params["max_hosts"], params["window"]) == ("4", "60")
    assert (params["total_timeout"], params["pcmk_off_timeout"]) == ("60", "90s")
    assert params["monitor_host"] == "10.0.0.1 10.0.0.2"


def test_the_device_is_told_whom_to_trust_only_if_somebody_said():
    machines = {"h": Identity("a1", "h")}
    assert "ssl_ca" not in cib.attributes(fencing.devices(CONFIG, Fenced(machines), ["a"])[1])
    trusting = CONFIG.model_copy(update={"maas_ca": "PEM"})
    device = fencing.devices(trusting, Fenced(machines), ["a"])[1]
    assert cib.attributes(device)["ssl_ca"] == "/etc/pacemaker/fence_maas.pem"


def test_the_storm_guard_stands_unless_the_operator_says_otherwise():
    params = cib.attributes(fencing.devices(CONFIG, Fenced({"h": Identity("a1", "h")}), ["a"])[1])
    assert (params["max_hosts"], params["window"]) == ("0", "300")
    assert "monitor_host" not in params


@pytest.mark.parametrize("device", range(2))
def test_no_device_may_fence_what_it_was_not_told_of(device: int):
    devices = fencing.devices(CONFIG, Fenced({"h": Identity("a1", "h")}), ["a"])
    assert cib.attributes(devices[device])["pcmk_host_check"] == "static-list"


def test_without_hosts_there_is_no_device_for_them():
    assert [device.get("id") for device in fencing.devices(CONFIG, Fenced({}), ["a"])] == [
        "st-members"
    ]


def test_the_present_device_tells_which_machine_is_which_host(data: Callable[[str], str]):
    present = fencing.present(ET.fromstring(data("cib-unclean.xml"))).machines
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
    assert fencing.present(root) == Fenced()


# The second level

BOTH = Fenced(
    {"h1.maas": Identity("a1", "h1", "u-1"), "h2.maas": Identity("a2", "h2")},
    {"h1.maas": "h1", "h3.maas": "h3.maas"},
)


def levels(config: Config, fenced: Fenced) -> list[tuple[str | None, ...]]:
    found = fencing.levels(config, fenced)
    return [(each.get("target"), each.get("index"), each.get("devices")) for each in found]


def test_hosts_with_a_bmc_are_fenced_through_maas_and_then_directly():
    assert levels(CONFIG, BOTH) == [
        ("h1.maas", "1", "st-maas"),
        ("h1.maas", "2", "st-bmc"),
        ("h3.maas", "2", "st-bmc"),
    ]


def test_without_maas_the_second_level_stands_alone():
    assert levels(Config(), BOTH) == [("h1.maas", "2", "st-bmc"), ("h3.maas", "2", "st-bmc")]
    names = [device.get("id") for device in fencing.devices(Config(), BOTH, ["a"])]
    assert names == ["st-members", "st-bmc"]


def test_the_device_for_bmcs_names_hosts_and_the_file_and_no_secret():
    device = fencing.devices(CONFIG, BOTH, ["a"])[2]
    assert device.get("type") == "fence_bmc"
    params = cib.attributes(device)
    assert params["credentials_file"] == "/etc/pacemaker/fence_bmc.json"
    assert params["hosts"] == "h1 h3.maas"
    assert params["pcmk_host_map"] == "h1.maas:h1;h3.maas:h3.maas"
    assert params["pcmk_host_check"] == "static-list"
    assert (params["max_hosts"], params["window"]) == ("0", "300")
    assert (params["maas_url"], params["maas_hosts"]) == (CONFIG.maas_url, "a1:h1:u-1 a2:h2")
    assert "maas_ssl_ca" not in params
    assert fencing.present(cluster_of(*fencing.devices(CONFIG, BOTH, ["a"]))) == BOTH


def test_without_maas_nobody_is_asked_for_strangers():
    device = fencing.devices(Config(), Fenced({}, {"h3.maas": "h3.maas"}), ["a"])[1]
    assert not [name for name in cib.attributes(device) if name.startswith("maas_")]


def test_two_levels_share_the_time_and_none_of_them_is_tried_twice():
    hosts, bmcs = (cib.attributes(each) for each in fencing.devices(CONFIG, BOTH, ["a"])[1:])
    for params in (hosts, bmcs):
        assert (params["total_timeout"], params["pcmk_off_timeout"]) == ("45", "60s")
        assert params["pcmk_off_retries"] == "1"
    alone = cib.attributes(fencing.devices(Config(), BOTH, ["a"])[1])
    assert (alone["total_timeout"], alone["pcmk_off_timeout"]) == ("90", "120s")
    assert "pcmk_off_retries" not in alone


def cluster_of(*devices: ET.Element) -> ET.Element:
    root = ET.fromstring("<cib><configuration><resources/></configuration></cib>")
    cib.section(root, "resources").extend(devices)
    return root
