# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""`certificates`: what the predecessors' masakari asked of vault, and what vault answers."""

from instance_ha.interfaces import tls_certificates

REQUEST = tls_certificates.Request(
    unit="masakari/0",
    common_name="juju-1-lxd-0.maas",
    sans=("10.0.3.21", "10.0.3.200", "10.0.3.21"),
)
CA = "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----"
CHAIN = "-----BEGIN CERTIFICATE-----\nSU5U\n-----END CERTIFICATE-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nVU5JVA==\n-----END CERTIFICATE-----"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nS0VZ\n-----END RSA PRIVATE KEY-----"
VAULT = {
    "ca": CA,
    "chain": CHAIN,
    "client.cert": "another",
    "client.key": "another",
    "masakari_0.server.cert": CERTIFICATE,
    "masakari_0.server.key": KEY,
    "masakari_1.server.cert": "another",
    "masakari_1.server.key": "another",
    "private-address": "10.0.0.7",
}


def test_a_request_is_written_as_vault_expects_it():
    written = tls_certificates.write(REQUEST)
    assert len(written.pop("certificate_name")) == len("00000000-0000-0000-0000-000000000000")
    assert written == {
        "unit_name": "masakari_0",
        "common_name": "juju-1-lxd-0.maas",
        "sans": '["10.0.3.200","10.0.3.21"]',
    }


def test_the_same_request_is_the_same_text_whoever_asks_when():
    turned = REQUEST.model_copy(update={"sans": REQUEST.sans[::-1]})
    assert tls_certificates.write(turned) == tls_certificates.write(REQUEST)


def test_a_units_own_certificate_is_found_with_those_above_it():
    found = tls_certificates.read([{}, VAULT], REQUEST)
    assert found is not None
    assert found.certificate == f"{CERTIFICATE}\n{CHAIN}\n"
    assert found.key.get_secret_value() == KEY


def test_an_answer_among_several_counts_too():
    listed = (
        '{"juju-1-lxd-0.maas": {"cert": "CERT", "key": "KEY"}, "other": {"cert": "", "key": ""}}'
    )
    found = tls_certificates.read([{"masakari_0.processed_requests": listed}], REQUEST)
    assert found is not None
    assert found.certificate == "CERT\n"


def test_half_an_answer_is_none():
    half = {key: value for key, value in VAULT.items() if key != "masakari_0.server.key"}
    assert tls_certificates.read([half], REQUEST) is None
    assert tls_certificates.read([], REQUEST) is None


def test_the_authority_is_known_before_anything_is_certified():
    assert tls_certificates.authorities([{}, {"ca": CA}]) == f"{CA}\n"
    assert tls_certificates.authorities([VAULT]) == f"{CA}\n{CHAIN}\n"
    assert tls_certificates.authorities([{"chain": CHAIN}]) == ""


def test_a_key_does_not_show():
    assert "S0VZ" not in repr(tls_certificates.read([VAULT], REQUEST))
