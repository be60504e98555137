# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The daemon's socket, the ``juju`` executable, and jubilant driving both."""

import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.juju.daemon import Daemon
from lab.tests.juju_world import World

JUJU = Path(__file__).resolve().parents[2] / "bin" / "juju"


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    root = world.root / "labs" / "test"
    root.mkdir(parents=True)
    monkeypatch.setenv("INSTANCE_HA_LAB_DIR", str(world.root))
    monkeypatch.setenv("INSTANCE_HA_LAB", "test")
    daemon = Daemon(world.controller, root / "juju.sock")
    thread = threading.Thread(target=daemon.serve)
    thread.start()
    yield world
    daemon.stop()
    thread.join()


def juju(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([JUJU, *words], capture_output=True, text=True, cwd=cwd, check=False)


def test_the_executable_passes_output_errors_and_code(served: World) -> None:
    assert juju("version").stdout == "3.6.14-genericlinux-amd64\n"
    refused = juju("nonsense")
    assert refused.returncode == 2
    assert refused.stderr.startswith("ERROR ")


def test_paths_are_those_of_the_directory_it_is_called_in(served: World) -> None:
    path = served.charm("plain")
    assert juju("deploy", "./plain", cwd=path.parent).returncode == 0


def test_it_becomes_the_command_that_ssh_runs(served: World) -> None:
    served.juju("deploy", served.charm("plain"))
    served.settle()
    assert juju("ssh", "plain/0", "echo", "$((6 * 7))").stdout == "42\n"


def test_a_client_that_does_not_wait_for_its_answer_is_no_error(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    daemon = Daemon(world.controller, world.root / "juju.sock")
    ours, theirs = socket.socketpair()
    theirs.sendall(b'{"words": ["version"], "directory": "/", "terminal": false}\n')
    theirs.close()
    daemon._answer(ours)
    assert "did not wait for its answer" in caplog.text
    daemon.stop()
    daemon.serve()


def test_a_lab_that_is_not_up_is_said_to_be_so(tmp_path: Path) -> None:
    environment = {**os.environ, "INSTANCE_HA_LAB_DIR": str(tmp_path)}
    done = subprocess.run(
        [JUJU, "status"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert "is not up" in done.stderr


def test_jubilant_drives_it(served: World) -> None:
    jubilant = pytest.importorskip("jubilant")
    client = jubilant.Juju(cli_binary=str(JUJU), wait_timeout=30)
    script = 'status-set active\n[ "$JUJU_ACTION_NAME" != fail ] || action-fail no\n'
    config = "options: {level: {type: int, default: 1, description: x}}\n"
    path = served.charm("plain", "", script, config=config, actions="fail: {}\n")
    client.deploy(path, num_units=2, config={"level": 2})
    client.wait(jubilant.all_active, delay=0.1)
    assert client.version().major == 3
    assert client.config("plain")["level"] == 2
    assert client.exec("echo hi", unit="plain/0").stdout == "hi\n"
    with pytest.raises(jubilant.TaskError, match="no"):
        client.run("plain/0", "fail")
    with pytest.raises(ValueError, match="not found"):
        client.run("plain/0", "missing")
    secret = client.add_secret("key", {"a": "b"}, info="x")
    client.grant_secret(secret, "plain")
    assert client.show_secret(secret, reveal=True).content == {"a": "b"}
    assert [found.name for found in client.secrets()] == ["key"]
    client.remove_unit("plain/1")
    client.wait(lambda status: set(status.apps["plain"].units) == {"plain/0"}, delay=0.1)
    assert client.show_unit("plain/0").leader
    assert client.show_model().model_type == "iaas"
    assert "ran" in client.debug_log(limit=5)
    client.model_config({"update-status-hook-interval": "2m"})
    client.remove_application("plain")
    client.wait(lambda status: not status.apps, delay=0.1)
