# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Turning knobs while it runs: a unix socket that takes one JSON object per line.

``{"set": KNOB, "value": V, "machine": HOSTNAME or null}``, ``{"reset": true}``, ``{"list": true}``;
the answer is ``{"knobs": [...]}`` or ``{"error": "..."}``. Tests use ``Control``, people
``python -m lab.maas --lab NAME set KNOB VALUE [MACHINE]``.
"""

import functools
import json
import os
import pathlib
import socket
import socketserver
import threading
from typing import Any, cast

from lab.maas.events import EventLog
from lab.maas.faults import Faults, UnknownKnobError, Value


class ControlError(Exception):
    """The simulator does not run, or did not like what it was told."""


class Control:
    """The client's side."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def set(self, knob: str, value: Value, machine: str | None = None) -> None:
        """Turn a knob, for one machine or for all.

        Raises:
            ControlError: No simulator there, or no such knob.
        """
        self._ask({"set": knob, "value": value, "machine": machine})

    def reset(self) -> None:
        """Turn all knobs back.

        Raises:
            ControlError: No simulator there.
        """
        self._ask({"reset": True})

    def positions(self) -> list[dict[str, Any]]:
        """Return the knobs that are turned.

        Raises:
            ControlError: No simulator there.
        """
        return self._ask({"list": True})

    def _ask(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(10)
                connection.connect(os.fspath(self._path))
                connection.sendall(json.dumps(message).encode() + b"\n")
                answer = json.loads(connection.makefile().readline())
        except OSError as error:
            raise ControlError(f"no MAAS simulator at {self._path}: {error.strerror}") from error
        if "error" in answer:
            raise ControlError(answer["error"])
        return answer["knobs"]


class ControlServer(socketserver.ThreadingUnixStreamServer):
    """The simulator's side."""

    daemon_threads = True

    def __init__(self, path: pathlib.Path, faults: Faults, log: EventLog) -> None:
        self.faults = faults
        self.log = log
        path.unlink(missing_ok=True)
        super().__init__(os.fspath(path), _Handler)
        path.chmod(0o600)

    def start(self) -> None:
        """Serve in the background."""
        serve = functools.partial(self.serve_forever, poll_interval=0.02)
        threading.Thread(target=serve, name="control", daemon=True).start()


class _Handler(socketserver.StreamRequestHandler):
    server: ControlServer  # pyright: ignore[reportIncompatibleVariableOverride]  # our maker

    def handle(self) -> None:
        """Answer the lines of one connection."""
        for line in self.rfile:
            try:
                answer = self._obey(json.loads(line))
            except (ValueError, KeyError, UnknownKnobError) as error:
                answer = {"error": str(error)}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    def _obey(self, message: dict[str, Any]) -> dict[str, Any]:
        faults = self.server.faults
        if message.get("reset"):
            faults.reset()
            self.server.log.write("knob", knob=None, machine=None, value=None)
        elif "set" in message:
            machine = cast("str | None", message.get("machine"))
            faults.set(message["set"], message["value"], machine)
            self.server.log.write(
                "knob", knob=message["set"], machine=machine, value=message["value"]
            )
        return {"knobs": faults.positions()}
