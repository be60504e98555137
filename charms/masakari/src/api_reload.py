#!/usr/bin/python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Take up a renewed certificate without a gap in the API: ``api_reload.py NAME``. systemd runs this.

A reload of apache ends the API's processes, and new ones load Masakari first, which takes seconds and on
an overloaded machine many. All units have their new certificates within seconds of each other. So one
unit at a time, by a lock in the database in which Masakari's own locks are; and each is taken out of
haproxy's hands before, if another can serve meanwhile. Runs under the distribution's Python.
"""

import contextlib
import csv
import http.client
import logging
import pathlib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator

from fencing_monitor import database

logger = logging.getLogger("api_reload")

CONF = "/etc/masakari/masakari.conf"
CERTIFICATE = pathlib.Path("/etc/apache2/ssl/masakari/certificate.pem")
DRAIN = pathlib.Path("/run/masakari-api-drain")
"""While it exists the API answers haproxy's checks with 404: no new requests, please."""
HAPROXY = "/run/haproxy/admin.sock"
PORT = 15858
_LOCK = "masakari-api-reload"
_TURN = 900.0  # seconds to wait for the other units' turns
_DRAINED = 12.0  # seconds until every haproxy has looked: each 5 s, a look lasts no more than that
_LOADED = 180.0  # seconds to wait for the new processes


def is_served_by_others(statistics: str, name: str) -> bool:
    """Return whether another unit's API is up.

    Args:
        statistics: What haproxy says to ``show stat`` (management guide, 9.1): CSV with a header.
        name: This unit's server.
    """
    rows = csv.DictReader(statistics.lstrip("# ").splitlines())
    apis = (row for row in rows if row["pxname"] == "masakari_api")
    others = (row for row in apis if row["svname"] not in ("FRONTEND", "BACKEND", name))
    return any((row["status"] or "").startswith("UP") for row in others)


def reload(
    *,
    others: bool,
    order: Callable[[], None],
    is_loaded: Callable[[], bool],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Have apache reload, and return whether the new processes answer.

    Args:
        others: Whether another unit can serve meanwhile; if none can, requests wait here.
        order: Orders the reload.
        is_loaded: Whether a new process answers.
        sleep: For tests.
        clock: For tests.
    """
    try:
        if others:
            DRAIN.touch()
            sleep(_DRAINED)
        order()
        end = clock() + _LOADED
        while not is_loaded():
            if clock() > end:
                return False
            sleep(1.0)
        return True
    finally:
        DRAIN.unlink(missing_ok=True)


@contextlib.contextmanager
def turn() -> Generator[None]:
    """Wait for this unit's turn. Without the database there is no API either, and nothing to wait for."""
    with contextlib.ExitStack() as held:
        try:
            if not held.enter_context(database.lock(CONF, _LOCK, _TURN)):
                logger.warning("the other units do not come to an end; going ahead")
        except database.DatabaseError as error:
            logger.warning("no lock: %s", error)
        yield


def main(name: str) -> int:
    """Take up the certificate that lies there now."""
    with turn():
        others = is_served_by_others(_statistics(), name)
        logger.info("reloading apache%s", ", while others serve" if others else "")
        if not reload(others=others, order=_order, is_loaded=_is_loaded):
            logger.error("the API does not answer with its new certificate after %d s", _LOADED)
            return 1
    logger.info("the API answers with its new certificate")
    return 0


def _order() -> None:
    argv = ("/usr/bin/systemctl", "try-reload-or-restart", "apache2")
    subprocess.run(argv, check=False, timeout=120)


def _is_loaded() -> bool:
    """Return whether a process of the new generation answers: it is the one with the new certificate."""
    context = ssl.create_default_context()
    # Its own port, asked which certificate it has; whether that is a good one is the clients' business.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", PORT, timeout=30.0, context=context)
    try:
        wanted = ssl.PEM_cert_to_DER_cert(_first(CERTIFICATE.read_text()))
        connection.connect()
        if connection.sock.getpeercert(binary_form=True) != wanted:
            return False
        connection.request("GET", "/healthcheck")
        return connection.getresponse().status in (200, 404)
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def _first(text: str) -> str:
    return text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"


def _statistics() -> str:
    """Return what haproxy on this machine knows of all units; nothing if it does not answer."""
    found: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(10.0)
        try:
            door.connect(HAPROXY)
            door.sendall(b"show stat\n")
            while part := door.recv(65536):
                found.append(part)
        except OSError as error:
            logger.warning("haproxy does not answer: %s", error)
    return b"".join(found).decode()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main(sys.argv[1]))
