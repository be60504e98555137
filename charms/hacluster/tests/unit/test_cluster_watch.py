# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What Nagios and Prometheus are told of a cluster; the statuses are crm_mon's own."""

import pathlib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

FILES = pathlib.Path(__file__).parents[2] / "files"
sys.path.insert(0, str(FILES))

from cluster_watch import check, exporter, metrics, state  # noqa: E402 (found only now)

EMPTY = """<pacemaker-result><summary><current_dc present="true" name="a" with_quorum="{quorum}"/>
<cluster_options stonith-enabled="true" maintenance-mode="{maintenance}"/></summary>
<nodes><node name="a" type="member" online="true" unclean="false"/>{nodes}</nodes>
<resources>{resources}</resources><node_history><node name="a">{history}</node></node_history>
<failures>{failures}</failures></pacemaker-result>"""
Data = Callable[[str], str]


def status(*, quorum: str = "true", maintenance: str = "false", **parts: str) -> state.State:
    given = {"nodes": "", "resources": "", "history": "", "failures": "", **parts}
    return state.parse(EMPTY.format(quorum=quorum, maintenance=maintenance, **given))


def verdict(found: state.State, **limits: int) -> tuple[int, str]:
    return check.verdict(found, check.Limits(**limits))


def test_a_healthy_cluster_is_fine():
    assert verdict(status()) == (check.OK, "1 of 1 nodes online, 0 resources")


def test_a_lost_host_is_critical_and_named(data: Data):
    code, text = verdict(state.parse(data("crm_mon-unclean.xml")))
    assert code == check.CRITICAL
    assert "remote virt-node-01.maas UNCLEAN" in text
    assert "virt-node-01.maas failed" not in text


def test_what_stops_a_device_of_the_same_cluster_is_told_too(data: Data):
    _, text = verdict(state.parse(data("crm_mon-unclean.xml")))
    assert "st-maas stopped" in text


@pytest.mark.parametrize(
    ("node", "code", "words"),
    [
        ("online='false' unclean='false'", check.CRITICAL, "remote h OFFLINE"),
        ("online='false' unclean='true'", check.CRITICAL, "remote h UNCLEAN (offline)"),
        ("online='true' unclean='true'", check.CRITICAL, "remote h UNCLEAN (online)"),
        ("online='false' unclean='false' maintenance='true'", check.OK, "1 of 2 nodes online"),
        ("online='true' unclean='false' standby='true'", check.OK, "2 of 2 nodes online"),
    ],
)
def test_offline_and_unclean_are_seen(node: str, code: int, words: str):
    found = verdict(status(nodes=f"<node name='h' type='remote' {node}/>"))
    assert (found[0], words in found[1]) == (code, True)


def test_no_quorum_is_worse_than_anything():
    assert verdict(status(quorum="false"))[0] == check.CRITICAL


def test_maintenance_is_a_warning_and_what_is_stopped_in_it_is_not_told():
    stopped = "<resource id='vip' active='false' failed='false' blocked='false' managed='false'/>"
    assert verdict(status(maintenance="true", resources=stopped)) == (
        check.WARNING,
        "cluster in maintenance mode",
    )


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("active='true' failed='false' managed='true'", check.OK),
        ("active='false' failed='false' managed='true'", check.CRITICAL),
        ("active='false' failed='false' managed='true' target_role='Stopped'", check.OK),
        ("active='true' failed='true' managed='true'", check.CRITICAL),
        ("active='true' failed='false' managed='false'", check.WARNING),
    ],
)
def test_a_resource_counts_as_it_should(resource: str, code: int):
    assert verdict(status(resources=f"<resource id='vip' {resource}/>"))[0] == code


def test_a_clone_is_fine_when_it_runs_somewhere():
    instances = "<clone id='c'><resource id='x' active='true' managed='true'/><resource id='x' active='false' managed='true'/></clone>"
    assert verdict(status(resources=instances))[0] == check.OK


@pytest.mark.parametrize(
    ("count", "code"), [("2", check.OK), ("3", check.WARNING), ("INFINITY", check.CRITICAL)]
)
def test_fail_counts_have_two_thresholds(count: str, code: int):
    found = status(history=f"<resource_history id='vip' fail-count='{count}'/>")
    assert verdict(found, warn=3, crit=10)[0] == code
    assert verdict(found)[0] == check.OK


def test_failed_actions_count_if_they_are_asked_for():
    found = status(failures="<failure op_key='vip_monitor_10000' node='a' task='monitor'/>")
    assert verdict(found)[0] == check.OK
    assert verdict(found, failed_actions=check.WARNING) == (
        check.WARNING,
        "failed: vip monitor on a",
    )


@pytest.mark.parametrize("text", ["", "<pacemaker-result/>", "Error: no cluster"])
def test_what_is_no_status_is_an_error_and_not_a_healthy_cluster(text: str):
    with pytest.raises(ValueError, match="crm_mon"):
        state.parse(text)


def test_the_check_prints_one_line_and_exits_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], data: Data
):
    found = subprocess.CompletedProcess((), 0, data("crm_mon-unclean.xml"), "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: found)
    arguments = ["-s", "--failedactions=ignore", "--failcount-warn=3", "--failcount-crit=10"]
    assert check.main(arguments) == check.CRITICAL
    assert capsys.readouterr().out.startswith("CRM CRITICAL: ")


def test_a_silent_pacemaker_is_critical(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    gone = subprocess.CompletedProcess((), 102, "", "Not connected")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: gone)
    assert check.main([]) == check.CRITICAL
    assert "Pacemaker does not answer: Not connected" in capsys.readouterr().out


def test_metrics_tell_of_nodes_fencing_and_the_ring(data: Data):
    found = state.parse(data("crm_mon-unclean.xml"))
    ring = (
        "runtime.members.1001.status (str) = joined\n"
        "runtime.members.1002.status (str) = left\n"
        "stats.knet.node1002.link0.connected (u8) = 0\n"
    )
    text = metrics.render([*metrics.of_cluster(found, held=True), *metrics.of_ring(ring)])
    lines = text.splitlines()
    for line in (
        "hacluster_up 1",
        "hacluster_fencing_held 1",
        'hacluster_node_unclean{node="virt-node-01.maas",type="remote"} 1',
        'hacluster_fence_events{target="virt-node-01.maas",action="off",status="failed"} 3',
        'hacluster_ring_member_joined{id="1002"} 0',
        'hacluster_ring_link_connected{id="1002",link="0"} 0',
    ):
        assert line in lines
    (when,) = [line for line in lines if line.startswith("hacluster_fence_last_success")]
    assert float(when.split()[-1]) == pytest.approx(1795409952.86, abs=1000)


def test_without_pacemaker_there_is_one_metric_and_it_says_so():
    assert metrics.render(metrics.of_cluster(None, held=None)).splitlines()[-1] == "hacluster_up 0"


def test_what_is_in_a_name_cannot_end_a_label():
    text = metrics.render([("node_online", {"node": 'a"} 1\nx'}, 1.0)])
    assert text.splitlines()[-1] == 'hacluster_node_online{node="a\\"} 1\\nx"} 1'


def test_the_time_of_a_fencing_is_told_to_the_second():
    samples = [("fence_last_success_timestamp_seconds", {"target": "h"}, 1795810844.25)]
    assert metrics.render(samples).splitlines()[-1].endswith(" 1795810844.25")
    assert metrics.render([("up", {}, 1.0)]).splitlines()[-1] == "hacluster_up 1"


def test_the_exporter_asks_once_for_two_who_ask(monkeypatch: pytest.MonkeyPatch, data: Data):
    asked: list[str] = []

    def output(*argv: str, stdin: str = "") -> str | None:
        asked.append(argv[0])
        texts = {"/usr/sbin/crm_mon": data("crm_mon-unclean.xml"), "/usr/sbin/cibadmin": data("cib-unclean.xml")}  # fmt: skip
        if argv[0] == "/usr/sbin/fence_maas":
            assert stdin.endswith("action=guard\n")
            return '{"refusal": "too many"}'
        return texts.get(argv[0], "")

    monkeypatch.setattr(exporter, "_output", output)
    exporter._kept.clear()
    assert "hacluster_fencing_held 1" in exporter.collect().splitlines()
    exporter.collect()
    assert asked.count("/usr/sbin/crm_mon") == 1


def test_the_exporter_serves_metrics_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    import http.server
    import threading

    monkeypatch.setattr(exporter, "collect", lambda: "hacluster_up 1\n")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), exporter.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with urllib.request.urlopen(f"{base}/metrics") as answer:
            assert answer.read() == b"hacluster_up 1\n"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{base}/other")
    finally:
        server.shutdown()
        server.server_close()
