# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The description of hosts' BMCs."""

import json
import textwrap

import pytest

import bmc

TEXT = """
defaults:
  kind: redfish
  username: fencing
  password: common-secret
  systems_uri: /redfish/v1/Systems/1
hosts:
  virt-node-01: {address: 10.0.9.11}
  virt-node-02.maas: {address: "fd00::12", password: own-secret, port: 8443}
  virt-node-03: {kind: ipmi, address: bmc-3.example, cipher: 3}
"""


def problem(text: str) -> str:
    with pytest.raises(bmc.BmcError) as caught:
        bmc.parse(textwrap.dedent(text))
    assert "secret" not in str(caught.value)
    return str(caught.value)


def host(**entry: object) -> str:
    given = {
        "kind": "ipmi",
        "address": "10.0.9.1",
        "username": "u",
        "password": "a-secret",
        **entry,
    }
    told = {name: value for name, value in given.items() if value is not None}
    return json.dumps({"hosts": {"h": told}})


def test_what_hosts_have_in_common_is_said_once():
    found = bmc.parse(TEXT)
    assert [each.kind for each in found.values()] == ["redfish", "redfish", "ipmi"]
    passwords = [each.password.get_secret_value() for each in found.values()]
    assert passwords == ["common-secret", "own-secret", "common-secret"]
    assert "secret" not in repr(found)


def test_the_agents_file_holds_all_that_there_is_to_know():
    told = json.loads(bmc.render(bmc.parse(TEXT)))
    assert told["virt-node-01"] == {
        "address": "10.0.9.11",
        "kind": "redfish",
        "password": "common-secret",
        "ssl_insecure": False,
        "systems_uri": "/redfish/v1/Systems/1",
        "username": "fencing",
    }
    assert told["virt-node-03"] == {
        "address": "bmc-3.example",
        "cipher": 3,
        "kind": "ipmi",
        "lanplus": True,
        "password": "common-secret",
        "privlvl": "administrator",
        "username": "fencing",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hosts: {a: [}", "not YAML (line 1)"),
        ("", "must be a mapping with hosts"),
        ("a-secret", "must be a mapping with hosts"),
        ("hosts: []", "hosts: Input should be a valid dictionary"),
        ("machines: {}", "hosts: Field required"),
        ("hosts: {'a b': {}}", "hosts.a b.[key]: String should match pattern"),
        (host(kind=None), "hosts.h.kind: must be ipmi or redfish"),
        (host(kind="ilo"), "hosts.h.kind: must be ipmi or redfish"),
        (host(address=None), "hosts.h.address: Field required"),
        (host(address="10.0.9.1 -v"), "hosts.h.address: String should match pattern"),
        (host(address="-v"), "hosts.h.address: String should match pattern"),
        (host(username=None), "hosts.h.username: Field required"),
        (host(password=""), "hosts.h.password: must be one line of text"),
        (host(password="a-secret\nb"), "hosts.h.password: must be one line of text"),
        (host(port=0), "hosts.h.port: Input should be greater than or equal to 1"),
        (host(cipher=0), "hosts.h.cipher: Input should be greater than or equal to 1"),
        (host(method="cycle"), "hosts.h.method: Extra inputs are not permitted"),
        (host(kind="redfish"), "hosts.h.systems_uri: Field required"),
        (
            host(kind="redfish", systems_uri="/x", ca="nonsense"),
            "hosts.h.ca: not a certificate in PEM, in base64",
        ),
    ],
)
def test_what_cannot_be_used_is_named_and_no_secret_with_it(text: str, said: str):
    assert said in problem(text)


def test_two_hosts_do_not_share_a_bmc():
    text = """
        defaults: {kind: ipmi, username: u, password: a-secret}
        hosts: {a: {address: 10.0.9.1}, b: {address: 10.0.9.1}}
    """
    assert problem(text) == "hosts.b: has the BMC of a"


def test_systems_of_one_bmc_are_different_ones():
    text = """
        defaults: {kind: redfish, username: u, password: a-secret, address: 10.0.9.1}
        hosts: {a: {systems_uri: /redfish/v1/Systems/1}, b: {systems_uri: /redfish/v1/Systems/2}}
    """
    assert set(bmc.parse(textwrap.dedent(text))) == {"a", "b"}


def test_a_host_is_described_once():
    text = """
        defaults: {kind: ipmi, username: u, password: a-secret}
        hosts: {a: {address: 10.0.9.1}, A.maas: {address: 10.0.9.2}}
    """
    assert problem(text) == "hosts.a: is there twice"


def test_what_no_kind_of_bmc_knows_is_told_in_defaults_too():
    text = """
        defaults: {kind: ipmi, username: u, password: a-secret, passwd: another-secret}
        hosts: {a: {address: 10.0.9.1}}
    """
    assert problem(text) == "hosts.a.passwd: Extra inputs are not permitted"


def test_an_entry_is_a_hosts_with_its_domain_or_without():
    found = bmc.match(
        ["virt-node-01", "Virt-Node-02.maas"], ["virt-node-01.maas", "virt-node-02.maas"]
    )
    assert found.entries == {
        "virt-node-01.maas": "virt-node-01",
        "virt-node-02.maas": "Virt-Node-02.maas",
    }
    assert found.unknown == ()


@pytest.mark.parametrize(
    ("name", "hosts"),
    [("h", ["a.maas"]), ("h", ["h.one", "h.two"]), ("h.one", ["h"]), ("h.one", ["h.two"])],
)
def test_an_entry_that_is_not_certainly_a_hosts_is_nobodys(name: str, hosts: list[str]):
    assert bmc.match([name], hosts) == bmc.Match({}, (name,))
