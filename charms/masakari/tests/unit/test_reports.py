# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions that only look."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cloud import complete
from machine import Machine
from masakari_cloud import Cloud
from ops import testing

import api
import charm
import local_monitor
import monitor
from instance_ha import command

Context = testing.Context[charm.MasakariCharm]
FAILURE = {
    "host": "h1",
    "phase": "done",
    "outcome": "recovered",
    "lost": "2026-11-22T19:25:50.000Z",
    "timeline": [
        {"at": "2026-11-22T19:25:50.000Z", "after_seconds": 0.0, "what": "lost", "detail": ""},
        {
            "at": "2026-11-22T19:25:58.250Z",
            "after_seconds": 8.25,
            "what": "fenced",
            "detail": "off",
        },
    ],
    "instances": [
        {"uuid": "i1", "name": "web", "outcome": "moved", "move": None, "destination": "h2"},
        {"uuid": "i2", "name": "", "outcome": None, "move": "ongoing", "destination": None},
    ],
}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    cloud = Cloud("h1", "h2")
    cloud.add_segment("S1", "h1", "h2")
    monkeypatch.setattr(api, "call", cloud.call)
    return cloud


@pytest.fixture(autouse=True)
def cluster(machine: Machine) -> None:
    answer(machine, remotes(h1="online", h2="online"))
    for host in ("h1", "h2"):
        argv = (local_monitor.STONITH_ADMIN, "--list", host, "--output-as", "xml")
        machine.answers[argv] = "<pacemaker-result><item>st-maas</item></pacemaker-result>"


def answer(machine: Machine, said: str | Exception) -> None:
    options = (f"--config={monitor.CONF}", "explain")
    machine.answers[(local_monitor.PYTHON, "-m", "fencing_monitor", *options)] = said


def remotes(**states: str) -> str:
    hosts = {
        name: {
            "really_online": state == "online",
            "seen": {
                "unclean": state == "unclean",
                "maintenance": state == "maintenance",
                "managed": state != "unwatched",
            },
        }
        for name, state in states.items()
    }
    return json.dumps({"quorate": True, "hosts": hosts})


def act(ctx: Context, action: str, **params: Any) -> dict[str, Any]:
    ctx.run(ctx.on.action(action, params), complete())
    return dict(ctx.action_results or {})


def test_hosts_are_shown_as_table_and_as_json(ctx: Context, cloud: Cloud):
    said = act(ctx, "list-hosts")
    assert said["outcome"] == "2 hosts, none with problems"
    assert said["table"].splitlines()[1].split() == [
        "h1",
        "up",
        "S1",
        "ok",
        "online",
        "st-maas",
        "-",
    ]
    assert [row["host"] for row in json.loads(said["hosts"])] == ["h1", "h2"]


def test_a_host_with_a_problem_is_named(ctx: Context, cloud: Cloud, machine: Machine):
    answer(machine, remotes(h1="online", h2="offline"))
    said = act(ctx, "list-hosts")
    assert said["outcome"] == "2 hosts, 1 with problems: h2"
    assert "offline in the cluster" in said["table"]


@pytest.mark.parametrize("state", ["unwatched", "maintenance"])
def test_a_host_that_the_cluster_leaves_alone_is_named(
    ctx: Context, cloud: Cloud, machine: Machine, state: str
):
    answer(machine, remotes(h1="online", h2=state))
    assert "left alone by the cluster" in act(ctx, "list-hosts")["table"]


@pytest.mark.parametrize("why", ["error: no cluster here", "the program is missing"])
def test_a_unit_without_a_cluster_says_so(ctx: Context, cloud: Cloud, machine: Machine, why: str):
    answer(machine, command.CommandError("python3", 1, why))
    said = act(ctx, "list-hosts")
    assert said["outcome"].endswith(f"could not be asked: {why.removeprefix('error: ')}")


def test_notifications_have_the_names_of_their_hosts(ctx: Context, cloud: Cloud):
    row = {
        "notification_uuid": "n1",
        "generated_time": "2026-11-22T19:25:52.000000",
        "status": "running",
        "type": "COMPUTE_HOST",
        "source_host_uuid": cloud.host("h1")["uuid"],
        "payload": {"event": "STOPPED"},
    }
    cloud.notifications = [row, {**row, "source_host_uuid": "gone", "status": "finished"}]
    said = act(ctx, "list-notifications", status="running", limit=5)
    assert said["outcome"] == "2 notifications, 1 of them not done with"
    assert [one["host"] for one in json.loads(said["notifications"])] == ["h1", "gone"]


@contextlib.contextmanager
def serving(document: object) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *args: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_recovery_is_told_by_the_monitor(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    with serving({"failures": [FAILURE, {**FAILURE, "host": "h2"}]}) as url:
        monkeypatch.setattr(local_monitor, "_URL", url)
        said = act(ctx, "show-recovery")
        other = act(ctx, "show-recovery", host="h2")
        none = act(ctx, "show-recovery", host="h3")
    sentence = "h1, lost 2026-11-22T19:25:50.000Z: recovered; 1 of 2 instances moved"
    assert said["outcome"] == sentence
    assert said["timeline"].splitlines() == [
        sentence,
        "    +0.0 s  lost",
        "    +8.2 s  fenced off",
        "web: moved h2",
        "i2: ongoing",
    ]
    assert [one["host"] for one in json.loads(other["failures"])] == ["h2"]
    assert none == {"outcome": "no failure of h3 is remembered"}


def test_a_monitor_that_ran_here_is_remembered(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, machine: Machine
):
    monkeypatch.setattr(local_monitor, "_URL", "http://127.0.0.1:1")
    argv = (local_monitor.PYTHON, "-m", "fencing_monitor.remembered", str(monitor.CONF))
    machine.answers[argv] = json.dumps({"failures": [FAILURE]})
    outcome = act(ctx, "show-recovery")["outcome"]
    assert outcome.startswith("h1, lost")
    # What happened since is told where it runs now.
    assert "from before the monitor left this unit: the cluster runs it on" in outcome
    assert "left this unit" in act(ctx, "show-recovery", host="h9")["outcome"]


def test_the_member_that_runs_it_is_named(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, machine: Machine
):
    monkeypatch.setattr(local_monitor, "_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(local_monitor, "_remembered", dict)
    resource = (
        "<resource id='res_masakari_fencing_monitor' active='true'><node name='m2'/></resource>"
    )
    machine.answers[local_monitor.CRM_MON] = f"<pacemaker-result>{resource}</pacemaker-result>"
    with pytest.raises(testing.ActionFailed, match="the cluster runs it on m2: run this action"):
        act(ctx, "show-recovery")


def test_elsewhere_it_is_said_where_to_ask(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local_monitor, "_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(local_monitor, "_remembered", dict)
    with pytest.raises(testing.ActionFailed, match="run this action on the others"):
        act(ctx, "show-recovery")
