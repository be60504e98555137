# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's database: what its API has no way to say, and a lock that all units can hold.

An edge. It uses the connection of masakari.conf, and PyMySQL, on which Masakari itself stands; both
are only needed, and loaded, when an engine has died in the middle of a recovery or a certificate was
renewed.
"""

import configparser
import contextlib
import time
import urllib.parse
from collections.abc import Callable, Generator
from typing import Any

from fencing_monitor.requests import GiveUp

_TIMEOUT = 10
# Only if its status is still what was seen: an engine may have taken it up or ended it meanwhile.
_GIVE_UP = (
    "UPDATE notifications SET status = 'failed', updated_at = UTC_TIMESTAMP()"
    " WHERE notification_uuid = %s AND status = %s AND deleted = 0"
)


class DatabaseError(Exception):
    """The database could not be asked; the message holds no password."""


def give_up(conf: str, order: GiveUp) -> bool:
    """Have a notification counted as failed, and return whether it had the status still.

    Args:
        conf: Path of masakari.conf.
        order: Which notification, and the status that it was seen in.

    Raises:
        DatabaseError: There is no way to the database, or it refused.
    """
    with contextlib.closing(_connect(conf)) as connection:
        return bool(_ask(connection, _GIVE_UP, (order.notification, order.status))[0])


@contextlib.contextmanager
def lock(
    conf: str, name: str, timeout: float, clock: Callable[[], float] = time.monotonic
) -> Generator[bool]:
    """Hold a lock of the database's server, which ends with the connection, however that ends.

    Args:
        conf: Path of masakari.conf.
        name: Its name, the same on all units.
        timeout: Seconds to wait for whoever has it.
        clock: For tests.

    Yields:
        Whether it is held.

    Raises:
        DatabaseError: There is no way to the database.
    """
    end, held = clock() + timeout, False
    with contextlib.closing(_connect(conf)) as connection:
        while not held and clock() < end:
            # No longer than an answer is waited for.
            held = _ask(connection, "SELECT GET_LOCK(%s, %s)", (name, _TIMEOUT // 2))[1] == (1,)
        yield held


def _connect(conf: str) -> Any:  # noqa: ANN401 (PyMySQL is not there where types are checked)
    try:
        # Late: needed seldom. The distribution's, as Masakari's.
        import pymysql  # pyright: ignore[reportMissingModuleSource]
    except ImportError as error:
        raise DatabaseError(f"{error}") from None
    try:
        return pymysql.connect(**arguments(connection_url(conf)), autocommit=True)
    except (pymysql.MySQLError, OSError) as error:
        raise DatabaseError(f"{type(error).__name__}: {error}") from None


def _ask(connection: Any, statement: str, values: tuple[object, ...]) -> tuple[int, Any]:  # noqa: ANN401
    """Return how many rows a statement touched, and its first."""
    import pymysql  # pyright: ignore[reportMissingModuleSource]

    try:
        with connection.cursor() as cursor:
            return cursor.execute(statement, values), cursor.fetchone()
    except (pymysql.MySQLError, OSError) as error:
        raise DatabaseError(f"{type(error).__name__}: {error}") from None


def connection_url(conf: str) -> str:
    """Return the connection that masakari.conf names.

    Raises:
        DatabaseError: The file cannot be read, or names none.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with open(conf, encoding="utf-8") as lines:
            parser.read_file(lines)
        # oslo.config writes a literal $ twice.
        return parser["database"]["connection"].replace("$$", "$")
    except (OSError, KeyError, configparser.Error) as error:
        # A parser's message quotes the line that it does not understand.
        raise DatabaseError(f"{conf}: no [database] connection: {type(error).__name__}") from None


def arguments(url: str) -> dict[str, Any]:
    """Return what PyMySQL wants to know, from an URL as SQLAlchemy has them.

    Raises:
        DatabaseError: It is not one of MySQL.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme.split("+")[0] not in {"mysql", "mariadb"}:
        raise DatabaseError(f"not a MySQL database: {parts.scheme}")
    query = dict(urllib.parse.parse_qsl(parts.query))
    names = ("ssl_ca", "ssl_cert", "ssl_key")
    tls = {name: query[name] for name in names if name in query}
    return {
        "host": parts.hostname or "",
        "port": parts.port or 3306,
        "user": urllib.parse.unquote(parts.username or ""),
        "password": urllib.parse.unquote(parts.password or ""),
        "database": parts.path.lstrip("/"),
        "connect_timeout": _TIMEOUT,
        "read_timeout": _TIMEOUT,
        "write_timeout": _TIMEOUT,
        **tls,
    }
