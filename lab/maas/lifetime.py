# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From a simulator's start to its end: threads, control socket, signals. MAAS and the BMCs have it in common."""

import contextlib
import functools
import pathlib
import signal
import socketserver
import threading
from collections.abc import Generator

from lab.maas.control import ControlServer
from lab.maas.events import EventLog
from lab.maas.faults import Faults

CONTROL = "control.sock"
"""Name of the socket that knobs are turned through, in a simulator's directory."""


@contextlib.contextmanager
def running(
    server: socketserver.BaseServer, home: pathlib.Path, faults: Faults, log: EventLog
) -> Generator[None, None, None]:
    """Serve in the background until the block ends, and let the knobs be turned meanwhile.

    Args:
        server: What is served; closed at the end.
        home: The directory of the control socket.
        faults: The knobs.
        log: What happens; closed at the end.
    """
    control = ControlServer(home / CONTROL, faults, log)
    control.start()
    serve = functools.partial(server.serve_forever, poll_interval=0.02)
    threading.Thread(target=serve, name=type(server).__name__, daemon=True).start()
    try:
        yield
    finally:
        for each in (server, control):
            each.shutdown()
            each.server_close()
        log.close()
        (home / CONTROL).unlink(missing_ok=True)


def interruption() -> threading.Event:
    """Return what is set as soon as this process is told to end."""
    told = threading.Event()

    def tell(_number: int, _frame: object) -> None:
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell)
    return told
