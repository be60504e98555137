# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The small parts of the stand-in: durations, parameters, records, charm files, hook tools."""

import os
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from lab.juju import params, provisioning, records, runner, store
from lab.juju.assets import Secret, SecretRevision, Task
from lab.juju.bundles import ActionSpec
from lab.juju.charmstore import CharmStore, place
from lab.juju.duration import parse_duration
from lab.juju.entities import Hook, Life
from lab.juju.errors import JujuError
from lab.juju.model import Model
from lab.juju.toolserver import ToolServer
from lab.tests.juju_stage import Stage, charm

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h30m", 5400), ("90s", 90), ("1.5s", 1.5), ("250ms", 0.25)],
)
def test_durations_are_gos(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "5d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration(text)


def test_parameters_are_yaml_trees_unless_told_to_be_strings() -> None:
    assert params.from_words(["a.b=1", "a.c=x", "d=[1, 2]"]) == {
        "a": {"b": 1, "c": "x"}, "d": [1, 2],
    }  # fmt: skip
    assert params.from_words(["a=1"], strings=True) == {"a": "1"}
    with pytest.raises(JujuError, match="must be of the form"):
        params.from_words(["a"])


def test_parameters_are_checked_all_at_once() -> None:
    spec = ActionSpec(
        "x",
        params={
            "host": {"type": "string", "pattern": "^node"},
            "ids": {"items": {"type": "integer"}},
        },
        required=frozenset({"force"}),
        additional=False,
    )
    with pytest.raises(JujuError) as raised:
        params.complete(spec, {"host": "other", "ids": [1, "b"], "more": 1})
    for reason in (
        '"force" property is missing',
        "pattern",
        "(root).ids.1",
        '"more" is not allowed',
    ):
        assert reason in str(raised.value)


def test_a_model_is_the_same_after_a_trip_to_its_file(tmp_path: Path) -> None:
    stage = Stage()
    stage.deploy(charm("web", provides={"http": "http"}, peers={"cluster": "c"}), 2)
    stage.deploy(charm("proxy", requires={"http": "http"}), 1)
    stage.relate("web", "proxy")
    stage.settle()
    model = stage.model
    model.units["web/0"].pending = Hook("x", "x", relation=1)
    model.units["web/0"].life = Life.DYING
    model.secrets["s"] = Secret("s", "model", revisions={1: SecretRevision({"a": "b"})})
    model.tasks["1"] = Task("1", "web/0", "ping", {"deep": {"er": [1, None, True]}})
    store.save(tmp_path, model)
    assert store.load(tmp_path) == [model]


def test_a_half_written_file_never_replaces_a_whole_one(tmp_path: Path) -> None:
    store.save(tmp_path, Model("m"))
    (tmp_path / "model-m.part").write_text("{")
    assert [m.name for m in store.load(tmp_path)] == ["m"]


def test_a_field_that_is_no_longer_known_is_dropped() -> None:
    assert records.parse(Task, '{"id":"1","target":"a/0","name":"x","gone":1}').id == "1"


def packed(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.yaml", "name: plain\nsummary: s\ndescription: d\n")
        tool = zipfile.ZipInfo("dispatch")
        tool.external_attr = 0o100755 << 16
        archive.writestr(tool, "#!/bin/sh\n")
        link = zipfile.ZipInfo("venv/lib64")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "lib")
        archive.writestr("venv/lib/wheel.py", "x = 1\n")
    return path


def test_a_packed_charm_keeps_modes_and_links(tmp_path: Path) -> None:
    model, charms = Model("m"), CharmStore(tmp_path / "charms")
    key = charms.add(model, packed(tmp_path / "plain.charm"))
    directory = Path(model.charms[key])
    assert key == "plain-0"
    assert os.access(directory / "dispatch", os.X_OK)
    assert (directory / "venv/lib64").readlink() == Path("lib")
    assert charms.metadata(model, key).name == "plain"
    assert charms.add(model, tmp_path / "plain.charm") == "plain-1"


def test_units_share_wheels_and_own_the_rest(tmp_path: Path) -> None:
    model, charms = Model("m"), CharmStore(tmp_path / "charms")
    source = Path(model.charms[charms.add(model, packed(tmp_path / "plain.charm"))])
    place(source, None, tmp_path / "unit")
    assert (tmp_path / "unit/venv/lib/wheel.py").samefile(source / "venv/lib/wheel.py")
    assert not (tmp_path / "unit/dispatch").samefile(source / "dispatch")
    place(source, source, tmp_path / "unit")
    assert (tmp_path / "unit/dispatch").read_text() == "#!/bin/sh\n"


def test_output_is_taken_line_by_line_and_to_its_end() -> None:
    lines: list[tuple[str, str]] = []
    script = "echo one; echo two >&2; printf three; exit 3"
    outcome = runner.run(["/bin/sh", "-c", script], on_line=lambda s, t: lines.append((s, t)))
    assert outcome.code == 3
    assert (outcome.stdout, outcome.stderr) == ("one\nthree", "two\n")
    assert sorted(lines) == [("stderr", "two"), ("stdout", "one"), ("stdout", "three")]


def answer(context: str, words: list[str], stdin: str) -> tuple[int, str, str]:
    return 42, f"{context}|{words}|{stdin}", "ERROR no"


@pytest.mark.parametrize("kind", ["c", "python"])
def test_both_hook_tools_say_the_same(tmp_path: Path, kind: str) -> None:
    tool = tmp_path / "relation-set"
    if kind == "c":
        if not provisioning._program().startswith(b"\x7fELF"):
            pytest.skip("no C compiler")
        provisioning.install_tools(tmp_path)
    else:
        tool.write_bytes((ROOT / "lab/juju/hooktool.py").read_bytes())
        tool.chmod(0o755)
        (tmp_path / "secret-add").write_bytes(tool.read_bytes())
        (tmp_path / "secret-add").chmod(0o755)
    server = ToolServer(tmp_path, answer)
    environment = {
        "JUJU_AGENT_SOCKET_ADDRESS": str(tmp_path / "agent.socket"),
        "JUJU_CONTEXT_ID": "ctx",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin",
    }

    def run(*argv: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, input=text, capture_output=True, text=True, env=environment, check=False
        )

    big = "abcäöü\n" * 30_000
    done = run(tool, "-r", "x:1", "--file", "-", text=big)
    assert done.stdout == f"ctx|{['relation-set', '-r', 'x:1', '--file', '-']}|{big}"
    assert (done.returncode, done.stderr) == (42, "ERROR no")
    assert run(tool, "", "a b").stdout == "ctx|['relation-set', '', 'a b']|"
    (tmp_path / "content").write_text("hidden")
    done = run(tmp_path / "secret-add", f"key#file={tmp_path / 'content'}")
    assert done.stdout == "ctx|['secret-add', 'key=hidden']|"
    server.close()


def test_a_tool_that_is_killed_while_it_waits_is_no_error(tmp_path: Path) -> None:
    asked, killed = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def answer(context: str, words: list[str], stdin: str) -> tuple[int, str, str]:
        threads.append(threading.current_thread())
        asked.set()
        assert killed.wait(30)
        return 0, "x" * 300_000, ""

    server = ToolServer(tmp_path, answer)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "agent.socket"))
        client.sendall(b"1:c1:12:is0:")
        assert asked.wait(30)
    killed.set()
    threads[0].join(30)
    assert not threads[0].is_alive()
    server.close()


def test_a_tool_server_answers_many_at_once(tmp_path: Path) -> None:
    barrier = threading.Barrier(5, timeout=30)

    def wait(context: str, words: list[str], stdin: str) -> tuple[int, str, str]:
        barrier.wait()
        return 0, "", ""

    server = ToolServer(tmp_path, wait)
    clients = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for client in clients:
        client.connect(str(tmp_path / "agent.socket"))
        client.sendall(b"1:c1:12:is0:")
    assert {client.recv(100) for client in clients} == {b"1:00:0:"}
    for client in clients:
        client.close()
    server.close()
