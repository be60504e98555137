# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The whole program, but for Pacemaker: real threads, sockets and files."""

import json
import pathlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import monitor_cloud
import pytest
from test_monitor_openstack import PASSWORD, settings

from fencing_monitor import __main__ as program
from fencing_monitor import openstack, pacemaker
from fencing_monitor.cluster import Cluster, Device, FenceEvent, Remote
from fencing_monitor.journal import Journal
from fencing_monitor.loop import Backoff, Loop
from fencing_monitor.rules import Rules
from fencing_monitor.server import Server, as_json

FENCED = 1795375552


def dead(now: float) -> Cluster:
    """A cluster in which h1 was fenced."""
    event = FenceEvent("h1", "off", "success", "masakari1", "pacemaker-controld.92", FENCED)
    remote = Remote("h1", online=False, unclean=False, node_fenced=FENCED)
    return Cluster(now, True, (remote,), (event,), (Device("st-maas", "fence_maas"),))


@pytest.fixture
def cloud() -> Iterator[monitor_cloud.Cloud]:
    cloud = monitor_cloud.Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture
def make(cloud: monitor_cloud.Cloud, tmp_path: pathlib.Path) -> Iterator[Callable[..., Loop]]:
    made: list[tuple[Loop, threading.Thread]] = []

    def start(look: Callable[[float], Cluster] = dead) -> Loop:
        loop = Loop(
            look=lambda now, cib_every: look(now),
            ask=openstack.Cloud(settings(cloud.url)).ask,
            memory=Journal(tmp_path),
            rules=Rules(),
            interval=0.1,
        )
        thread = threading.Thread(target=loop.run, daemon=True)
        made.append((loop, thread))
        thread.start()
        return loop

    yield start
    for loop, thread in made:
        loop.stop()
        thread.join(10)


def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def failures(loop: Loop) -> list[dict[str, object]]:
    return json.loads(json.dumps(loop.document()))["failures"]


def test_a_fence_becomes_one_report_and_an_outcome(
    cloud: monitor_cloud.Cloud, make: Callable[..., Loop]
):
    loop = make()
    eventually(lambda: cloud.notifications)
    assert cloud.service["forced_down"]
    cloud.notifications[0]["status"] = "finished"
    cloud.servers = [monitor_cloud.server(name, "h2") for name in ("i1", "i2")]
    eventually(lambda: failures(loop)[0]["outcome"] == "recovered")
    posts = [one for one in cloud.seen if one[:2] == ("POST", "/ha/notifications")]
    assert len(posts) == 1
    assert [one["destination"] for one in failures(loop)[0]["instances"]] == ["h2", "h2"]  # type: ignore[attr-defined]
    assert 'outcome="recovered"} 1' in loop.metrics()


def test_a_monitor_that_starts_again_reports_nothing_twice(
    cloud: monitor_cloud.Cloud, make: Callable[..., Loop], tmp_path: pathlib.Path
):
    first = make()
    eventually(lambda: cloud.notifications)
    first.stop()
    (tmp_path / "journal.jsonl").unlink(missing_ok=True)
    second = make()
    eventually(lambda: failures(second) and failures(second)[0]["notifications"] == ["n1"])
    assert len(cloud.notifications) == 1


def test_a_cluster_that_cannot_be_seen_is_told_and_stops_nothing(make: Callable[..., Loop]):
    def blind(now: float) -> Cluster:
        raise pacemaker.PacemakerError("crm_mon: exit code 102")

    loop = make(blind)
    eventually(lambda: loop.problem)
    assert loop.health() == (False, "crm_mon: exit code 102")
    assert loop.counters["cluster_errors_total"] >= 1


def test_an_api_that_does_not_answer_is_left_alone_for_longer_and_longer():
    backoff = Backoff()
    waits: list[float] = []
    for _ in range(12):
        backoff.failed(100.0)
        waits.append(backoff.until - 100.0)
    assert 0.5 <= waits[0] <= 1.0
    assert all(15.0 <= wait <= 30.0 for wait in waits[5:])
    backoff.answered()
    assert (backoff.failures, backoff.until) == (0, 0.0)


def test_a_full_disk_does_not_stop_a_recovery(
    cloud: monitor_cloud.Cloud, make: Callable[..., Loop], monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "write", full)
    loop = make()
    eventually(lambda: cloud.notifications)
    assert loop.counters["journal_errors_total"] >= 1


def test_pages_are_served_on_the_loopback_address():
    server = Server("127.0.0.1", 0, {"/timeline": lambda: as_json({"failures": []})})
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    with urllib.request.urlopen(f"{url}/timeline?x=1", timeout=5) as answer:
        assert json.load(answer) == {"failures": []}
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(f"{url}/passwords", timeout=5)
    caught.value.close()
    server.stop()


@pytest.fixture
def config(cloud: monitor_cloud.Cloud, tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "fencing-monitor.json"
    document = {
        "auth_url": f"{cloud.url}/v3",
        "username": "masakari",
        "password": PASSWORD,
        "project_name": "services",
        "journal_directory": str(tmp_path),
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacemaker.Reader, "read", lambda self, now, cib_every: dead(now))


def test_explain_says_for_each_host_whether_it_is_certainly_off(
    seen: None, config: pathlib.Path, capsys: pytest.CaptureFixture[str]
):
    assert program.main(["--config", str(config), "explain"]) == 0
    found = json.loads(capsys.readouterr().out)["hosts"]["h1"]
    assert (found["confirmed_off"], found["really_online"], found["why_not"]) == (True, False, "")


def test_once_does_what_is_to_be_done_and_ends(
    seen: None,
    config: pathlib.Path,
    cloud: monitor_cloud.Cloud,
    capsys: pytest.CaptureFixture[str],
):
    assert program.main(["--config", str(config), "once"]) == 0
    text = capsys.readouterr().out
    assert json.loads(text)["failures"][0]["notifications"] == ["n1"]
    assert PASSWORD not in text


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A cluster with the remote h1; what it is told."""
    told: list[tuple[str, ...]] = []
    resources = "<resources><primitive id='h1'/></resources>"

    def run(*argv: str) -> str:
        told.append(argv)
        return resources

    monkeypatch.setattr(pacemaker, "run", run)
    return told


def test_return_host_tells_what_it_did_and_why_it_stopped(
    seen: None, watched: object, config: pathlib.Path, capsys: pytest.CaptureFixture[str]
):
    arguments = ["--config", str(config), "return-host", "--timeout", "0", "h1"]
    assert program.main(arguments) == 1
    assert "does not see h1 online" in json.loads(capsys.readouterr().out)["error"]


def test_hold_host_prints_its_steps(
    seen: None,
    watched: list[tuple[str, ...]],
    config: pathlib.Path,
    cloud: monitor_cloud.Cloud,
    capsys: pytest.CaptureFixture[str],
):
    assert program.main(["--config", str(config), "hold-host", "h1"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [step["changed"] for step in steps] == [True, True, True]
    assert cloud.host["on_maintenance"]
    assert watched[-1][:3] == ("crm_resource", "--resource", "h1")


def test_a_missing_file_ends_a_single_look_with_a_sentence(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
):
    assert program.main(["--config", str(tmp_path / "absent.json"), "once"]) == 1
    assert "is not configured yet" in capsys.readouterr().err


def test_the_service_waits_for_its_file_and_ends_with_a_sentence_if_it_is_bad(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    config = tmp_path / "late.json"
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        config.write_text("not json")

    monkeypatch.setattr(program.time, "sleep", sleep)
    assert program.main(["--config", str(config), "run"]) == 1
    assert len(waits) == 1
    assert capsys.readouterr().err.startswith("error: ")
