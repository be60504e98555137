# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Options."""

import base64
import pathlib

import pydantic
import pytest
import yaml

import config

DECLARED = yaml.safe_load((pathlib.Path(__file__).parents[2] / "charmcraft.yaml").read_text())


def problem(**options: object) -> str:
    with pytest.raises(pydantic.ValidationError) as caught:
        config.Config.model_validate(options)
    return config.explain(caught.value)


def test_defaults_are_those_that_charmcraft_declares():
    declared = DECLARED["config"]["options"]
    for name, field in config.Config.model_fields.items():
        dashed = name.replace("_", "-")
        default = declared[dashed if dashed in declared else name].get("default")
        assert default == (field.default or None) or default == field.default


@pytest.mark.parametrize(
    ("name", "transport"),
    [("unicast", "udpu"), ("udpu", "udpu"), ("UNICAST", "udpu"), ("multicast", "udp")],
)
def test_the_predecessors_transports_are_understood(name: str, transport: str):
    assert config.Config(corosync_transport=name).corosync_transport == transport


def test_two_levels_of_fencing_need_time():
    both = {"maas_url": "http://maas/MAAS", "bmc_credentials": "secret:abc"}
    assert problem(**both, fencing_timeout=119) == (
        "fencing-timeout must be 120 or more with two levels of fencing"
    )
    config.Config.model_validate({**both, "fencing_timeout": 120})
    config.Config.model_validate({"bmc_credentials": "secret:abc", "fencing_timeout": 60})


def test_an_unknown_transport_is_refused_with_what_to_use_instead():
    assert problem(corosync_transport="sctp") == (
        "corosync_transport: sctp is not supported; use knet, unicast or multicast"
    )


@pytest.mark.parametrize("ipv6", [True, False])
def test_a_multicast_address_is_of_the_rings_family(ipv6: bool):
    ours, other = ("ff15::1", "226.94.1.1") if ipv6 else ("226.94.1.1", "ff15::1")
    values: dict[str, object] = {"corosync_transport": "multicast", "prefer_ipv6": ipv6}
    assert config.Config.model_validate({**values, "corosync_mcastaddr": ours})
    assert problem(**values, corosync_mcastaddr=other) == (
        f"corosync_mcastaddr must be an IPv{6 if ipv6 else 4} address, as those of the ring"
    )
    # It counts for multicast only.
    assert config.Config.model_validate({"prefer_ipv6": ipv6})


def test_a_multicast_address_is_one():
    assert problem(corosync_mcastaddr="10.0.0.1") == (
        "corosync_mcastaddr: must be a multicast address"
    )


def test_an_unknown_quorum_policy_is_refused_in_the_predecessors_words():
    assert problem(no_quorum_policy="whatever") == "Invalid no_quorum_policy specified"
    assert config.Config(no_quorum_policy="STOP").no_quorum_policy == "stop"  # type: ignore[arg-type]


def test_a_key_that_is_refused_is_not_shown():
    said = problem(corosync_key="c2VjcmV0")
    assert said == "corosync_key: must be 128 to 4096 bytes"
    assert "c2VjcmV0" not in repr(
        config.Config(corosync_key=base64.b64encode(b"c" * 128).decode())
    )


def test_empty_texts_are_unset():
    found = config.Config(corosync_key="", maas_url="", maas_credentials="")  # type: ignore[arg-type]
    assert (found.corosync_key, found.maas_url, found.maas_credentials) == (None, None, None)


def test_an_address_of_maas_needs_a_scheme():
    assert problem(maas_url="maas.example") == "maas_url: must start with http:// or https://"


def test_hosts_to_ping_are_addresses():
    assert config.Config(monitor_host="10.0.0.1  10.0.0.2").monitor_host == "10.0.0.1 10.0.0.2"
    assert problem(monitor_host="$(reboot)").startswith("monitor_host: ")


def test_a_cluster_has_at_least_one_member():
    assert problem(cluster_count=0) == (
        "cluster_count: Input should be greater than or equal to 1"
    )


def test_consensus_is_never_shorter_than_corosync_advises():
    assert problem(token=3000, consensus=3500) == "consensus must be at least 1.2 times token"
    assert config.Config(token=3000, consensus=3600).consensus == 3600
