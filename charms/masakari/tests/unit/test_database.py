# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest
from machine import Machine

import database


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


def test_without_taskflows_migrations_its_tables_are_made(machine: Machine):
    database.sync("masakari:secret@10.77.3.10:3306/masakari")
    assert [change.split()[0] for change in machine.changes] == [database.RUNUSER, database.PYTHON]
    assert "secret" not in " ".join(machine.changes)
