# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The calls that the charm makes through the fencing monitor's own session."""

import io
import json
import pathlib
from collections.abc import Iterator

import pytest
from monitor_cloud import Cloud
from test_monitor_openstack import PASSWORD, settings

from fencing_monitor import __main__, rest

SEGMENTS = {"service": "instance-ha", "method": "GET", "path": "/segments", "version": "1.2"}
SERVICES = {"service": "compute", "method": "GET", "path": "/os-services"}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.stop()


def test_every_call_is_answered_in_order_at_its_microversion(cloud: Cloud):
    said = rest.call(settings(cloud.url), [SEGMENTS, SERVICES])
    assert said["error"] is None
    assert [sorted(answer) for answer in said["answers"]] == [["segments"], ["services"]]
    version = cloud.headers("GET", "/segments")["OpenStack-API-Version"]
    assert version == "instance-ha 1.2"
    assert cloud.headers("GET", "/os-services")["OpenStack-API-Version"] == "compute 2.53"


def test_a_body_is_sent_as_json(cloud: Cloud):
    body = {"host": {"reserved": True}}
    order = {"method": "PUT", "path": "/segments/g1/hosts/u1", "body": body}
    rest.call(settings(cloud.url), [{"service": "instance-ha", **order}])
    assert cloud.body("PUT", "/hosts/u1") == body
    assert cloud.host["reserved"]


def test_nothing_is_asked_after_a_refusal_which_is_told_with_its_code(cloud: Cloud):
    message = "it is in-use to process notifications."
    cloud.refuse["GET /ha/segments"] = (409, {"conflictingRequest": {"message": message}})
    said = rest.call(settings(cloud.url), [SEGMENTS, SERVICES])
    assert said == {"answers": [], "error": {"code": 409, "message": message}}
    assert not any("os-services" in path for _, path, _, _ in cloud.seen)


def test_nobody_there_is_an_error_without_a_code():
    said = rest.call(settings("http://127.0.0.1:1"), [SEGMENTS])
    assert said["error"]["code"] is None


def test_the_command_line_reads_calls_and_prints_answers(
    cloud: Cloud,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    given = {
        "auth_url": f"{cloud.url}/v3",
        "username": "u",
        "password": PASSWORD,
        "project_name": "p",
    }
    conf = tmp_path / "conf.json"
    conf.write_text(json.dumps(given))
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps([SERVICES])))
    assert __main__.main([f"--config={conf}", "rest"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"][0]["services"][0]["host"] == "h1"
