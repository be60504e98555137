# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine as a member."""

import pathlib
import subprocess
import sys

import pytest
from conftest import Shell

import access
import corosync
import member
import pacemaker
from config import Config


@pytest.fixture
def root(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setattr(corosync, "CONF", tmp_path / "corosync.conf")
    monkeypatch.setattr(member, "_DROP_IN", f"{tmp_path}/{{}}.service.d/overrides.conf")
    for name in ("MAAS_KEY", "MAAS_CA", "BMCS"):
        monkeypatch.setattr(access, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(pacemaker.time, "sleep", lambda _: None)
    return tmp_path


def test_the_keys_of_a_member_are_those_on_its_disk(
    root: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(corosync, "AUTHKEY", root / "corosync.key")
    monkeypatch.setattr(pacemaker, "AUTHKEY", root / "pacemaker.key")
    corosync.AUTHKEY.write_bytes(b"ring")
    pacemaker.AUTHKEY.write_bytes(b"remotes")
    assert member.present_keys() is None
    node = corosync.Node(1000, "n", "10.0.0.1")
    corosync.CONF.write_text(corosync.render(corosync.Ring("x", "udpu", frozenset({node}))))
    found = member.present_keys()
    assert found
    assert (found.corosync, found.pacemaker) == (b"ring", b"remotes")
    pacemaker.AUTHKEY.unlink()
    assert member.present_keys() is None


def test_time_limits_reach_systemd_when_they_change(root: pathlib.Path, shell: Shell):
    shell.answer("/usr/bin/systemctl", "daemon-reload")
    member.ensure_drop_ins(Config(service_stop_timeout=-1))
    member.ensure_drop_ins(Config(service_stop_timeout=-1))
    assert len(shell.calls) == 1
    text = (root / "pacemaker.service.d/overrides.conf").read_text()
    assert text == "[Service]\nTimeoutStartSec=180\nTimeoutStopSec=infinity\n"


def test_a_corosync_that_dies_is_started_again_and_pacemaker_as_its_package_has_it(
    root: pathlib.Path, shell: Shell
):
    shell.answer("/usr/bin/systemctl", "daemon-reload")
    member.ensure_drop_ins(Config())
    wanted = {
        name: "Restart=on-failure" in (root / f"{name}.service.d/overrides.conf").read_text()
        for name in ("corosync", "pacemaker")
    }
    assert wanted == {"corosync": True, "pacemaker": False}


def test_a_member_that_is_still_in_contact_stays_in_the_ring(
    root: pathlib.Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(member, "_LEAVE", 0.0)
    nodes = frozenset(corosync.Node(1000 + n, f"n{n}", f"10.0.0.{n}") for n in range(3))
    corosync.CONF.write_text(corosync.render(corosync.Ring("x", "knet", nodes)))
    key = "runtime.members.1002.status"
    shell.answer(corosync.CMAPCTL, "-g", key, stdout=f"{key} (str) = joined\n")
    assert {node.id for node in member.leavers(frozenset({1000, 1001}))} == {1002}
    shell.answer(corosync.CMAPCTL, "-g", key, stdout=f"{key} (str) = left\n")
    assert member.leavers(frozenset({1000, 1001})) == frozenset()
    assert member.leavers(frozenset({1000, 1001, 1002})) == frozenset()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(member.time, "sleep", found.append)
    return found


def leaving(shell: Shell, state: str) -> None:
    shell.answer("/usr/bin/systemctl", "show", stdout=f"ActiveState={state}\nLoadState=loaded\n")
    shell.answer("/usr/bin/systemctl")
    shell.answer(corosync.QUORUMTOOL, stdout="Total votes: 3\nQuorum: 2\n")


def test_leaving_stops_pacemaker_before_corosync(
    root: pathlib.Path, shell: Shell, slept: list[float]
):
    leaving(shell, "active")
    member.leave()
    stopped = [call[2] for call in shell.called("/usr/bin/systemctl", "stop")]
    assert stopped == ["pacemaker", "corosync"]
    masked = [call[2] for call in shell.called("/usr/bin/systemctl", "mask")]
    assert masked == ["pacemaker", "corosync"]
    assert shell.called(corosync.QUORUMTOOL)


def test_those_who_leave_at_once_take_turns(root: pathlib.Path, shell: Shell, slept: list[float]):
    leaving(shell, "active")
    nodes = frozenset(corosync.Node(1000 + n, f"n{n}", f"10.0.0.{n}") for n in range(5))
    corosync.CONF.write_text(corosync.render(corosync.Ring("x", "knet", nodes)))
    for node_id in (1000, 1003):
        member.leave(node_id)
    assert slept == [0.0, 6.0]


def test_nobody_waits_who_has_left(root: pathlib.Path, shell: Shell, slept: list[float]):
    leaving(shell, "inactive")
    member.leave(1003)
    assert slept == []
    assert not shell.called(corosync.QUORUMTOOL)


def test_installing_starts_nothing(
    root: pathlib.Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(member, "_AGENT_DIRECTORY", root / "sbin")
    monkeypatch.setattr(member, "_LIBRARY_DIRECTORY", root / "share")
    monkeypatch.setattr(member, "_OLD_LIBRARY_DIRECTORY", root / "old")
    (root / "old").mkdir()
    shell.answer("/usr/bin/dpkg-query")
    shell.answer("/usr/bin/apt-get")
    shell.answer("/usr/bin/systemctl")
    member.install(pathlib.Path(__file__).parents[2])
    verbs = [call[1:] for call in shell.called("/usr/bin/systemctl")]
    assert verbs == [
        ("mask", "--runtime", "corosync.service", "pacemaker.service"),
        ("unmask", "--runtime", "corosync.service", "pacemaker.service"),
    ]
    assert corosync.CONF.read_text() == corosync.SAFE_CONF
    assert {file.name for file in (root / "sbin").iterdir()} == {
        "fence_bmc",
        "fence_maas",
        "fence_member",
    }
    assert not (root / "old").exists()
    for agent in ("fence_maas", "fence_bmc"):
        run = [sys.executable, root / "sbin" / agent, "-o", "metadata"]
        env = {"PYTHONPATH": str(root / "share"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(run, capture_output=True, text=True, env=env, check=True)
        assert f'<resource-agent name="{agent}"' in done.stdout
    assert (root / "share/fence_bmc_ipmitool").stat().st_mode & 0o777 == 0o755
