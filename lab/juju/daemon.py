# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The process that holds a lab's models and answers ``juju`` at a socket.

A request is one line of JSON: ``{"words": [...], "directory": "...", "terminal": false}``. The answer
is one, too: ``{"output": "...", "errors": "...", "code": 0, "become": []}``.
"""

import json
import logging
import os
import pathlib
import signal
import socket
import threading
from typing import Any

from lab.juju import cli, sockets
from lab.juju.cli.command import Answer, Request
from lab.juju.controller import Controller

logger = logging.getLogger(__name__)


class Daemon:
    """Serves requests until told to stop."""

    def __init__(self, controller: Controller, path: pathlib.Path):
        """Listen at a socket.

        Args:
            controller: Carries the requests out.
            path: Where the socket is made; what is left of an earlier daemon's is replaced.
        """
        self._controller = controller
        self._path = path
        self._stopped = threading.Event()
        self._socket = sockets.listen(path)

    def serve(self) -> None:
        """Answer requests; returns after ``stop``."""
        threading.Thread(target=self._accept, daemon=True, name="requests").start()
        self._stopped.wait()
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._controller.stop()

    def stop(self) -> None:
        """End ``serve``."""
        self._stopped.set()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rwb") as stream:
                line = stream.readline()
                if line:
                    answer = self._carry_out(json.loads(line))
                    stream.write(json.dumps(vars(answer)).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            # Not inside: closing writes what could not be written before.
            logger.info("a client did not wait for its answer")

    def _carry_out(self, message: dict[str, Any]) -> Answer:
        directory = pathlib.Path(message["directory"])
        request = Request(message["words"], directory, message["terminal"])
        try:
            return cli.run(self._controller, request)
        except Exception as error:
            logger.exception("cannot carry out %s", request.words)
            return Answer("", f"ERROR the lab's Juju has a bug: {error!r} (see its log)\n", 70)


def run(daemon: Daemon, pidfile: pathlib.Path) -> None:
    """Serve until SIGTERM or SIGINT, with the process's id in a file."""

    def stop(_number: int, _frame: object) -> None:
        daemon.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    pidfile.write_text(f"{os.getpid()}\n")
    daemon.serve()
    pidfile.unlink(missing_ok=True)
