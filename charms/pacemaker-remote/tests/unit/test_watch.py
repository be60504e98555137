# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What keeps a host from being fenced while its daemon restarts."""

import importlib.machinery
import importlib.util
import pathlib
import types

import pytest

import watch

FILES = pathlib.Path(__file__).parents[2] / "files"
NODE = "h.maas"


class Cluster:
    """Stands for the programs that the script asks, and for a cluster that takes note in time."""

    def __init__(self) -> None:
        self.system = "running"
        self.version = "2.1.5-a3f44794f94"
        self.maintenance = ""
        self.noted = "0"
        self.reachable = True
        self.states = ["true"]
        self.holders = ["m1"]
        self.told: list[str] = []

    def attempt(self, *command: str) -> tuple[int | None, str]:
        program = pathlib.PurePath(command[0]).name
        if program == "systemctl":
            return 0, self.system
        if not self.reachable:
            return None, "timed out"
        if program == "cibadmin":
            return 0, self.node_state()
        return self.status() if program == "crm_mon" else self.attribute(command)

    def node_state(self) -> str:
        """Return what was noted, and take note."""
        noted, self.noted = self.noted, "1" if self.maintenance else "0"
        return f'<node_state uname="{NODE}" node_in_maintenance="{noted}"/>'

    def status(self) -> tuple[int, str]:
        online = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        holder = self.holders.pop(0) if len(self.holders) > 1 else self.holders[0]
        nodes = f'<node name="m"/><node name="{NODE}" online="{online}" unclean="false"/>'
        resource = f'<resource id="{NODE}"><node name="{holder}"/></resource>'
        return 0, f"<x><nodes>{nodes}</nodes><resources>{resource}</resources></x>"

    def attribute(self, command: tuple[str, ...]) -> tuple[int, str]:
        if "dc-version" in command:
            return 0, self.version
        assert command[1:3] == ("--node", NODE)
        if "--query" in command:
            return (0, self.maintenance) if self.maintenance else (6, "no such attribute")
        self.maintenance = "true" if "--update" in command else ""
        self.told.append(self.maintenance)
        return 0, ""


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def script(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, tmp_path: pathlib.Path
) -> types.ModuleType:
    loader = importlib.machinery.SourceFileLoader("script", str(FILES / "pacemaker_remote_watch"))
    spec = importlib.util.spec_from_loader("script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "attempt", cluster.attempt)
    monkeypatch.setattr(module, "MARK", tmp_path / "mark")
    monkeypatch.setattr(module.time, "sleep", lambda _: None)
    return module


def test_a_stop_is_told_and_a_start_ends_it(script: types.ModuleType, cluster: Cluster):
    script.leave(NODE)
    assert cluster.maintenance == "true"
    script.come_back(NODE)
    assert cluster.told == ["true", ""]
    assert not script.MARK.exists()


def test_the_end_waits_for_a_connection_that_holds(script: types.ModuleType, cluster: Cluster):
    script.leave(NODE)
    cluster.states = ["false", "true", "false", "true", "true"]
    script.come_back(NODE)
    assert cluster.states == ["true"]
    assert cluster.maintenance == ""


def test_what_somebody_else_put_in_maintenance_stays(script: types.ModuleType, cluster: Cluster):
    cluster.maintenance = "true"
    script.leave(NODE)
    script.come_back(NODE)
    assert cluster.maintenance == "true"
    assert cluster.told == []


def test_a_second_stop_before_the_return_is_still_ours(script: types.ModuleType, cluster: Cluster):
    script.leave(NODE)
    script.leave(NODE)
    script.come_back(NODE)
    assert cluster.maintenance == ""


def test_a_machine_that_goes_down_may_be_fenced(script: types.ModuleType, cluster: Cluster):
    cluster.system = "stopping"
    script.leave(NODE)
    assert cluster.told == []


def test_a_cluster_that_does_not_answer_holds_up_nothing(
    script: types.ModuleType, cluster: Cluster
):
    cluster.reachable = False
    script.leave(NODE)
    assert not script.MARK.exists()
    script.come_back(NODE)


@pytest.mark.parametrize("version", ["3.0.0-3.0.0", "3.0.1"])
def test_a_cluster_that_knows_a_restart_from_a_loss_is_not_told(
    script: types.ModuleType, cluster: Cluster, version: str
):
    cluster.version = version
    script.leave(NODE)
    script.come_back(NODE)
    assert cluster.told == []


def test_the_end_waits_until_the_member_that_connects_was_told_of_the_maintenance(
    script: types.ModuleType, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
):
    script.leave(NODE)
    seen: list[str] = []
    real = cluster.node_state
    monkeypatch.setattr(cluster, "node_state", lambda: seen.append(cluster.noted) or real())
    script.come_back(NODE)
    assert seen[:3] == ["0", "1", "1"]
    assert seen[-2:] == ["0", "0"]


def test_a_member_that_lost_the_connection_meanwhile_is_told_when_it_has_it_again(
    script: types.ModuleType, cluster: Cluster
):
    script.leave(NODE)
    cluster.holders = ["m2"] * 8 + ["m1"]
    script.come_back(NODE)
    assert cluster.told == ["true", "", "true", ""]
    assert cluster.maintenance == ""
    assert not script.MARK.exists()


def test_an_answer_that_is_none_is_no_connection(
    script: types.ModuleType, monkeypatch: pytest.MonkeyPatch
):
    for answer in ((102, ""), (0, "<nonsense"), (0, "<x><nodes/></x>"), (None, "timed out")):
        monkeypatch.setattr(script, "attempt", lambda *_, answer=answer: answer)
        assert not script.look(NODE).is_well


def test_a_program_that_is_not_there_or_hangs_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    loader = importlib.machinery.SourceFileLoader("script", str(FILES / "pacemaker_remote_watch"))
    spec = importlib.util.spec_from_loader("script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.05)
    assert module.attempt(str(tmp_path / "none"))[0] is None
    assert module.attempt("/bin/sleep", "5")[0] is None
    assert module.attempt("/bin/echo", "word") == (0, "word")


@pytest.fixture
def reloads(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> list[str]:
    done: list[str] = []
    for name in ("PROGRAM", "UNIT", "DROP_IN"):
        monkeypatch.setattr(watch, name, tmp_path / name.lower() / "x.service")
    monkeypatch.setattr(watch.systemd, "daemon_reload", lambda: done.append("reload"))
    return done


def test_systemd_is_told_once(reloads: list[str]):
    watch.ensure(FILES, NODE, None)
    watch.ensure(FILES, NODE, None)
    assert reloads == ["reload"]
    assert f"leave {NODE}" in watch.DROP_IN.read_text()
    assert f"return {NODE}" in watch.UNIT.read_text()
    assert watch.PROGRAM.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("address", [None, "10.0.0.10"])
def test_the_drop_in_leaves_restarts_to_the_package(reloads: list[str], address: str | None):
    watch.ensure(FILES, NODE, address)
    assert "Restart=" not in watch.DROP_IN.read_text()


def test_the_daemon_is_told_the_address_to_listen_on(reloads: list[str]):
    watch.ensure(FILES, NODE, "10.0.0.10")
    assert watch.DROP_IN.read_text() == (
        f"[Unit]\nWants={watch.UNIT.name}\n"
        "Wants=network-online.target\nAfter=network-online.target\n"
        f"\n[Service]\nExecStop=-{watch.PROGRAM} leave {NODE}\n"
        "Environment=PCMK_remote_address=10.0.0.10\n"
        "RestartForceExitStatus=100\nRestartSec=3\n"
    )
    watch.ensure(FILES, NODE, None)
    assert "PCMK_remote_address" not in watch.DROP_IN.read_text()
    assert reloads == ["reload"] * 2


def test_nothing_stays_behind(reloads: list[str]):
    watch.ensure(FILES, NODE, None)
    watch.ensure_absent()
    assert not any(path.exists() for path in (watch.PROGRAM, watch.UNIT, watch.DROP_IN))
    watch.ensure_absent()
    assert reloads == ["reload"] * 2
