# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a host's pacemaker_remote is alive, asked without its key."""

import contextlib
import logging
import socket

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
# A fatal TLS alert, handshake_failure (RFC 8446, 6.2): whoever gets it has to hang up.
_GOODBYE = b"\x15\x03\x03\x00\x02\x02\x28"


def responds(place: tuple[str, int]) -> bool:
    """Return whether the daemon that listens there hangs up when it is told to.

    A connection alone proves nothing: a kernel makes it for a daemon that hangs. Takes two seconds at most.

    Args:
        place: Address and port.
    """
    try:
        with socket.create_connection(place, timeout=_CONNECT_SECONDS) as connection:
            connection.settimeout(_ANSWER_SECONDS)
            # Who resets the connection has hung up without reading on.
            with contextlib.suppress(ConnectionResetError):
                connection.sendall(_GOODBYE)
                connection.recv(1)
            return True
    except OSError as error:
        logger.info("%s: %s", place[0], error)
        return False
