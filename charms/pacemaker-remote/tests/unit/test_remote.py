# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine as a remote."""

import pathlib

import pytest

import remote
from instance_ha import command
from instance_ha.command import CommandError, Result

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue\n"
LISTENING = "   0: 00000000:0C31 00000000:0000 0A 00000000:00000000\n"
CONNECTED = "   1: 154D4D0A:0C31 0B4D4D0A:8F2A 01 00000000:00000000\n"
ELSEWHERE = "   2: 154D4D0A:0016 0B4D4D0A:8F2B 01 00000000:00000000\n"
OUTWARD = "   3: 154D4D0A:8F2C 0B4D4D0A:0C31 01 00000000:00000000\n"


def test_only_an_established_connection_to_the_daemon_counts():
    assert remote.has_connection(HEADER + LISTENING + CONNECTED, remote.PORT)
    assert not remote.has_connection(HEADER + LISTENING + ELSEWHERE + OUTWARD, remote.PORT)
    assert not remote.has_connection("", remote.PORT)


@pytest.fixture
def systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr(remote, "AUTHKEY", tmp_path / "authkey")
    monkeypatch.setattr(remote, "_GROUP", "root")
    monkeypatch.setattr(remote.watch, "ensure_absent", lambda: done.append("unwatch"))
    monkeypatch.setattr(remote.systemd, "ensure_running", lambda _: done.append("run"))
    monkeypatch.setattr(remote.systemd, "ensure_stopped", lambda _: done.append("stop"))
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
