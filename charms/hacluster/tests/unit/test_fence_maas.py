# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""fence_maas run as Pacemaker runs it, against the lab's MAAS on the loopback interface."""

import json
import pathlib
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))  # the lab is a package of the repository, not of this charm

from lab.maas.machines import hardware_uuid  # noqa: E402
from lab.maas.testing import API_KEY, Maas, running  # noqa: E402

AGENT = ROOT / "charms/hacluster/files/fence_maas"
PLUG, NAME, NODE = "a7d4v1", "virt-node-01", "virt-node-01.maas"
OTHER, OTHER_NAME = "k4r8v2", "virt-node-02"
HOSTS = f"{PLUG}:{NAME}:{hardware_uuid(PLUG)} {OTHER}:{OTHER_NAME}:{hardware_uuid(OTHER)}"
QUICK = {"power_interval": "0.05", "debounce": "0.05", "total_timeout": "30"}


class Agent:
    """The installed agent with a device's parameters."""

    def __init__(self, maas: Maas, home: pathlib.Path):
        self.maas = maas
        self.key = home / "key"
        self.write_key(API_KEY)
        self.device = {"url": maas.url, "credentials_file": str(self.key), "hosts": HOSTS, **QUICK}

    def write_key(self, text: str, mode: int = 0o600) -> None:
        self.key.write_text(text + "\n")
        self.key.chmod(mode)

    def __call__(self, action: str, **more: str) -> subprocess.CompletedProcess[str]:
        given = {**self.device, "action": action, **more}
        return run(stdin="".join(f"{name}={value}\n" for name, value in given.items()))

    def off(self, **more: str) -> subprocess.CompletedProcess[str]:
        return self("off", plug=PLUG, nodename=NODE, **more)


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(AGENT), *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def maas(tmp_path: pathlib.Path) -> Iterator[Maas]:
    with running(tmp_path / "maas") as simulator:
        yield simulator


@pytest.fixture
def agent(maas: Maas, tmp_path: pathlib.Path) -> Agent:
    return Agent(maas, tmp_path)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


# Off


def test_off_is_told_and_then_seen_twice(agent: Agent):
    done = agent.off()
    assert done.returncode == 0, done.stderr
    assert not agent.maas.cloud.is_on(NAME)
    steps = [
        (record["event"], record.get("action") or record.get("state"))
        for record in agent.maas.events("power", "query")
    ]
    assert steps == [
        ("query", "on"),
        ("power", "off"),
        ("power", "off"),
        ("query", "off"),
        ("query", "off"),
    ]


def test_power_is_cut_hard_with_a_comment_that_names_node_and_member(agent: Agent):
    agent.off()
    (request,) = [record for record in agent.maas.events("request") if record["method"] == "POST"]
    assert request["op"] == "power_off"
    assert request["comment"].startswith("fencing off ")
    assert f"of {NODE} by " in request["comment"]


def test_a_machine_that_is_off_is_seen_twice_and_not_told_again(agent: Agent):
    agent.maas.cloud.powered.discard(NAME)
    assert agent.off().returncode == 0
    assert not agent.maas.events("power")
    assert len(agent.maas.events("query")) == 2


def test_what_maas_remembers_proves_nothing(agent: Agent):
    agent.maas.cloud.powered.discard(NAME)
    agent("status", plug=PLUG, nodename=NODE)
    agent.maas.cloud.powered.add(NAME)
    machine = agent.maas.get(f"/api/2.0/machines/{PLUG}/").json
    assert machine["power_state"] == "off"
    assert agent.off().returncode == 0
    assert not agent.maas.cloud.is_on(NAME)


@pytest.mark.parametrize("state", ["unknown", "error", "on"])
def test_off_is_never_believed_of_anything_else(agent: Agent, state: str):
    agent.maas.knobs.set("query-state", state, NAME)
    done = agent.off(total_timeout="2")
    refused(done, "gave up after 2 s", f"{PLUG} is {state}")


def test_a_stuck_switch_is_a_failure(agent: Agent):
    agent.maas.knobs.set("switch", "stuck", NAME)
    refused(agent.off(total_timeout="1"), "gave up after 1 s")
    assert agent.maas.cloud.is_on(NAME)


def test_an_unstoppable_machine_is_a_failure_at_once(agent: Agent):
    agent.maas.knobs.set("null-reply", True, NAME)
    done = agent.off()
    refused(done, "answered with nothing")
    assert "gave up" not in done.stderr


def test_a_locked_machine_is_a_failure_at_once(agent: Agent):
    agent.maas.knobs.set("locked", True, NAME)
    refused(agent.off(), "403", "locked")
    assert agent.maas.cloud.is_on(NAME)


def test_a_locked_machine_that_is_off_already_is_fenced(agent: Agent):
    agent.maas.knobs.set("locked", True, NAME)
    agent.maas.cloud.powered.discard(NAME)
    assert agent.off().returncode == 0


def test_a_slow_switch_is_waited_for(agent: Agent):
    agent.maas.knobs.set("power-latency", 0.7, NAME)
    assert agent.off().returncode == 0


def test_an_answer_that_does_not_come_is_made_up_for_by_looking(agent: Agent):
    agent.maas.knobs.set("power-latency", 1.0, NAME)
    done = agent.off(shell_timeout="0.5")
    assert done.returncode == 0, done.stderr
    assert "timed out" in done.stderr
    assert not agent.maas.cloud.is_on(NAME)


def test_two_machines_are_switched_at_the_same_time(agent: Agent):
    agent.maas.cloud.meeting = threading.Barrier(2, timeout=25)
    lines = "".join(f"{name}={value}\n" for name, value in agent.device.items())
    running_agents = [
        subprocess.Popen(
            [sys.executable, "-I", str(AGENT)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    for process, plug in zip(running_agents, (PLUG, OTHER), strict=True):
        assert process.stdin
        process.stdin.write(f"{lines}action=off\nplug={plug}\n".encode())
        process.stdin.close()
    assert [process.wait(60) for process in running_agents] == [0, 0]
    phases = [record["phase"] for record in agent.maas.events("power")]
    assert phases == ["begin", "begin", "end", "end"]
    assert not {NAME, OTHER_NAME} & agent.maas.cloud.powered


# Which machine


def test_a_machine_with_another_name_is_refused(agent: Agent):
    done = agent("off", plug=PLUG, hosts=f"{PLUG}:virt-node-77", nodename="virt-node-77.maas")
    refused(done, "renamed or deployed anew")
    assert agent.maas.cloud.is_on(NAME)


def test_a_machine_with_another_mainboard_is_refused(agent: Agent):
    refused(agent.off(hosts=f"{PLUG}:{NAME}:{hardware_uuid(OTHER)}"), "replaced")
    assert agent.maas.cloud.is_on(NAME)


def test_a_node_that_does_not_go_with_the_machine_is_refused(agent: Agent):
    done = agent("off", plug=PLUG, nodename="virt-node-02.maas")
    refused(done, "do not belong together")
    assert agent.maas.cloud.powered >= {NAME, OTHER_NAME}


def test_a_machine_that_nobody_described_is_refused(agent: Agent):
    refused(agent("off", plug="p6s3vc", nodename="virt-node-10.maas"), "hosts does not say")
    refused(agent("off", plug=PLUG, hosts=""), "nothing says what machine")
    refused(agent("off"), "hosts does not say what machine (none)")


def test_without_hosts_the_nodes_name_is_what_the_machine_must_have(agent: Agent):
    refused(agent("off", plug=PLUG, nodename="virt-node-02.maas", hosts=""), "renamed")
    assert agent("off", plug=PLUG, nodename=NODE, hosts="").returncode == 0


def test_a_machine_that_is_gone_is_not_fenced(agent: Agent):
    done = agent("off", plug="zzzzzz", nodename="gone.maas", hosts="zzzzzz:gone")
    refused(done, "knows no such machine")


def test_the_old_name_of_plug_is_understood(agent: Agent):
    assert agent("status", port=PLUG).returncode == 0


def test_hosts_can_stand_in_a_file(agent: Agent, tmp_path: pathlib.Path):
    (tmp_path / "hosts").write_text(HOSTS.replace(" ", "\n"))
    assert agent.off(hosts=str(tmp_path / "hosts")).returncode == 0


# Other actions


def test_status_tells_by_its_exit_code(agent: Agent):
    assert agent("status", plug=PLUG).returncode == 0
    agent.maas.cloud.powered.discard(NAME)
    assert agent("status", plug=PLUG).returncode == 2
    agent.maas.knobs.set("query-state", "error", NAME)
    refused(agent("status", plug=PLUG), "is error")


def test_on_boots_the_machine(agent: Agent):
    agent.off()
    assert agent("on", plug=PLUG, nodename=NODE).returncode == 0
    assert agent.maas.cloud.is_on(NAME)


def test_a_machine_without_owner_cannot_be_switched_on(agent: Agent):
    done = agent("on", plug="y4b7n4", nodename="node-04", hosts="")
    refused(done, "409", "hasn't been allocated")


def test_reboot_is_off_and_then_on(agent: Agent):
    assert agent("reboot", plug=PLUG, nodename=NODE).returncode == 0
    actions = [r["action"] for r in agent.maas.events("power") if r["phase"] == "end"]
    assert actions == ["off", "on"]


def test_the_machines_are_listed_with_their_names(agent: Agent):
    assert agent("list").stdout.splitlines() == [f"{PLUG},{NAME}", f"{OTHER},{OTHER_NAME}"]
    agent.maas.cloud.powered.discard(OTHER_NAME)
    assert agent("list-status").stdout.splitlines() == [
        f"{PLUG},{NAME},ON",
        f"{OTHER},{OTHER_NAME},OFF",
    ]


def test_the_inventory_is_what_the_charm_matches_hosts_with(agent: Agent):
    found = json.loads(agent("inventory", hostname=f"{NAME},nobody").stdout)
    assert [machine["system_id"] for machine in found] == [PLUG]
    assert found[0]["hardware_uuid"] == hardware_uuid(PLUG)
    assert len(json.loads(agent("inventory").stdout)) > 5


def test_monitor_and_validation_are_content_with_machines_that_can_be_fenced(agent: Agent):
    for action in ("monitor", "validate-all"):
        done = agent(action)
        assert (done.returncode, done.stderr) == (0, "")
    assert not agent.maas.events("power", "query")


def test_one_machine_that_cannot_be_fenced_must_not_stop_the_device(agent: Agent):
    agent.maas.post(f"/api/2.0/machines/{PLUG}/", op="lock")
    done = agent("monitor")
    assert done.returncode == 0
    assert f"{NAME} ({PLUG}): it is locked in MAAS" in done.stderr
    refused(agent("validate-all"), "locked in MAAS")


def test_monitor_fails_when_no_machine_can_be_fenced(agent: Agent):
    refused(agent("monitor", hosts=f"{PLUG}:other {OTHER}:another"), "renamed")


def test_a_user_who_may_not_switch_is_found_out_before_it_matters(agent: Agent):
    agent.write_key("guestconsumer:guesttoken:guestsecret")
    refused(agent("monitor"), "it belongs to juju, and guest may not switch it")
    refused(agent.off(), "403")


def test_a_guard_without_a_cluster_to_ask_holds_and_the_other_actions_go_on(agent: Agent):
    guarded = {"max_hosts": "0", "window": "300"}
    refused(agent.off(**guarded), "no power is cut")
    assert not agent.maas.events("request")
    assert agent("status", plug=PLUG, **guarded).returncode == 0
    assert agent("validate-all", **guarded).returncode == 0
    refused(agent("guard", **guarded), "no power is cut")


def test_a_dry_run_does_all_but_the_switching(agent: Agent):
    agent.maas.post(f"/api/2.0/machines/{PLUG}/", op="lock")
    agent.maas.knobs.set("query-state", "error", OTHER_NAME)
    found = json.loads(agent("examine").stdout)
    assert found[PLUG]["power_state"] == "on"
    assert found[PLUG]["locked"]
    assert found[PLUG]["problems"] == ["it is locked in MAAS, which refuses to switch it off"]
    assert found[OTHER]["problems"] == ["its BMC says that its power is error"]
    assert not agent.maas.events("power")


def test_a_description_asks_no_bmc(agent: Agent):
    found = json.loads(agent("describe", hosts=f"{HOSTS} zzzzzz:gone").stdout)
    assert found[PLUG]["permitted"]
    assert found[PLUG]["problems"] == []
    assert found["zzzzzz"]["problems"]
    assert not agent.maas.events("query")


def test_metadata_has_what_the_schema_of_fence_agents_asks_for():
    done = run(stdin="action=metadata\n")
    root = ET.fromstring(done.stdout)
    assert root.tag == "resource-agent"
    assert [child.tag for child in root] == ["longdesc", "vendor-url", "parameters", "actions"]
    for parameter in root.iterfind("parameters/parameter"):
        assert {"name", "unique", "required"} <= set(parameter.attrib)
        assert [child.tag for child in parameter] == ["getopt", "content", "shortdesc"]
        assert parameter[1].attrib["type"] in {"string", "boolean", "second", "integer"}
    names = {action.attrib["name"] for action in root.iterfind("actions/action")}
    assert {"on", "off", "reboot", "status", "monitor", "list", "validate-all"} <= names
    plug = root.find("parameters/parameter[@name='plug']")
    assert plug is not None
    assert plug.attrib["obsoletes"] == "port"


def test_people_use_options(agent: Agent):
    words = [f"--{name}={value}" for name, value in agent.device.items()]
    done = run("-o", "off", "-n", PLUG, "--nodename", NODE, *words)
    assert done.returncode == 0, done.stderr
    assert run("--help").stdout.startswith("Usage")
    assert run("-V").stdout.strip()
    assert run("--metadata").returncode == 1


def test_every_step_is_told_if_asked_for(agent: Agent):
    said = agent.off(verbose="1").stderr
    assert f"{PLUG} is on" in said
    assert f"switching {PLUG} off" in said


# MAAS misbehaves


@pytest.mark.parametrize("action", ["off", "monitor", "status"])
def test_a_revoked_key_is_a_failure_at_once_that_says_so(agent: Agent, action: str):
    agent.maas.knobs.set("revoked", True)
    refused(agent(action, plug=PLUG, nodename=NODE), "MAAS refused the API key (401)")
    assert agent.maas.cloud.is_on(NAME)


def test_a_maas_that_does_not_answer_is_asked_until_the_time_is_up(agent: Agent):
    start = time.monotonic()
    done = agent.off(url="http://127.0.0.1:9/MAAS", total_timeout="2")
    refused(done, "gave up after 2 s", "cannot be reached")
    assert time.monotonic() - start < 15


def test_a_slow_maas_does_not_exceed_the_total(agent: Agent):
    agent.maas.knobs.set("call-latency", 30.0)
    start = time.monotonic()
    refused(agent.off(total_timeout="1"), "gave up after 1 s")
    assert time.monotonic() - start < 15


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is no http or https address"),
        ("ftp://x/", "is no http or https address"),
        ("http://a:b@maas/MAAS", "belongs into credentials_file"),
    ],
)
def test_an_impossible_address_is_refused(agent: Agent, url: str, words: str):
    refused(agent.off(url=url), words)


# Secrets


def test_the_key_must_be_for_its_owner_only(agent: Agent):
    for mode in (0o640, 0o604, 0o666):
        agent.write_key(API_KEY, mode)
        refused(agent.off(), "chmod 0600")
    assert not agent.maas.events("request")


@pytest.mark.parametrize("text", ["", "only:two", "a:b:c:d", "a::c"])
def test_what_is_no_key_is_refused(agent: Agent, text: str):
    agent.write_key(text)
    refused(agent.off(), "not consumer:token:secret")


def test_a_missing_key_is_refused(agent: Agent):
    refused(agent.off(credentials_file="/nonexistent"), "cannot read credentials_file")
    refused(agent.off(credentials_file=""), "cannot read credentials_file (none)")


def test_the_secret_is_told_to_nobody_but_maas(agent: Agent):
    agent.maas.knobs.set("switch", "stuck")
    done = agent.off(verbose="1", total_timeout="1")
    assert "labsecret" not in done.stdout + done.stderr
    agent.maas.knobs.reset()
    agent.maas.knobs.set("revoked", True)
    assert "labsecret" not in agent.off(verbose="1").stderr
