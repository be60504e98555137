# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Agents at work on real processes: machines, power, restarts, the machine lock."""

import os
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from lab.juju.runner import kill_leftovers
from lab.tests.juju_world import World


def test_a_units_hooks_run_in_its_charm_directory_with_jujus_environment(world: World) -> None:
    path = world.charm("plain", script='pwd > where\nenv > "env-$JUJU_HOOK_NAME"\n')
    world.juju("deploy", path)
    world.settle()
    directory = world.charm_dir("plain/0")
    assert (directory / "where").read_text().strip() == str(directory)
    found = dict(
        line.split("=", 1) for line in (directory / "env-install").read_text().splitlines()
    )
    assert found["JUJU_UNIT_NAME"] == "plain/0"
    assert found["JUJU_DISPATCH_PATH"] == "hooks/install"
    assert found["JUJU_VERSION"] == "3.6.14"
    assert found["JUJU_PRINCIPAL_UNIT"] == ""
    assert found["JUJU_AGENT_SOCKET_NETWORK"] == "unix"
    assert "INSTANCE_HA_LAB" not in found
    assert "PYTEST_CURRENT_TEST" not in found


def test_hook_tools_answer_inside_a_hook_and_in_no_other_place(world: World) -> None:
    world.juju("deploy", world.charm("plain", script='status-set active "at $JUJU_HOOK_NAME"\n'))
    world.settle()
    assert world.model.units["plain/0"].status.message == "at start"
    instance = world.model.machines["0"].instance or ""
    tool = world.cloud.agent_dir(instance) / "tools" / "status-set"
    done = subprocess.run([tool, "active"], capture_output=True, text=True, env={}, check=False)
    assert done.returncode == 1
    assert "only work in hooks" in done.stderr
    stale = {
        "JUJU_CONTEXT_ID": "old",
        "JUJU_AGENT_SOCKET_ADDRESS": str(world.cloud.agent_dir(instance) / "agent.socket"),
    }
    done = subprocess.run([tool, "active"], capture_output=True, text=True, env=stale, check=False)
    assert "has ended" in done.stderr


def test_large_values_pass_through_the_tools_whole(world: World) -> None:
    # Databags of real charms hold whole certificates and cluster configurations.
    script = (
        'if [ "$JUJU_HOOK_NAME" = start ]; then\n'
        "  head -c 300000 /dev/zero | tr '\\0' x > big\n"
        '  printf "{\\"big\\": \\"%s\\"}" "$(cat big)" | state-set --file -\n'
        "  state-get big | wc -c > size\n"
        "fi\n"
    )
    world.juju("deploy", world.charm("plain", script=script))
    world.settle()
    assert (world.charm_dir("plain/0") / "size").read_text().strip() == "300001"


def test_a_daemon_left_behind_by_a_hook_does_not_hold_it_up(world: World) -> None:
    world.juju("deploy", world.charm("plain", script="sleep 30 &\n"))
    world.settle(10)
    kill_leftovers(world.model.uuid)


def test_one_hook_at_a_time_runs_on_a_machine_and_machines_run_in_parallel(world: World) -> None:
    # core/machinelock: all agents of a machine share it.
    locks = world.root / "locks"
    locks.mkdir()
    mine = f'"{locks}/$JUJU_MACHINE_ID"'
    script = f'mkdir {mine} || touch "{locks}/clash"\nsleep 0.05\nrmdir {mine}\n'
    path = world.charm("plain", script=script)
    world.juju("deploy", path)
    world.juju("deploy", path, "second", "--to", "0")
    world.settle()
    assert not (locks / "clash").exists()
    log = world.hook_log()
    assert {entry["unit"] for entry in log} == {"plain/0", "second/0"}


def test_hooks_wait_while_a_machine_is_off_and_its_agents_show_as_lost(world: World) -> None:
    world.juju("deploy", world.charm("plain"), "-n", "2")
    world.settle()
    instance = world.model.machines["0"].instance or ""
    world.cloud.power_off(instance)
    world.until(lambda: world.model.machines["0"].status.current == "down")
    unit = world.status()["applications"]["plain"]["units"]["plain/0"]
    assert unit["juju-status"]["current"] == "lost"
    assert unit["workload-status"]["current"] == "unknown"
    assert "agent lost" in unit["workload-status"]["message"]
    before = world.ran("plain/0")
    world.juju("refresh", "plain", "--path", world.charm("plain"))
    world.until(lambda: world.ran("plain/1")[-1] == "config-changed")
    assert world.ran("plain/0") == before
    world.cloud.power_on(instance)
    world.until(lambda: world.ran("plain/0")[-1] == "config-changed")
    assert world.ran("plain/0")[len(before) :] == ["start", "upgrade-charm", "config-changed"]


def test_a_boot_shorter_than_a_look_is_noticed_all_the_same(world: World) -> None:
    world.juju("deploy", world.charm("plain"))
    world.settle()
    instance = world.model.machines["0"].instance or ""
    world.cloud.power_off(instance)
    world.cloud.power_on(instance)
    world.until(lambda: world.ran("plain/0").count("start") == 2)


def test_a_hook_cut_short_by_a_power_cut_is_no_error_and_runs_again(world: World) -> None:
    script = (
        'if [ "$JUJU_HOOK_NAME" = config-changed ] && [ ! -e cut ]; then\n'
        "  touch cut; sleep 1; exit 137\nfi\n"
    )
    world.juju("deploy", world.charm("plain", script=script))
    world.until(lambda: (world.charm_dir("plain/0") / "cut").exists())
    instance = world.model.machines["0"].instance or ""
    world.cloud.power_off(instance)
    world.until(lambda: world.model.machines["0"].status.current == "down")
    assert not world.model.units["plain/0"].failed
    world.cloud.power_on(instance)
    world.until(lambda: world.ran("plain/0")[-1] == "start")
    assert world.ran("plain/0").count("config-changed") == 2


def test_the_model_survives_a_restart_and_a_hook_in_flight_runs_again(world: World) -> None:
    script = (
        'if [ "$JUJU_HOOK_NAME" = config-changed ] && [ ! -e cut ]; then touch cut; sleep 60; fi\n'
    )
    world.juju("deploy", world.charm("plain", script=script))
    world.until(lambda: world.model.machines.get("0") and world.model.machines["0"].instance)
    world.until(lambda: (world.charm_dir("plain/0") / "cut").exists())
    uuid = world.model.uuid
    world.restart()
    world.settle()
    assert world.model.uuid == uuid
    assert world.ran("plain/0").count("install") == 1
    assert world.ran("plain/0").count("config-changed") == 2


def test_processes_of_a_killed_daemon_are_found_by_their_environment() -> None:
    environment = {
        "JUJU_MODEL_UUID": "test-leftover",
        "JUJU_CONTEXT_ID": "x",
        "PATH": os.environ["PATH"],
    }
    with subprocess.Popen(["sleep", "60"], env=environment) as process:
        assert kill_leftovers("test-leftover") == 1
        assert process.wait(5) == -signal.SIGKILL


def test_a_leader_whose_machine_is_off_for_a_minute_is_succeeded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.juju.leadership.LEASE_SECONDS", 2.0)
    monkeypatch.setattr("lab.juju.leadership.RENEWAL_SECONDS", 0.5)
    world.juju("deploy", world.charm("plain"), "-n", "2")
    world.settle()
    leader = world.model.applications["plain"].leader or ""
    world.cloud.power_off(world.model.machines[world.model.units[leader].machine].instance or "")
    world.until(lambda: world.model.applications["plain"].leader not in (None, leader))


def test_update_status_runs_again_and_again_at_the_models_interval(world: World) -> None:
    world.juju("model-config", "update-status-hook-interval=1s")
    world.juju("deploy", world.charm("plain"))
    world.until(lambda: world.model.units["plain/0"].started)
    world.until(lambda: world.ran("plain/0").count("update-status") >= 2)


def test_a_cloud_that_refuses_shows_on_the_machine(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lab.machines.errors import NoMachineError

    def refuse(**_: object) -> None:
        raise NoMachineError("no machine is free with tags gpu")

    monkeypatch.setattr(world.cloud, "allocate", refuse)
    world.juju("deploy", world.charm("plain"), "--constraints", "tags=gpu")
    world.until(lambda: "gpu" in world.model.machines["0"].status.message)
    machine = world.status()["machines"]["0"]
    assert "gpu" in machine["machine-status"]["message"]
    assert machine["juju-status"]["current"] == "pending"


def test_every_hook_leaves_a_line_with_its_time_and_calls(world: World) -> None:
    world.juju("deploy", world.charm("plain", script="config-get\n"))
    world.settle()
    log = world.hook_log()
    assert [entry["hook"] for entry in log] == [
        "install",
        "leader-elected",
        "config-changed",
        "start",
    ]
    assert all(entry["rc"] == 0 and entry["tools"] == 1 and entry["seconds"] > 0 for entry in log)


def test_what_the_stand_in_adds_to_a_hook_is_less_than_20_ms(world: World) -> None:
    world.juju("deploy", world.charm("plain"))
    world.settle()
    log = world.hook_log()
    assert sorted(entry["overhead"] for entry in log)[len(log) // 2] < 0.02


def test_the_models_file_is_for_its_owner_only(world: World) -> None:
    world.juju("add-secret", "key", "a=b")
    path: Path = world.root / "juju" / "model-world.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
