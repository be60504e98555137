# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re

import pydantic
import pytest
from cloud import CREDENTIALS

import conf
from config import Config
from instance_ha.interfaces import keystone_credentials

DATA = pathlib.Path(__file__).parent / "data"
KNOWN = keystone_credentials.Credentials.model_validate(CREDENTIALS)


def rendered(**options: object) -> str:
    return conf.render(Config.model_validate(options), KNOWN, "virt-node-01.maas")


def test_the_whole_file():
    assert rendered() == (DATA / "masakarimonitors.conf").read_text()


def test_internal_endpoints():
    text = rendered(use_internal_endpoints=True)
    assert "api_interface = internal" in text
    assert "auth_url = http://10.77.3.10:5000/v3" in text


def test_flags_are_really_applied():
    text = rendered(config_flags="debug=True,host.monitoring_interval = 10,callback.retry_max=3")
    assert "[DEFAULT]\ndebug = True\n" in text
    assert "disable_ipmi_check = True\nmonitoring_interval = 10\n" in text
    assert "[callback]\nretry_max = 3\n" in text


def test_a_report_outlives_an_api_that_is_away_for_ten_minutes():
    found = re.search(r"\[callback\]\nretry_max = (\d+)\nretry_interval = (\d+)\n", rendered())
    assert found is not None
    assert int(found[1]) * int(found[2]) > 600
    assert int(found[2]) <= 10


def test_the_host_monitor_knows_hypervisors_as_remotes_whose_state_crm_mon_tells():
    text = rendered(host_monitor=True)
    assert "pacemaker_node_type = remote\nrestrict_to_remotes = True\n" in text


def test_a_flag_may_be_a_list():
    assert "default_log_levels = a=INFO, b=INFO" not in rendered()
    assert "list = a,b\nother = c\n" in rendered(config_flags="list=a,b,other=c")


@pytest.mark.parametrize("text", ["nonsense", "=value", "a b=c", "x=1\n[api]"])
def test_what_is_not_a_flag_is_refused(text: str):
    with pytest.raises(pydantic.ValidationError):
        Config.model_validate({"config_flags": text})


def test_no_flags_are_no_mistake():
    assert rendered(config_flags=" ") == rendered()
