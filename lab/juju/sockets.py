# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Sockets at which the stand-in listens."""

import os
import pathlib
import socket


def listen(path: pathlib.Path) -> socket.socket:
    """Return a socket for this user alone; what is left of an earlier one is replaced."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    # The path on this host may be longer than the 107 bytes that an address can hold.
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    listening.bind(f"/proc/self/fd/{folder}/{path.name}")
    os.close(folder)
    path.chmod(0o600)
    listening.listen(64)
    return listening
