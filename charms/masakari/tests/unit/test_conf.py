# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import configparser
import dataclasses
import pathlib
import re

import pytest
from cloud import IDENTITY

import conf
from config import Config
from instance_ha.interfaces import keystone, mysql_shared

DATA = pathlib.Path(__file__).parent / "data"
SERVICES = conf.Services(
    identity=keystone.Identity.model_validate(IDENTITY),
    database="masakari:p$ss@10.77.3.10:3306/masakari",
    transport="rabbit://masakari:secret@10.77.3.10:5672/masakari",
)
ENCRYPTED = dataclasses.replace(
    SERVICES,
    database_tls=mysql_shared.Tls(authority="x", certificate="y", key="z"),
    broker_tls=True,
    broker_authority="x",
)
EVERYTHING = Config.model_validate(
    {
        "verbose": True,
        "use_syslog": True,
        "use_internal_endpoints": True,
        "notification_expiration": 7200,
        "check_expired_interval": 60,
        "duplicate_interval": 30,
        "process_unfinished_interval": 90,
        "retry_new_interval": 45,
        "process_all_instances": True,
        "ignore_error_instances": True,
        "priority_metadata_key": "urgency",
        "add_reserved_host_to_aggregate": True,
        "service_disable_reason": "costs $5",
        "rabbit_quorum_queues": True,
        "config_flags": "wait_period_after_power_off=60,host_failure.evacuate_all_instances=False",
    }
)


def rendered(release: int = 19, **options: object) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(conf.render(Config.model_validate(options), SERVICES, release))
    return parser


def test_the_whole_file():
    assert conf.render(Config(), SERVICES, 19) == (DATA / "masakari.conf").read_text()


def test_the_whole_file_with_tls_and_every_option():
    text = conf.render(EVERYTHING, ENCRYPTED, 22)
    assert text == (DATA / "masakari-everything.conf").read_text()


def test_the_whole_site_with_tls():
    text = conf.render_site(Config(), cores=2, tls=True)
    assert text == (DATA / "apache-tls.conf").read_text()


def test_the_whole_site():
    assert conf.render_site(Config(), cores=2) == (DATA / "apache.conf").read_text()


def test_internal_endpoints_are_used_for_everything_or_nothing():
    parser = rendered(use_internal_endpoints=True)
    assert parser["DEFAULT"]["nova_catalog_admin_info"] == "compute:nova:internalURL"
    assert parser["DEFAULT"]["os_privileged_user_auth_url"] == "http://10.77.3.10:5000/v3"
    assert parser["keystone_authtoken"]["auth_url"] == "http://10.77.3.10:5000/v3"
    assert parser["keystone_authtoken"]["www_authenticate_uri"] == "http://10.77.1.10:5000"


@pytest.mark.parametrize("key", [None, "urgency"])
def test_the_host_is_watched_from_when_it_is_disabled_to_the_last_evacuation(key: str | None):
    flows = rendered(priority_metadata_key=key)["taskflow_driver_recovery_flows"]
    for flow in ("host_auto_failure_recovery_tasks", "host_rh_failure_recovery_tasks"):
        tasks = re.findall(r"\w+_task", flows[flow])
        assert tasks[:2] == ["disable_compute_service_task", conf.GUARD_TASK]
        assert tasks[-1] == "evacuate_instances_task"
        assert "prepare_HA_enabled_instances_task" in tasks


def test_an_order_of_instances_is_one_more_task_of_the_engine():
    assert conf.ORDER_TASK not in str(dict(rendered()["taskflow_driver_recovery_flows"]))
    parser = rendered(priority_metadata_key="urgency")
    flows = parser["taskflow_driver_recovery_flows"]
    for flow in ("host_auto_failure_recovery_tasks", "host_rh_failure_recovery_tasks"):
        tasks = re.findall(r"\w+_task", flows[flow])
        place = tasks.index(conf.ORDER_TASK)
        assert tasks[place - 1 : place + 2] == [
            "prepare_HA_enabled_instances_task",
            conf.ORDER_TASK,
            "evacuate_instances_task",
        ]
    assert parser["host_failure"]["ha_enabled_instance_metadata_key"] == "urgency"
    assert parser["instance_failure"]["ha_enabled_instance_metadata_key"] == "HA_Enabled"


def test_a_masakari_that_keeps_its_own_order_is_left_to_it():
    parser = rendered(14, priority_metadata_key="urgency")
    assert conf.ORDER_TASK not in str(dict(parser["taskflow_driver_recovery_flows"]))
    assert parser["host_failure"]["ha_enabled_instance_metadata_key"] == "urgency"


def test_intervals_appear_only_when_set():
    assert "notifications_expired_interval" not in rendered()["DEFAULT"]
    parser = rendered(notification_expiration=7200, check_expired_interval=60)
    assert parser["DEFAULT"]["notifications_expired_interval"] == "7200"
    assert parser["DEFAULT"]["check_expired_notifications_interval"] == "60"


def test_the_random_delay_of_2026_2_is_switched_off_only_where_it_exists():
    assert "notification_delay_max" not in rendered(21)["DEFAULT"]
    assert rendered(22)["DEFAULT"]["notification_delay_max"] == "0"


def test_a_dollar_in_a_password_stays_a_dollar():
    assert rendered()["database"]["connection"].startswith("mysql+pymysql://masakari:p$$ss@")


def test_flags_win_over_what_the_charm_writes():
    parser = rendered(config_flags="taskflow.max_attempts=2,debug=True")
    assert parser["taskflow"]["max_attempts"] == "2"
    assert parser["DEFAULT"]["debug"] == "True"


def test_reports_are_duplicates_for_long_only_where_several_may_report():
    key = "duplicate_notification_detection_interval"
    assert rendered()["DEFAULT"][key] == "10"
    assert key not in rendered(require_fencing=False)["DEFAULT"]
    assert rendered(require_fencing=False, duplicate_interval=5)["DEFAULT"][key] == "5"


def test_services_do_not_show_their_passwords():
    assert "secret" not in repr(SERVICES)
    assert "identity-password" not in repr(SERVICES)


@pytest.mark.parametrize(
    ("multiplier", "cores", "count"), [(None, 1, 2), (None, 8, 4), (0.25, 2, 1), (1.5, 4, 6)]
)
def test_processes_follow_the_cores(multiplier: float | None, cores: int, count: int):
    assert conf.processes(Config(worker_multiplier=multiplier), cores) == count
