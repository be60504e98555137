# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Taking up a renewed certificate: one unit after the other, and out of haproxy's hands meanwhile."""

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import pytest

import api_reload
from fencing_monitor import database

HEAD = "# pxname,svname,qcur,status,"
STATISTICS = "\n".join([
    HEAD,
    "masakari_api_front,FRONTEND,0,OPEN,",
    "masakari_api,masakari-0,0,UP,",
    "masakari_api,masakari-1,0,{other},",
    "masakari_api,masakari-2,0,DOWN,",
    "masakari_api,BACKEND,0,UP,",
    "other,masakari-3,0,UP,",
])  # fmt: skip


class Apache:
    """What is done with apache, in order; its processes answer again after some looks."""

    def __init__(self, looks: int = 3):
        self.looks = looks
        self.done: list[str] = []
        self.now = 0.0

    def order(self) -> None:
        self.done.append("reload, drained" if api_reload.DRAIN.exists() else "reload")

    def is_loaded(self) -> bool:
        self.looks -= 1
        return self.looks < 0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def reload(self, *, others: bool) -> bool:
        doors = {"sleep": self.sleep, "clock": lambda: self.now}
        return api_reload.reload(
            others=others, order=self.order, is_loaded=self.is_loaded, **doors
        )


@pytest.fixture(autouse=True)
def drain(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(api_reload, "DRAIN", tmp_path / "drain")


@pytest.mark.parametrize(
    ("other", "found"), [("UP", True), ("UP 1/2", True), ("DOWN", False), ("NOLB", False)]
)
def test_another_unit_counts_if_haproxy_sends_it_requests(other: str, found: bool):
    text = STATISTICS.format(other=other)
    assert api_reload.is_served_by_others(text, "masakari-0") is found


def test_a_haproxy_that_says_nothing_knows_of_nobody():
    assert not api_reload.is_served_by_others("", "masakari-0")


def test_haproxy_has_looked_before_the_reload_and_is_called_back_when_the_new_processes_answer():
    apache = Apache()
    assert apache.reload(others=True)
    assert apache.done == ["reload, drained"]
    assert apache.now > api_reload._DRAINED
    assert not api_reload.DRAIN.exists()


def test_a_unit_that_is_alone_is_not_taken_away():
    apache = Apache(looks=0)
    assert apache.reload(others=False)
    assert (apache.done, apache.now) == (["reload"], 0.0)


def test_processes_that_never_answer_are_reported_and_the_unit_is_not_left_drained():
    apache = Apache(looks=10_000)
    assert not apache.reload(others=True)
    assert not api_reload.DRAIN.exists()


def test_a_failure_does_not_leave_the_unit_drained():
    apache = Apache()

    def fail() -> None:
        raise OSError

    with pytest.raises(OSError):
        api_reload.reload(others=True, order=fail, is_loaded=apache.is_loaded, sleep=apache.sleep)
    assert not api_reload.DRAIN.exists()


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The program with its doors closed; what it does."""
    done: list[str] = []

    @contextlib.contextmanager
    def lock(conf: str, name: str, timeout: float) -> Iterator[bool]:
        done.append("lock")
        yield True
        done.append("unlock")

    def reload(*, others: bool, order: Callable[[], None], is_loaded: object) -> bool:
        order()
        return True

    monkeypatch.setattr(database, "lock", lock)
    monkeypatch.setattr(api_reload, "reload", reload)
    monkeypatch.setattr(api_reload, "_statistics", lambda: STATISTICS.format(other="UP"))
    monkeypatch.setattr(api_reload, "_order", lambda: done.append("reload"))
    return done


def test_units_take_turns(whole: list[str]):
    assert api_reload.main("masakari-0") == 0
    assert whole == ["lock", "reload", "unlock"]


def test_without_a_database_nobody_waits(whole: list[str], monkeypatch: pytest.MonkeyPatch):
    def lock(*_: object) -> object:
        raise database.DatabaseError("no way to it")

    monkeypatch.setattr(database, "lock", lock)
    assert api_reload.main("masakari-0") == 0
    assert whole == ["reload"]


def test_a_certificate_that_is_not_answered_with_is_an_error_which_the_charm_sees(
    whole: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api_reload, "reload", lambda **_: False)
    assert api_reload.main("masakari-0") == 1
    assert whole[-1] == "unlock"
