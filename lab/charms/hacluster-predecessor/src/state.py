# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What charm-helpers keeps beside a charm's code, in the very file in which ops keeps its own state."""

import json
import pathlib
import sqlite3

NAME = ".unit-state.db"
# charmhelpers.core.unitdata.Storage
_TABLES = """
create table if not exists kv (key text, data text, primary key (key));
create table if not exists kv_revisions
    (key text, revision integer, data text, primary key (key, revision));
create table if not exists hooks
    (version integer primary key autoincrement, hook text, date text);
"""


def remember(charm: pathlib.Path, key: str, value: object) -> None:
    """Write a value down.

    Args:
        charm: The charm's directory.
        key: What it is called.
        value: Anything that JSON knows.
    """
    database = sqlite3.connect(charm / NAME)
    try:
        with database:
            database.executescript(_TABLES)
            database.execute("insert or replace into kv values (?, ?)", (key, json.dumps(value)))
    finally:
        database.close()
