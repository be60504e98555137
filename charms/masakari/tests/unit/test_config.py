# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pydantic
import pytest

from config import Config, problems

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----"


def complaint(**options: object) -> str:
    with pytest.raises(pydantic.ValidationError) as caught:
        Config.model_validate(options)
    return problems(caught.value)


def test_addresses_may_be_separated_by_blanks_or_commas():
    assert Config.model_validate({"vip": "10.0.0.1, 10.0.1.1  fd00::1"}).vip == (
        Config.model_validate({"vip": "10.0.0.1 10.0.1.1 fd00::1"}).vip
    )


def test_a_fenced_host_is_not_waited_for():
    assert Config.model_validate({"evacuation_delay": 60}).engine_wait == 0


def test_without_fencing_the_delay_is_all_there_is():
    assert (
        Config.model_validate({"require_fencing": False, "evacuation_delay": 45}).engine_wait == 45
    )


def test_a_complaint_names_the_option_as_the_operator_wrote_it():
    assert complaint(evacuation_delay=-1).startswith("evacuation-delay: ")
    assert complaint(vip_cidr=0).startswith("vip_cidr: ")


def test_dns_ha_is_refused_with_what_to_do():
    assert complaint(dns_ha=True) == (
        "dns-ha: not supported: its agent for MAAS has had no client since Ubuntu 20.04; use vip"
    )


def test_an_expiration_of_zero_is_masakaris_own_as_with_the_predecessors():
    config = Config.model_validate({"notification_expiration": 0, "check_expired_interval": 0})
    assert (config.notification_expiration, config.check_expired_interval) == (None, None)
    assert complaint(notification_expiration=-1).startswith("notification-expiration: ")


@pytest.mark.parametrize("option", ["ssl_cert", "ssl_key", "ssl_ca"])
def test_what_is_no_certificate_is_named(option: str):
    kind = "private key" if option == "ssl_key" else "certificate"
    assert complaint(**{option: "QUJD"}) == f"{option}: not a {kind} in PEM, in base64"


def test_a_key_is_not_shown():
    pem = "-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----"
    assert "S0VZ" not in repr(Config.model_validate({"ssl_cert": CERTIFICATE, "ssl_key": pem}))


def test_an_origin_that_nobody_knows_is_named():
    assert complaint(openstack_origin="nonsense").startswith(
        "openstack-origin: nonsense is neither"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{service_name}.example.org", "masakari.example.org"),
        ("api.example.org", "api.example.org"),
    ],
)
def test_a_hostname_may_hold_the_services_name(text: str, expected: str):
    assert Config.model_validate({"os_public_hostname": text}).os_public_hostname == expected


@pytest.mark.parametrize("text", ["{other}.example.org", "a b", "https://x", "-x"])
def test_what_is_no_hostname_is_refused(text: str):
    assert complaint(os_public_hostname=text).startswith("os-public-hostname: ")


@pytest.mark.parametrize(
    "options",
    [
        {"recovery_threads": 0},
        {"evacuation_timeout": 0},
        {"ha_metadata_key": "a b"},
        {"service_disable_reason": "two\nlines"},
        {"config_flags": "nonsense"},
    ],
)
def test_values_that_would_break_the_configuration_are_refused(options: dict[str, object]):
    assert complaint(**options).startswith(f"{next(iter(options)).replace('_', '-')}: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auto_return": True, "require_fencing": False}, "auto-return needs require-fencing"),
        (
            {"priority_metadata_key": "urgency", "evacuate_all_instances": False},
            "priority-metadata-key needs evacuate-all-instances",
        ),
    ],
)
def test_options_that_need_another_say_so(options: dict[str, object], said: str):
    assert complaint(**options) == said
