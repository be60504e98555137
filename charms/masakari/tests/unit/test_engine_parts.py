# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What of ours runs inside the engine: order and guard of evacuations, and how the engine comes to find them."""

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
def modules(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What of Masakari our modules need, in the place of Masakari."""
    names = ("masakari", "masakari.conf", "masakari.objects", "masakari.engine")
    names += (
        "masakari.compute",
        "masakari.engine.drivers",
        "masakari.engine.drivers.taskflow",
        "oslo_log",
        "oslo_utils",
    )
    found: dict[str, Any] = {name: types.ModuleType(name) for name in names}
    failures = types.SimpleNamespace(ha_enabled_instance_metadata_key=KEY)
    found["masakari"].conf = found["masakari.conf"]
    found["masakari.conf"].CONF = types.SimpleNamespace(host_failure=failures)
    found["masakari"].objects = found["masakari.objects"]
    found["masakari.engine.drivers.taskflow"].base = types.SimpleNamespace(MasakariTask=Task)
    log = types.SimpleNamespace(
        getLogger=lambda _: types.SimpleNamespace(exception=lambda *_: None)
    )
    found["oslo_log"].log = log
    truth = types.SimpleNamespace(
        bool_from_string=lambda text: str(text).lower() in ("true", "yes")
    )
    found["oslo_utils"].strutils = truth
    for name, module in found.items():
        monkeypatch.setitem(sys.modules, name, module)
    return found


def load(name: str) -> Any:
    """Return a module of ours as the engine imports it."""
    spec = importlib.util.spec_from_file_location(name, engine_parts.SOURCE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(modules: dict[str, Any]) -> Any:
    """The order of instances."""
    return load("instance_ha_order")


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


class Compute:
    """masakari.compute.nova: the client of one recovery, and what nova says of a host's nova-compute."""

    def __init__(self) -> None:
        self.updated, self.orders = "08:00:01", list[tuple[str, str | None]]()
        self.services = self

    def novaclient(self, context: object) -> "Compute":
        return self

    def list(self, host: str, binary: str) -> list[Any]:
        assert (host, binary) == ("h1", "nova-compute")
        return [types.SimpleNamespace(updated_at=self.updated)]

    def evacuate_instance(self, context: object, uuid: str, target: str | None = None) -> None:
        self.orders.append((uuid, target))


@pytest.fixture
def compute(modules: dict[str, Any]) -> Compute:
    modules["masakari.compute"].nova = compute = Compute()
    return compute


def test_a_dead_host_is_evacuated_as_ever(compute: Compute):
    load("instance_ha_guard").GuardHostTask(None, compute).execute("h1")
    compute.evacuate_instance(None, "one")
    compute.evacuate_instance(None, "two", target="reserve")
    assert compute.orders == [("one", None), ("two", "reserve")]


def test_nothing_is_evacuated_any_more_from_a_host_that_nova_hears_of(compute: Compute):
    guard = load("instance_ha_guard")
    guard.GuardHostTask(None, compute).execute("h1")
    compute.evacuate_instance(None, "one")
    compute.updated = "08:03:20"
    with pytest.raises(
        guard.HostIsBackError, match="h1 is back, nova has heard of it at 08:03:20"
    ):
        compute.evacuate_instance(None, "two")
    assert compute.orders == [("one", None)]


def test_a_second_flow_of_a_recovery_begins_with_the_hosts_newest_record(compute: Compute):
    task = load("instance_ha_guard").GuardHostTask(None, compute)
    task.execute("h1")
    compute.updated = "08:00:09"  # by the second flow, which has disabled the host again
    task.execute("h1")
    compute.evacuate_instance(None, "one")
    assert compute.orders == [("one", None)]


@pytest.mark.parametrize("task", [conf.GUARD_TASK, conf.ORDER_TASK])
def test_the_engine_finds_a_task_by_the_name_that_its_configuration_has(
    modules: dict[str, Any], compute: Compute, task: str
):
    parser = configparser.ConfigParser()
    parser.read(engine_parts.SOURCE / "instance_ha_engine-1.dist-info" / "entry_points.txt")
    module, _, name = parser["masakari.task_flow.tasks"][task].partition(":")
    assert hasattr(load(module), name)


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
