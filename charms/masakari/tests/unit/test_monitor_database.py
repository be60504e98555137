# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How the monitor finds Masakari's database, what it says when it cannot, and the lock there."""

import pathlib
import sys
import types
from collections.abc import Iterator

import pytest

from fencing_monitor import database
from fencing_monitor.requests import GiveUp

ORDER = GiveUp("h1", "n1", "running")


def test_the_connection_is_masakaris_own(tmp_path: pathlib.Path):
    conf = tmp_path / "masakari.conf"
    conf.write_text(
        "[DEFAULT]\ndebug = False\n\n[database]\n"
        "connection = mysql+pymysql://masakari:a%2Fb$$c@10.0.0.1/masakari?charset=utf8&ssl_ca=/ca\n"
    )
    found = database.arguments(database.connection_url(str(conf)))
    assert (found["user"], found["password"]) == ("masakari", "a/b$c")
    assert (found["host"], found["port"], found["database"]) == ("10.0.0.1", 3306, "masakari")
    assert found["ssl_ca"] == "/ca"


def test_an_address_of_ipv6_is_understood():
    found = database.arguments("mysql+pymysql://u:p@[2001:db8::1]:3307/masakari")
    assert (found["host"], found["port"]) == ("2001:db8::1", 3307)


@pytest.mark.parametrize("text", ["", "[database]\n", "nonsense with password=secret\n"])
def test_a_file_without_it_is_named_and_not_quoted(tmp_path: pathlib.Path, text: str):
    conf = tmp_path / "masakari.conf"
    conf.write_text(text)
    with pytest.raises(database.DatabaseError) as caught:
        database.give_up(str(conf), ORDER)
    assert "secret" not in str(caught.value)


def test_another_database_than_mysql_is_refused():
    with pytest.raises(database.DatabaseError, match="sqlite"):
        database.arguments("sqlite:////var/lib/masakari.sqlite")


class Connection:
    """A server of which somebody else has the lock for a while."""

    def __init__(self, *answers: int):
        self.answers = list(answers)
        self.asked: list[tuple[object, ...]] = []
        self.is_open = True

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None: ...

    def cursor(self) -> "Connection":
        return self

    def execute(self, statement: str, values: tuple[object, ...]) -> int:
        self.asked.append(values)
        return 1

    def fetchone(self) -> tuple[int]:
        return (self.answers.pop(0),)

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def pymysql(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("pymysql")
    module.MySQLError = type("MySQLError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pymysql", module)
    return module


def locked(
    pymysql: types.ModuleType, connection: Connection, tmp_path: pathlib.Path, timeout: float
) -> bool:
    def seconds() -> Iterator[float]:
        yield from range(0, 1000, 5)

    conf = tmp_path / "masakari.conf"
    conf.write_text("[database]\nconnection = mysql+pymysql://u:secret@h/masakari\n")
    pymysql.connect = lambda **_: connection  # type: ignore[attr-defined]
    clock = seconds()
    with database.lock(str(conf), "ours", timeout, lambda: next(clock)) as held:
        assert connection.is_open
    assert not connection.is_open
    return held


def test_a_lock_that_somebody_has_is_waited_for(pymysql: types.ModuleType, tmp_path: pathlib.Path):
    connection = Connection(0, 0, 1)
    assert locked(pymysql, connection, tmp_path, 900.0)
    assert connection.asked == [("ours", 5)] * 3


def test_one_that_never_comes_free_is_given_up(pymysql: types.ModuleType, tmp_path: pathlib.Path):
    assert not locked(pymysql, Connection(*[0] * 9), tmp_path, 20.0)


def test_a_server_that_is_away_is_named_without_the_password(
    pymysql: types.ModuleType, tmp_path: pathlib.Path
):
    def refuse(**_: object) -> None:
        raise pymysql.MySQLError("can't connect")

    conf = tmp_path / "masakari.conf"
    conf.write_text("[database]\nconnection = mysql+pymysql://u:secret@h/masakari\n")
    pymysql.connect = refuse  # type: ignore[attr-defined]
    with (
        pytest.raises(database.DatabaseError, match="can't connect") as caught,
        database.lock(str(conf), "ours", 1.0),
    ):
        pass
    assert "secret" not in str(caught.value)
