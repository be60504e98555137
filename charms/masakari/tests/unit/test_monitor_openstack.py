# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The edge to nova and Masakari, against servers on the loopback address."""

import logging
from collections.abc import Iterator

import monitor_cloud
import pytest
from monitor_cloud import Cloud

from fencing_monitor import openstack
from fencing_monitor.requests import (
    LogIn,
    ReadHosts,
    ReadMoves,
    ReadNotifications,
    ReadServer,
    ReadServers,
    ReadServices,
    Report,
    Request,
    SetForcedDown,
    SetMaintenance,
)
from fencing_monitor.settings import Settings

PASSWORD = "a-very-secret-password"


def settings(url: str, timeout: float = 10.0) -> Settings:
    return Settings(
        auth_url=f"{url}/v3",
        username="masakari",
        password=PASSWORD,
        project_name="services",
        region_name="RegionOne",
        api_timeout=timeout,
    )


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def client(cloud: Cloud) -> openstack.Cloud:
    return openstack.Cloud(settings(cloud.url), clock=lambda: 1795375552.4)


def value(client: openstack.Cloud, request: Request) -> object:
    answer = client.ask(request)
    assert answer.problem is None, answer.problem
    return answer.value


def test_services_come_with_their_uuid_at_the_microversion_that_knows_it(
    cloud: Cloud, client: openstack.Cloud
):
    (service,) = value(client, ReadServices())  # type: ignore[misc]
    assert (service.id, service.host, service.up, service.enabled) == ("s1", "h1", False, True)
    assert cloud.headers("GET", "/os-services")["OpenStack-API-Version"] == "compute 2.53"


def test_a_login_is_a_new_one_each_time_and_the_token_that_is_used_stays(
    cloud: Cloud, client: openstack.Cloud
):
    value(client, ReadServices())
    cloud.refuse["POST /v3/auth/tokens"] = (503, {"error": {"code": 503, "message": "away"}})
    answer = client.ask(LogIn())
    assert answer.problem is not None
    assert answer.problem.code == 503
    value(client, ReadServices())
    cloud.refuse.clear()
    value(client, LogIn())
    asked = [path for method, path, _, _ in cloud.seen if method == "POST"]
    assert len([path for path in asked if path.endswith("/auth/tokens")]) == 3


def test_forced_down_is_put_by_uuid(cloud: Cloud, client: openstack.Cloud):
    value(client, SetForcedDown("h1", "s1", down=True))
    assert cloud.body("PUT", "/os-services/s1") == {"forced_down": True}


def test_instances_are_listed_for_all_projects(cloud: Cloud, client: openstack.Cloud):
    servers = value(client, ReadServers("h1"))
    assert [one.uuid for one in servers] == ["i1", "i2"]  # type: ignore[attr-defined]
    assert any("all_tenants=1" in path and "host=h1" in path for _, path, _, _ in cloud.seen)


def test_an_instance_that_nova_does_not_know_is_gone_but_a_proxys_404_is_no_answer(
    cloud: Cloud, client: openstack.Cloud
):
    assert value(client, ReadServer("i9")) is None
    cloud.refuse["servers/i9"] = (404, {"proxy": "no backend"})
    assert client.ask(ReadServer("i9")).problem is not None


def test_the_report_is_what_the_host_monitor_would_send(cloud: Cloud, client: openstack.Cloud):
    made = value(client, Report("h1"))
    assert (made.uuid, made.host, made.generated) == ("n1", "u1", 1795375552.0)  # type: ignore[attr-defined]
    assert cloud.body("POST", "/notifications") == {
        "notification": {
            "type": "COMPUTE_HOST",
            "hostname": "h1",
            "generated_time": "2026-11-22T19:25:52",
            "payload": {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"},
        }
    }
    (listed,) = value(client, ReadNotifications("u1"))  # type: ignore[misc]
    assert listed == made


@pytest.mark.parametrize(("host", "code"), [("h2", 400), ("h1", 409)])
def test_a_refusal_is_a_value_with_its_code(
    cloud: Cloud, client: openstack.Cloud, host: str, code: int
):
    cloud.host["on_maintenance"] = True
    problem = client.ask(Report(host)).problem
    assert problem is not None
    assert (problem.code, problem.refused) == (code, True)


def test_hosts_of_all_segments_are_listed_and_their_maintenance_cleared(
    cloud: Cloud, client: openstack.Cloud
):
    cloud.host["on_maintenance"] = True
    (host,) = value(client, ReadHosts())  # type: ignore[misc]
    assert (host.name, host.segment, host.on_maintenance) == ("h1", "g1", True)
    value(client, SetMaintenance("h1", host.uuid, host.segment, on=False))
    assert not cloud.host["on_maintenance"]


def test_moves_need_their_microversion_and_may_be_missing(cloud: Cloud, client: openstack.Cloud):
    cloud.moves = [
        {
            "instance_uuid": "i1",
            "instance_name": "one",
            "source_host": "h1",
            "dest_host": "h2",
            "status": "succeeded",
            "start_time": "2026-11-22T19:25:53.000000",
            "end_time": None,
            "message": None,
        }
    ]
    (move,) = value(client, ReadMoves("n1"))  # type: ignore[misc]
    assert (move.instance, move.destination, move.started, move.ended) == (
        "i1",
        "h2",
        1795375553.0,
        None,
    )
    assert cloud.headers("GET", "/vmoves")["OpenStack-API-Version"] == "instance-ha 1.3"
    cloud.refuse["vmoves"] = (406, {})
    assert value(client, ReadMoves("n1")) is None


@pytest.mark.parametrize("path", ["auth/tokens", "os-services"])
def test_a_server_that_fails_is_a_value(cloud: Cloud, client: openstack.Cloud, path: str):
    cloud.refuse[path] = (503, {})
    problem = client.ask(ReadServices()).problem
    assert problem is not None
    assert not problem.refused


def test_an_answer_that_is_not_understood_is_a_value(cloud: Cloud, client: openstack.Cloud):
    cloud.refuse["os-services"] = (200, {"unexpected": []})
    problem = client.ask(ReadServices()).problem
    assert problem is not None
    assert problem.code is None


def test_nobody_there_is_a_value():
    client = openstack.Cloud(settings("http://127.0.0.1:1"))
    problem = client.ask(ReadServices()).problem
    assert problem is not None
    assert problem.code is None


def test_every_call_has_a_time_limit(cloud: Cloud):
    cloud.delay = 3.0
    problem = openstack.Cloud(settings(cloud.url, timeout=1.0)).ask(ReadServices()).problem
    assert problem is not None


def test_the_password_is_in_no_message_and_no_repr(
    cloud: Cloud, client: openstack.Cloud, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    cloud.refuse["auth/tokens"] = (401, {"error": {"message": "wrong"}})
    problem = client.ask(ReadServices()).problem
    assert problem is not None
    assert PASSWORD not in problem.message + caplog.text + repr(settings(cloud.url))


def test_an_instance_on_its_way_is_shown_with_host_and_task(cloud: Cloud, client: openstack.Cloud):
    task = {"OS-EXT-STS:task_state": "rebuild_spawning"}
    cloud.servers = [monitor_cloud.server("i1", "h2", status="REBUILD", **task)]
    found = value(client, ReadServer("i1"))
    assert (found.host, found.task, found.status) == ("h2", "rebuild_spawning", "REBUILD")  # type: ignore[attr-defined]
