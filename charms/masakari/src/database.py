# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's tables: made and migrated once, by the leader, whose word the other units wait for."""

import logging
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from instance_ha import command, databag, files

logger = logging.getLogger(__name__)

CONF = "/etc/masakari/masakari.conf"
MANAGE = "/usr/bin/masakari-manage"
RUNUSER = "/usr/sbin/runuser"
PYTHON = "/usr/bin/python3"
_KEY = "database-schema"
_TASKFLOW_MIGRATIONS = (
    "/usr/lib/python3/dist-packages/taskflow/persistence/backends/sqlalchemy/alembic/alembic.ini"
)
_WITHOUT_TASKFLOW = "/usr/share/masakari-charm/without-taskflow.conf"
_ALOUD = "/usr/share/masakari-charm/aloud.conf"
_PURGED = re.compile(r"Deleted (\d+) row\(s\) from table (\w+)")
_TIMEOUT = 900.0  # seconds; a large table of notifications is altered row by row

# Reads the connection from standard input, where nobody else sees it.
_TASKFLOW_TABLES = """\
import sys
import sqlalchemy
from taskflow.persistence.backends.sqlalchemy import tables
metadata = sqlalchemy.MetaData()
tables.fetch(metadata)
metadata.create_all(sqlalchemy.create_engine(sys.stdin.read().strip()))
"""


def word(relation_id: int, release: int) -> dict[str, str]:
    """Return what the leader tells its peers: which database has tables for which release."""
    return {_KEY: databag.encode_json({"relation": relation_id, "release": release})}


def is_ready(peers: Mapping[str, str], relation_id: int, release: int) -> bool:
    """Return whether the leader has said that this database serves this release.

    Tables of a newer release serve an older one while units are upgraded one after the other;
    the other way round columns would be missing.
    """
    said: Any = databag.decode(peers.get(_KEY, "")) or {}
    return said.get("relation") == relation_id and said.get("release", 0) >= release


def is_current(peers: Mapping[str, str], relation_id: int, release: int) -> bool:
    """Return whether the leader has nothing to do."""
    return word(relation_id, release).items() <= peers.items()


def sync(database: str) -> None:
    """Make or migrate the tables. Done twice, the second time changes nothing.

    Args:
        database: Its URL as SQLAlchemy takes it.

    Raises:
        CommandError: The database is not reachable, or its tables are from an unknown release.
    """
    if pathlib.Path(_TASKFLOW_MIGRATIONS).exists():
        _manage("--config-file", CONF, "db", "sync")
    else:
        # Debian 13's python3-taskflow 5.12 lacks the migrations of its own tables, which is the last step
        # of "db sync". Without the connection masakari-manage leaves that step out, and we make them.
        logger.warning("taskflow has no migrations here; making its tables without")
        files.ensure(_WITHOUT_TASKFLOW, "[taskflow]\nconnection =\n")
        _manage("--config-file", CONF, "--config-file", _WITHOUT_TASKFLOW, "db", "sync")
        command.run(PYTHON, "-c", _TASKFLOW_TABLES, stdin=database)
    logger.info("database is up to date")


def purge(age: int, limit: int | None) -> dict[str, int]:
    """Delete ended notifications, and segments and hosts that are marked as deleted.

    Args:
        age: Days since their last change.
        limit: How many rows at most; ``None`` for all.

    Returns:
        How many rows went, by their table.

    Raises:
        CommandError: The database is not reachable.
    """
    # masakari-manage tells what it did in its log only, which may go to syslog unless this says otherwise.
    files.ensure(_ALOUD, "[DEFAULT]\nuse_stderr = True\nuse_syslog = False\n")
    options = ("--config-file", CONF, "--config-file", _ALOUD)
    numbers = (f"--age_in_days={age}", f"--max_rows={-1 if limit is None else limit}")
    said = _manage(*options, "db", "purge", *numbers)
    return {table: int(rows) for rows, table in _PURGED.findall(said)}


def _manage(*arguments: str) -> str:
    """Run masakari-manage and return what it logged."""
    # As the service's own user, or the log that it opens would belong to root.
    argv = (RUNUSER, "-u", "masakari", "--", MANAGE, *arguments)
    result = command.attempt(*argv, timeout=_TIMEOUT)
    if result.returncode != 0:
        said = result.stderr or result.stdout
        raise command.CommandError("masakari-manage", result.returncode, said)
    return result.stderr + result.stdout
