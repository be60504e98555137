# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import json
import os

import pytest

from lab import daemons
from lab.daemons import Daemon, DaemonError
from lab.settings import Lab


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Lab:
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(tmp_path))
    return Lab("x")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A stand-in for the package ``lab`` with one program in it."""
    package = tmp_path / "checkout" / "lab"
    package.mkdir(parents=True)
    monkeypatch.setattr(daemons, "_CHECKOUT", package.parent)
    monkeypatch.chdir(tmp_path)
    return package


def test_a_program_is_started_once_and_ended_by_its_pid(lab, checkout):
    (checkout / "idle.py").write_text("import time\ntime.sleep(60)\n")
    daemon = Daemon("idle", lab, lambda: True)
    pid = daemon.start()
    assert daemon.start() == pid
    assert Daemon("idle", lab, lambda: True).pid() == pid
    assert daemon.stop()
    assert daemon.pid() is None
    assert not daemon.stop()


def test_a_program_that_ends_at_once_is_reported_with_its_last_words(lab, checkout):
    (checkout / "broken.py").write_text("raise SystemExit('no socket')\n")
    with pytest.raises(
        DaemonError, match=r"broken ended at once: no socket \(see .*broken\.log\)"
    ):
        Daemon("broken", lab, lambda: False).start()


def test_a_program_that_does_not_answer_is_reported_in_time(lab, checkout):
    (checkout / "mute.py").write_text("import time\ntime.sleep(60)\n")
    daemon = Daemon("mute", lab, lambda: False)
    try:
        with pytest.raises(DaemonError, match="mute does not answer"):
            daemon.start(timeout=0.3)
    finally:
        daemon.stop()


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(lab):
    daemon = Daemon("juju", lab, lambda: True)
    daemon.record.parent.mkdir(parents=True)
    daemon.record.write_text(json.dumps({"pid": os.getpid(), "begun": "1"}))
    assert daemon.pid() is None
    assert not daemon.stop()
