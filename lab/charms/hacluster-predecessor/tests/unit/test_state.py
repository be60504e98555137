# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import sqlite3

import ops

import state


def test_a_charm_of_ops_that_comes_after_finds_room_in_the_same_file(tmp_path):
    state.remember(tmp_path, "unit-paused", False)
    storage = ops.storage.SQLiteStorage(tmp_path / state.NAME)
    try:
        storage.save_snapshot("Charm/on", {"x": 1})
        assert storage.load_snapshot("Charm/on") == {"x": 1}
        storage.commit()
    finally:
        storage.close()
    database = sqlite3.connect(tmp_path / state.NAME)
    assert database.execute("select data from kv").fetchall() == [("false",)]
    database.close()
