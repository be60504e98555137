# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What ``ss`` says on a hypervisor, and what is concluded from it."""

import pathlib
from unittest.mock import Mock

import pytest

import watch

LISTENING = (
    'u_str LISTEN 0 128 /run/libvirt/libvirt-sock-ro 100 * 0 users:(("libvirtd",pid=7,fd=3))\n'
)
SERVER = 'u_str ESTAB 0 0 /run/libvirt/libvirt-sock-ro 201 * 202 users:(("libvirtd",pid=7,fd=9))\n'
OTHER = 'u_str ESTAB 9 0 * 302 * 301 users:(("dbus",pid=42,fd=3))\n'


def client(unread: int, pid: int = 42) -> str:
    return f'u_str ESTAB {unread} 0 * 202 * 201 users:(("masakari-instan",pid={pid},fd=8))\n'


def test_a_connection_that_is_read_is_heard():
    assert watch.complaint(LISTENING + SERVER + client(0) + OTHER, [42]) == ""


def test_what_waits_unread_is_not_heard():
    said = watch.complaint(LISTENING + SERVER + client(28) + OTHER, [42])
    assert said == "leaves unread what libvirt sends"


@pytest.mark.parametrize("listing", ["", LISTENING, LISTENING + OTHER])
def test_without_a_connection_nothing_is_heard(listing: str):
    assert watch.complaint(listing, [42]) == "has no connection to libvirt"


def test_somebody_elses_connection_does_not_count():
    listing = LISTENING + SERVER + client(0, pid=420)
    assert watch.complaint(listing, [42]) == "has no connection to libvirt"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("leaves unread what libvirt sends", "leaves unread what libvirt sends"),
        ("leaves unread what libvirt sends", "has no connection to libvirt"),
    ],
)
def test_two_faults_in_a_row_restart_the_monitor(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, before: str, after: str
):
    restarted: list[tuple[str, ...]] = []

    def run(argv: tuple[str, ...], **_: object) -> Mock:
        restarted.append(argv)
        return Mock(returncode=0)

    monkeypatch.setattr(watch, "STATE", tmp_path / "state.json")
    monkeypatch.setattr(watch, "_property", lambda name: "42")
    monkeypatch.setattr(watch.subprocess, "run", run)
    for fault in (before, "", before, after):
        monkeypatch.setattr(watch, "_look", lambda fault=fault: fault)
        assert watch.main() == 0
    assert restarted == [("/usr/bin/systemctl", "try-restart", watch.UNIT)]
