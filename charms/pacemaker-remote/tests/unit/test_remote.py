# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine as a remote."""

import pathlib

import pytest

import remote
from instance_ha import command
from instance_ha.command import CommandError, Result


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr(remote, "AUTHKEY", tmp_path / "authkey")
    monkeypatch.setattr(remote, "_GROUP", "root")
    monkeypatch.setattr(remote.watch, "ensure_absent", lambda: done.append("unwatch"))
    monkeypatch.setattr(remote.systemd, "ensure_running", lambda _: done.append("run"))
    monkeypatch.setattr(remote.systemd, "ensure_stopped", lambda _: done.append("stop"))
    monkeypatch.setattr(remote.systemd, "restart", lambda _: done.append("restart"))
    monkeypatch.setattr(remote.watch, "ensure", lambda *args: done.append(f"for {args[2]}"))
    return done


def test_the_daemon_never_restarts_for_a_key(systemd: list[str]):
    remote.serve(b"one")
    assert remote.AUTHKEY.stat().st_mode & 0o777 == 0o640
    remote.serve(b"two")
    assert remote.AUTHKEY.read_bytes() == b"two"
    assert systemd == ["run", "run"]


def test_the_predecessors_key_file_changes_hands_without_a_restart(systemd: list[str]):
    remote.AUTHKEY.write_bytes(b"one")
    remote.AUTHKEY.chmod(0o444)
    remote.serve(b"one")
    assert systemd == ["run"]
    assert remote.AUTHKEY.stat().st_mode & 0o777 == 0o640


HEADER = "  sl  local_address rem_address   st tx_queue rx_queue\n"


@pytest.mark.parametrize(
    "listening",
    [
        pytest.param("", id="the daemon is down, or has not begun to listen"),
        pytest.param("00000000:0C31", id="all addresses"),
        pytest.param("0A00000A:0C31", id="this address"),
        pytest.param("0B00000A:0016", id="another program's"),
    ],
)
def test_a_daemon_that_can_be_connected_to_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, systemd: list[str], listening: str
):
    table = tmp_path / "tcp"
    table.write_text(HEADER + (f" 0: {listening} 00000000:0000 0A\n" if listening else ""))
    monkeypatch.setattr(remote, "_SOCKETS", (table, tmp_path / "tcp6"))
    assert not remote.ensure_reachable(tmp_path, "h.maas", "10.0.0.10")
    assert systemd == []


def test_a_daemon_at_an_old_address_restarts_open_to_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, systemd: list[str]
):
    table = tmp_path / "tcp"
    table.write_text(HEADER + " 0: 0B00000A:0C31 00000000:0000 0A\n")
    monkeypatch.setattr(remote, "_SOCKETS", (table,))
    assert remote.ensure_reachable(tmp_path, "h.maas", "10.0.0.10")
    assert systemd == ["for None", "restart", "for 10.0.0.10"]


def test_stopping_takes_the_key_away(systemd: list[str]):
    remote.serve(b"one")
    remote.stop_serving()
    assert systemd[-2:] == ["stop", "unwatch"]
    assert not remote.AUTHKEY.exists()


def test_release_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    answers = iter([True, True, False])
    monkeypatch.setattr(remote.time, "sleep", lambda _: None)
    monkeypatch.setattr(remote, "is_connected", lambda: next(answers))
    assert remote.wait_until_released(timeout=60)


def test_waiting_for_release_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remote.time, "sleep", lambda _: None)
    monkeypatch.setattr(remote, "is_connected", lambda: True)
    assert not remote.wait_until_released(timeout=0)


def test_the_cluster_is_told_for_good(monkeypatch: pytest.MonkeyPatch):
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(command, "run", lambda *argv, **_: calls.append(argv))
    remote.set_paused("h.maas", paused=True)
    remote.set_paused("h.maas", paused=False)
    resource = (remote.CRM_RESOURCE, "--resource", "h.maas", "--meta")
    assert calls == [
        (*resource, "--set-parameter", "is-managed", "--parameter-value", "false"),
        (*resource, "--delete-parameter", "is-managed"),
    ]


@pytest.mark.parametrize(
    ("answer", "paused"),
    [
        (Result(0, "false\n", ""), True),
        (Result(0, "true\n", ""), False),
        (Result(0, "", "Attribute 'is-managed' not found for 'h.maas'"), False),
        (Result(6, "", "no such attribute"), False),
        (CommandError("crm_resource", None, ""), False),
    ],
)
def test_a_cluster_that_does_not_answer_has_not_paused(
    monkeypatch: pytest.MonkeyPatch, answer: Result | CommandError, paused: bool
):
    def attempt(*_: str, **__: object) -> Result:
        if isinstance(answer, CommandError):
            raise answer
        return answer

    monkeypatch.setattr(command, "attempt", attempt)
    assert remote.is_paused("h.maas") is paused
