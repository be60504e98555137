# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pydantic
import pytest

from config import Config, problems


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
    assert complaint(dns_ha=True) == "dns-ha: not supported, use vip"


def test_certificates_are_refused_rather_than_ignored():
    assert complaint(ssl_cert="QUJD") == "ssl_cert: TLS is not supported by this revision"
