# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import json

import request


def decoded(*addresses: str, haproxy: bool = True):
    return {k: json.loads(v) for k, v in request.write(addresses, haproxy=haproxy).items()}


def test_every_value_is_json_under_a_key_that_says_so():
    assert all(key.startswith("json_") for key in decoded("10.0.0.1"))


def test_each_address_is_a_resource_of_one_group_beside_haproxy():
    asked = decoded("10.0.0.1", "10.0.0.2")
    (members,) = asked["json_groups"].values()
    assert len(members.split()) == 2
    assert asked["json_clones"] == {"cl_res_anchor_haproxy": "res_anchor_haproxy"}
    assert asked["json_init_services"] == {"res_anchor_haproxy": "haproxy"}


def test_what_is_no_longer_wanted_is_to_be_deleted():
    asked = decoded("10.0.0.1", haproxy=False)
    assert asked["json_delete_resources"] == ["res_anchor_haproxy"]
    assert set(asked["json_resources"].values()) == {"ocf:heartbeat:IPaddr2"}


def test_an_address_of_ipv6_is_brought_up_by_the_agent_that_classic_charms_name():
    asked = decoded("fd00::201", "10.0.0.1")
    agents, params = asked["json_resources"], asked["json_resource_params"]
    by_agent = {agents[name]: text for name, text in params.items() if name.endswith("_vip")}
    assert by_agent["ocf:heartbeat:IPv6addr"].startswith('params ipv6addr="fd00::201" ')
    assert by_agent["ocf:heartbeat:IPaddr2"].startswith('params ip="10.0.0.1" ')
