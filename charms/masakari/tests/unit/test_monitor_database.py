# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How the monitor finds Masakari's database, and what it says when it cannot."""

import pathlib

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
