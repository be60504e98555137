# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import ipaddress

import cluster_request
from config import Config
from instance_ha.interfaces import hacluster

NEAR = [ipaddress.ip_interface("10.0.0.10/24")]


def ask(published: dict[str, str] | None = None, **options: object) -> hacluster.Request:
    return cluster_request.request(Config.model_validate(options), NEAR, published or {})


def test_a_virtual_address_is_named_as_the_predecessors_name_it():
    """The name and the text that the predecessors' interface was seen to send for this address."""
    request = ask(vip="10.0.0.100")
    assert request.resources["res_masakari_d9411c8_vip"] == "ocf:heartbeat:IPaddr2"
    assert request.resource_params["res_masakari_d9411c8_vip"] == (
        'params ip="10.0.0.100" meta migration-threshold="INFINITY" failure-timeout="5s"'
        ' op monitor timeout="20s" interval="10s" depth="0"'
    )
    assert request.groups == {"grp_masakari_vips": "res_masakari_d9411c8_vip"}


def test_haproxy_runs_on_every_member_as_with_the_predecessors():
    request = ask()
    assert request.resources["res_masakari_haproxy"] == "lsb:haproxy"
    assert request.clones == {"cl_res_masakari_haproxy": "res_masakari_haproxy"}
    assert request.init_services == ("haproxy",)


def test_an_address_in_no_network_of_the_machine_is_helped():
    request = ask(vip="192.0.2.1", vip_iface="eth7", vip_cidr=26)
    name = "res_masakari_eth7_vip"
    assert request.resource_params[name].startswith(
        'params ip="192.0.2.1" nic="eth7" cidr_netmask="26"'
    )
    assert name not in request.delete_resources


def test_several_addresses_move_together():
    request = ask(vip="10.0.0.101 10.0.0.100")
    members = request.groups["grp_masakari_vips"].split()
    assert len(members) == 2
    assert members == sorted(members)


def test_no_address_means_no_group():
    assert ask().groups == {}


def test_one_fencing_monitor_that_stays_off_the_hypervisors():
    request = ask()
    name = "res_masakari_fencing_monitor"
    assert request.resources[name] == "systemd:masakari-fencing-monitor"
    assert name not in str(request.clones)
    assert request.locations == {f"loc_{name}": f"{name} rule -inf: #kind eq remote"}


def test_an_address_that_is_given_up_is_deleted():
    before = hacluster.write(ask(vip="10.0.0.100"))
    after = ask(before, vip="10.0.0.101")
    assert "res_masakari_d9411c8_vip" in after.delete_resources
    assert ask(hacluster.write(after), vip="10.0.0.101") == after


def test_an_address_that_comes_back_is_not_deleted():
    gone = hacluster.write(ask(hacluster.write(ask(vip="10.0.0.100"))))
    assert "res_masakari_d9411c8_vip" not in ask(gone, vip="10.0.0.100").delete_resources


def test_the_predecessors_resource_named_by_its_nic_always_goes():
    assert ask(vip="10.0.0.100").delete_resources == ("res_masakari_eth0_vip",)


def test_a_failure_of_the_monitor_is_remembered_longer_than_a_busy_cluster_needs():
    params = cluster_request.request(Config(), (), {}).resource_params[cluster_request.MONITOR]
    assert 'failure-timeout="120s"' in params
