# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What Redfish answers: one system for each machine, whose power can be seen and switched.

Source: DMTF DSP0266, and DSP2046's ComputerSystem.
"""

import base64
import hmac
import http.server
import json
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from lab.maas.events import EventLog
from lab.maas.machines import Record
from lab.maas.power import PowerError, Switch

SYSTEMS = "/redfish/v1/Systems"
RESET = "/Actions/ComputerSystem.Reset"
USERNAME = "fencing"
# With everything in it that somebody on the way might take apart.
PASSWORD = "p\"a$s w'rd"

_STATES = {"on": "On", "off": "Off"}
_ALLOWED = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()

_Answer = tuple[int, dict[str, Any]]
_SWITCHED: Mapping[str, Callable[[Switch, Record], None]] = {
    "ForceOff": Switch.off,
    "On": Switch.on,
}


class Server(http.server.ThreadingHTTPServer):
    """Serves the systems on a socket that listens already; a thread per connection."""

    daemon_threads = True

    def __init__(
        self,
        listener: socket.socket,
        machines: Mapping[str, Record],
        switch: Switch,
        log: EventLog,
    ) -> None:
        self.machines = machines
        self.switch = switch
        self.log = log
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that vanish, or do not trust us."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  # the class that makes us

    def do_GET(self) -> None:
        """Answer a read."""
        self._answer(self._read)

    def do_POST(self) -> None:
        """Answer an action."""
        self._answer(self._reset)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: there is a log of our own."""

    def _answer(self, act: Callable[[bytes], _Answer]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given = self.headers.get("Authorization") or ""
        if hmac.compare_digest(given.encode(), _ALLOWED.encode()):
            status, content = act(body)
        else:
            status, content = 401, _error("no such user, or another password")
        self.server.log.write(
            "request",
            client=self.client_address[0],
            method=self.command,
            path=self.path,
            status=status,
        )
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _read(self, _: bytes) -> _Answer:
        machine = self._machine(self.path)
        if machine is None:
            return 404, _error("no such resource")
        state = _STATES.get(self.server.switch.query(machine))
        if state is None:
            return 503, _error("the power state is not known")
        path = f"{SYSTEMS}/{machine.hostname}"
        reset = {"target": f"{path}{RESET}", "ResetType@Redfish.AllowableValues": [*_SWITCHED]}
        return 200, {
            "@odata.id": path,
            "Id": machine.hostname,
            "PowerState": state,
            "Actions": {"#ComputerSystem.Reset": reset},
        }

    def _reset(self, body: bytes) -> _Answer:
        machine = self._machine(self.path.removesuffix(RESET))
        if machine is None or not self.path.endswith(RESET):
            return 404, _error("no such resource")
        try:
            act = _SWITCHED[json.loads(body)["ResetType"]]
        except (ValueError, TypeError, LookupError):
            return 400, _error("ResetType is none of the allowable values")
        try:
            act(self.server.switch, machine)
        except PowerError as error:
            return 500, _error(str(error))
        return 200, {}

    def _machine(self, path: str) -> Record | None:
        directory, _, name = path.rstrip("/").rpartition("/")
        return self.server.machines.get(name) if directory == SYSTEMS else None


def _error(message: str) -> dict[str, Any]:
    return {"error": {"code": "Base.1.0.GeneralError", "message": message}}
