# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What of ours runs inside the engine: the order of instances, and how the engine comes to find it."""

import configparser
import dataclasses
import importlib.util
import pathlib
import sys
import types
from typing import Any

import pytest
from cloud import complete
from machine import Machine
from ops import testing

import charm
import conf
import engine_parts

Context = testing.Context[charm.MasakariCharm]
KEY = "urgency"


@dataclasses.dataclass
class Move:
    instance_uuid: str
    instance_name: str
    saved: int = 0

    def save(self) -> None:
        self.saved += 1


@dataclasses.dataclass
class Server:
    id: str
    metadata: dict[str, str]


class Task:
    """Masakari's, as far as ours needs it."""

    def __init__(self, context: object, novaclient: Any, **kwargs: object):
        self.context, self.novaclient, self.requires = context, novaclient, kwargs["requires"]
        self.told: list[str] = []

    def update_details(self, text: str, progress: float) -> None:
        self.told.append(text)


class Nova:
    def __init__(self, **urgencies: str | None):
        self.servers = [
            Server(name, {KEY: text} if text else {}) for name, text in urgencies.items()
        ]

    def get_servers(self, context: object, host: str) -> list[Server]:
        return self.servers


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module as the engine imports it, among the modules of Masakari that it needs."""
    names = ("masakari", "masakari.conf", "masakari.objects", "masakari.engine")
    names += (
        "masakari.engine.drivers",
        "masakari.engine.drivers.taskflow",
        "oslo_log",
        "oslo_utils",
    )
    modules: dict[str, Any] = {name: types.ModuleType(name) for name in names}
    failures = types.SimpleNamespace(ha_enabled_instance_metadata_key=KEY)
    modules["masakari"].conf = modules["masakari.conf"]
    modules["masakari.conf"].CONF = types.SimpleNamespace(host_failure=failures)
    modules["masakari"].objects = modules["masakari.objects"]
    modules["masakari.engine.drivers.taskflow"].base = types.SimpleNamespace(MasakariTask=Task)
    log = types.SimpleNamespace(
        getLogger=lambda _: types.SimpleNamespace(exception=lambda *_: None)
    )
    modules["oslo_log"].log = log
    truth = types.SimpleNamespace(
        bool_from_string=lambda text: str(text).lower() in ("true", "yes")
    )
    modules["oslo_utils"].strutils = truth
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    path = engine_parts.SOURCE / "instance_ha_order.py"
    spec = importlib.util.spec_from_file_location("instance_ha_order", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("value", "number"),
    [(None, 0), ("", 0), ("true", 1), ("no", 0), ("7", 7), ("-1", -1), ("nan", 0), ("inf", 0)],
)
def test_urgency_is_a_number_or_a_yes(engine: Any, value: str | None, number: float):
    assert engine.priority(value) == number


def run(engine: Any, moves: list[Move], nova: object) -> list[str]:
    def get_all_vmoves(context: object, notification: str, status: str) -> list[Move]:
        assert (notification, status) == ("n1", "pending")
        return moves

    engine.objects.VMoveList = types.SimpleNamespace(get_all_vmoves=get_all_vmoves)
    engine.OrderInstancesTask(None, nova).execute("h1", "n1")
    return [move.instance_name for move in moves]


def test_the_most_urgent_go_first_and_equals_stay_as_they_were(engine: Any):
    moves = [Move(name, name.upper()) for name in ("last", "plain", "other", "first", "yes")]
    nova = Nova(last="-5", plain=None, other=None, first="10", yes="true")
    assert run(engine, moves, nova) == ["FIRST", "YES", "PLAIN", "OTHER", "LAST"]


def test_nothing_is_written_where_nothing_changes(engine: Any):
    moves = [Move(name, name) for name in ("a", "b")]
    run(engine, moves, Nova(a="2", b="1"))
    assert [move.saved for move in moves] == [0, 0]


def test_an_instance_that_is_gone_meanwhile_has_no_urgency(engine: Any):
    moves = [Move(name, name) for name in ("gone", "b")]
    assert run(engine, moves, Nova(b="1")) == ["b", "gone"]


def test_whatever_goes_wrong_the_recovery_goes_on(engine: Any):
    moves = [Move(name, name) for name in ("a", "b")]
    assert run(engine, moves, nova=None) == ["a", "b"]


def test_the_engine_finds_the_task_by_the_name_that_its_configuration_has(engine: Any):
    parser = configparser.ConfigParser()
    parser.read(engine_parts.SOURCE / "instance_ha_engine-1.dist-info" / "entry_points.txt")
    module, _, name = parser["masakari.task_flow.tasks"][conf.ORDER_TASK].partition(":")
    assert (engine_parts.SOURCE / f"{module}.py").exists()
    assert hasattr(engine, name)


def test_what_runs_in_the_engine_comes_and_goes_with_the_charm(ctx: Context, machine: Machine):
    once = ctx.run(ctx.on.config_changed(), complete())
    text = pathlib.Path(engine_parts.DROP_IN).read_text()
    assert f"PYTHONPATH={engine_parts.PLACE}" in text
    assert f"OS_KEYSTONE_AUTHTOKEN__AUTH_TYPE={engine_parts.LOGIN}" in text
    assert (engine_parts.PLACE / "instance_ha_engine-1.dist-info/entry_points.txt").exists()
    machine.changes.clear()
    ctx.run(ctx.on.config_changed(), once)
    assert machine.changes == []
    ctx.run(ctx.on.remove(), once)
    assert not engine_parts.PLACE.exists()
    assert not pathlib.Path(engine_parts.DROP_IN).exists()
