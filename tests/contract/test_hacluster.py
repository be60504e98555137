# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`ha`: what principals of today and of before 2017 write, and the bare word they read."""

import pydantic
import pytest

from instance_ha.interfaces import hacluster

# As the predecessors' masakari writes for one VIP; the interface sends every key, empty or not.
MASAKARI = {
    "corosync_bindiface": "eth0",
    "corosync_mcastport": "4440",
    "json_resources": '{"res_masakari_d9411c8_vip":"ocf:heartbeat:IPaddr2","res_masakari_haproxy":"lsb:haproxy"}',
    "json_resource_params": '{"res_masakari_d9411c8_vip":"  params ip=\\"10.0.0.100\\"  meta'
    ' migration-threshold=\\"INFINITY\\" failure-timeout=\\"5s\\"  op monitor timeout=\\"20s\\" interval=\\"10s\\"'
    ' depth=\\"0\\"","res_masakari_haproxy":"  meta migration-threshold=\\"INFINITY\\" failure-timeout=\\"5s\\"'
    '  op monitor interval=\\"5s\\""}',
    "json_groups": '{"grp_masakari_vips":"res_masakari_d9411c8_vip"}',
    "json_ms": "{}",
    "json_orders": "{}",
    "json_colocations": "{}",
    "json_clones": '{"cl_res_masakari_haproxy":"res_masakari_haproxy"}',
    "json_locations": "{}",
    "json_delete_resources": '["res_masakari_eth0_vip"]',
    "json_init_services": '["haproxy"]',
    "json_systemd_services": "[]",
}
# As classic charms (keystone) write: compact, empty ones left out, services by resource.
CLASSIC = {
    "egress-subnets": "10.0.0.21/32",
    "ingress-address": "10.0.0.21",
    "private-address": "10.0.0.21",
    "json_resources": '{"res_ks_b78b8e8_vip":"ocf:heartbeat:IPaddr2","res_ks_haproxy":"lsb:haproxy"}',
    "json_resource_params": '{"res_ks_b78b8e8_vip":"params ip=\\"10.0.0.99\\" op monitor interval=\\"10s\\"",'
    '"res_ks_haproxy":"op monitor interval=\\"5s\\""}',
    "json_groups": '{"grp_ks_vips":"res_ks_b78b8e8_vip"}',
    "json_clones": '{"cl_ks_haproxy":"res_ks_haproxy"}',
    "json_colocations": '{"vip_haproxy":"inf: grp_ks_vips cl_ks_haproxy"}',
    "json_init_services": '{"res_ks_haproxy":"haproxy"}',
}
# Python literals, as charms wrote before there was JSON on this relation.
LITERAL = {
    "resources": "{'res_x_vip': 'ocf:heartbeat:IPaddr2'}",
    "resource_params": "{'res_x_vip': 'params ip=\"10.0.0.98\"'}",
    "init_services": "{'res_x': 'x'}",
    "delete_resources": "['res_old']",
    "clones": "{}",
}


def read(databag: dict[str, str]) -> hacluster.Request:
    request = hacluster.read(databag)
    assert request is not None
    return request


def test_the_predecessors_masakari_is_understood():
    request = read(MASAKARI)
    assert request.resources["res_masakari_haproxy"] == "lsb:haproxy"
    assert request.resource_params["res_masakari_d9411c8_vip"] == (
        'params ip="10.0.0.100" meta migration-threshold="INFINITY" failure-timeout="5s"'
        ' op monitor timeout="20s" interval="10s" depth="0"'
    )
    assert request.groups == {"grp_masakari_vips": "res_masakari_d9411c8_vip"}
    assert request.clones == {"cl_res_masakari_haproxy": "res_masakari_haproxy"}
    assert request.delete_resources == ("res_masakari_eth0_vip",)
    assert request.init_services == ("haproxy",)


def test_a_classic_charm_is_understood():
    request = read(CLASSIC)
    assert request.colocations == {"vip_haproxy": "inf: grp_ks_vips cl_ks_haproxy"}
    assert request.init_services == ("haproxy",)
    assert request.delete_resources == ()


def test_literals_of_old_are_understood():
    request = read(LITERAL)
    assert request.resources == {"res_x_vip": "ocf:heartbeat:IPaddr2"}
    assert request.init_services == ("x",)
    assert request.delete_resources == ("res_old",)


def test_json_counts_before_literals_unless_it_is_empty():
    request = read({**LITERAL, "json_resources": '{"res_y":"ocf:heartbeat:Dummy"}'})
    assert set(request.resources) == {"res_y"}
    assert set(read({**LITERAL, "json_resources": "{}"}).resources) == {"res_x_vip"}


def test_what_juju_writes_by_itself_is_no_request():
    assert hacluster.read({"private-address": "10.0.0.1", "egress-subnets": ""}) is None


def test_empty_wishes_are_a_request_for_nothing():
    assert read({"json_resources": "{}"}) == hacluster.Request()


def test_a_request_is_written_as_the_predecessors_hacluster_reads_it():
    written = hacluster.write(read(MASAKARI))
    assert set(written) == {key for key in MASAKARI if key.startswith("json_")}
    assert written["json_resources"] == MASAKARI["json_resources"]
    assert written["json_delete_resources"] == MASAKARI["json_delete_resources"]
    assert read(written) == read(MASAKARI)


def test_the_answer_is_a_bare_word():
    assert hacluster.write_answer(hacluster.Answer()) == {"clustered": "yes"}


@pytest.mark.parametrize(
    ("word", "clustered"),
    [("yes", True), ("True", True), ("true", True), ('"yes"', True), ("no", False), ("", False)],
)
def test_every_way_of_saying_yes_is_understood(word: str, clustered: bool):
    assert hacluster.is_clustered({"clustered": word}) is clustered


def test_no_answer_is_no():
    assert not hacluster.is_clustered({})


@pytest.mark.parametrize(
    "databag",
    [
        {"json_resources": '{"x y":"ocf:heartbeat:Dummy"}'},
        {"json_resources": '{"x":"ocf:heartbeat:Dummy"}', "json_groups": '{"g":"x nosuch"}'},
        {"json_clones": '{"c":"nosuch"}'},
        {"json_delete_resources": '["$(reboot)"]'},
        {"json_resources": '["x"]'},
    ],
)
def test_what_cannot_be_meant_is_refused(databag: dict[str, str]):
    with pytest.raises(pydantic.ValidationError):
        hacluster.read(databag)


def test_a_text_stays_one_definition_whatever_it_holds():
    request = read({"json_locations": '{"l":"x 100: a\\nproperty stonith-enabled=false"}'})
    assert request.locations["l"] == "x 100: a property stonith-enabled=false"


# As the predecessors' masakari writes before it knows its address: a group of nothing.
FIRST_PASS = {**MASAKARI, "json_groups": '{"grp_masakari_vips":""}'}
# As the classic keystone writes with two addresses and promotable and ordered things beside.
KEYSTONE = {
    "json_resources": '{"res_ks_b78b8e8_vip":"ocf:heartbeat:IPaddr2","res_ks_f0f1b1e_vip":"ocf:heartbeat:IPaddr2",'
    '"res_ks_haproxy":"lsb:haproxy"}',
    "json_resource_params": '{"res_ks_b78b8e8_vip":" params ip=\\"10.0.0.99\\" meta migration-threshold=\\"INFINITY\\"'
    ' failure-timeout=\\"5s\\" op monitor timeout=\\"20s\\" interval=\\"10s\\" depth=\\"0\\"",'
    '"res_ks_f0f1b1e_vip":" params ip=\\"10.0.1.99\\" op monitor timeout=\\"20s\\" interval=\\"10s\\" depth=\\"0\\"",'
    '"res_ks_haproxy":" meta migration-threshold=\\"INFINITY\\" failure-timeout=\\"5s\\" op monitor interval=\\"5s\\""}',
    "json_groups": '{"grp_ks_vips":"res_ks_b78b8e8_vip res_ks_f0f1b1e_vip"}',
    "json_clones": '{"cl_ks_haproxy":"res_ks_haproxy"}',
    "json_delete_resources": '["res_ks_eth0_vip","vip_consistently_named"]',
    "json_init_services": '{"res_ks_haproxy":"haproxy"}',
}


def test_a_group_of_nothing_is_no_group():
    assert read(FIRST_PASS).groups == {}


def test_two_addresses_of_a_classic_charm_are_one_group():
    request = read(KEYSTONE)
    assert request.groups == {"grp_ks_vips": "res_ks_b78b8e8_vip res_ks_f0f1b1e_vip"}
    assert request.delete_resources == ("res_ks_eth0_vip", "vip_consistently_named")
    assert request.init_services == ("haproxy",)


@pytest.mark.parametrize("key", sorted(KEYSTONE))
def test_any_key_may_be_missing_empty_or_null(key: str):
    for value in ("", "null", "{}", None):
        said = {name: text for name, text in KEYSTONE.items() if name != key}
        if value is not None:
            said[key] = value
        if key == "json_resources":
            # Then there is nothing for its groups and clones to hold.
            said = {name: text for name, text in said.items() if "groups" not in name and "clones" not in name}  # fmt: skip
        assert read(said) is not None


def test_services_may_be_a_list_an_object_or_missing():
    for text, services in (
        ('["haproxy"]', ("haproxy",)),
        ('{"res_x":"haproxy"}', ("haproxy",)),
        ("[]", ()),
        ("{}", ()),
    ):
        assert read({**KEYSTONE, "json_init_services": text}).init_services == services
    legacy = {"resources": "{'a': 'lsb:x'}", "init_services": "{'a': u'x', 'b': u'y'}"}
    assert read(legacy).init_services == ("x", "y")


def test_a_literal_is_read_and_never_run():
    evil = {"resources": "__import__('os').system('reboot')"}
    with pytest.raises(pydantic.ValidationError):
        hacluster.read(evil)
