# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest
from machine import Machine

import database
from instance_ha import command


def test_the_word_for_a_newer_release_serves_an_older_unit():
    assert database.is_ready(database.word(3, 19), 3, 17)


def test_a_newer_unit_waits_for_the_leader_to_follow():
    assert not database.is_ready(database.word(3, 17), 3, 19)


def test_no_word_is_no_permission():
    assert not database.is_ready({}, 3, 19)


def test_the_word_for_another_database_does_not_count():
    assert not database.is_ready(database.word(3, 19), 4, 19)


def test_the_leader_migrates_when_its_release_changed():
    assert not database.is_current(database.word(3, 17), 3, 19)
    assert database.is_current(database.word(3, 19), 3, 19)


def test_taskflow_migrates_its_own_tables_where_it_can(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
):
    (tmp_path / "alembic.ini").touch()
    monkeypatch.setattr(database, "_TASKFLOW_MIGRATIONS", tmp_path / "alembic.ini")
    argv = (database.RUNUSER, "-u", "masakari", "--", database.MANAGE)
    machine.answers[(*argv, "--config-file", database.CONF, "db", "sync")] = ""
    database.sync("masakari:secret@10.77.3.10:3306/masakari")
    assert len(machine.changes) == 1


def test_the_tables_are_brought_to_the_newest_revision_and_never_to_a_named_one(machine: Machine):
    # "db sync" takes a number, and revisions have been words since 2024.1.
    database.sync("masakari:secret@10.77.3.10:3306/masakari")
    (migration,) = [change for change in machine.changes if database.MANAGE in change]
    assert migration.endswith(" db sync")


def test_without_taskflows_migrations_its_tables_are_made(machine: Machine):
    database.sync("masakari:secret@10.77.3.10:3306/masakari")
    assert [change.split()[0] for change in machine.changes] == [database.RUNUSER, database.PYTHON]
    assert "secret" not in " ".join(machine.changes)


LOG = """\
2026-11-22 19:25:52.225 7 INFO masakari.db.sqlalchemy.api [-] Purging deleted rows older than 30 day(s) from table notifications
2026-11-22 19:25:52.226 7 INFO masakari.db.sqlalchemy.api [-] Deleted 12 row(s) from table notifications
2026-11-22 19:25:52.227 7 INFO masakari.db.sqlalchemy.api [-] Deleted 1 row(s) from table failover_segments
2026-11-22 19:25:52.228 7 INFO masakari.db.sqlalchemy.api [-] Total deleted rows are 13
"""


def purging(*numbers: str) -> tuple[str, ...]:
    files = ("--config-file", database.CONF, "--config-file", database._ALOUD)
    return (
        database.RUNUSER,
        "-u",
        "masakari",
        "--",
        database.MANAGE,
        *files,
        "db",
        "purge",
        *numbers,
    )


def test_a_purge_tells_how_many_rows_went_from_which_table(machine: Machine):
    argv = purging("--age_in_days=30", "--max_rows=-1")
    machine.answers[argv] = command.Result(0, "", LOG)
    assert database.purge(30, None) == {"notifications": 12, "failover_segments": 1}
    assert "use_stderr = True" in pathlib.Path(database._ALOUD).read_text()


def test_a_purge_that_fails_says_why(machine: Machine):
    argv = purging("--age_in_days=30", "--max_rows=5")
    machine.answers[argv] = command.Result(1, "", "no such database")
    with pytest.raises(command.CommandError, match="no such database"):
        database.purge(30, 5)
