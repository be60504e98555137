# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The wire: HTTP requests in, replies out, both in the log."""

import http.server
import itertools
import socket
import sys
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from lab.maas.api import API_HASH, Api
from lab.maas.events import EventLog
from lab.maas.exchange import Reply, Request
from lab.maas.trouble import HANG_UP


class Server(http.server.ThreadingHTTPServer):
    """Serves an API on a socket that listens already; a thread per connection."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, api: Api, log: EventLog) -> None:
        self.api = api
        self.log = log
        self.numbers = itertools.count(1)
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that vanish: some have just been switched off."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "TwistedWeb/24.3.0"  # what regiond calls itself
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]  # the class that makes us

    def do_GET(self) -> None:
        """Answer a read."""
        self._answer()

    def do_POST(self) -> None:
        """Answer an action."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer an update."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer a deletion."""
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        """Keep quiet; the event log has it."""

    def _answer(self) -> None:
        request = self._request()
        number = next(self.server.numbers)
        start = time.monotonic()
        self.server.log.write(
            "request",
            id=number,
            client=request.client,
            method=request.method,
            path=request.path,
            op=request.op,
            comment=request.value("comment"),
        )
        reply = self.server.api.answer(request)
        seconds = round(time.monotonic() - start, 6)
        self.server.log.write("reply", id=number, status=reply.status, seconds=seconds)
        if reply.status == HANG_UP:
            self.close_connection = True
            return
        self._send(reply, number)

    def _request(self) -> Request:
        url = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        return Request(
            method=self.command,
            path=url.path,
            query=_values(url.query),
            form=_values(body),
            authorization=self.headers.get("Authorization"),
            client=self.client_address[0],
        )

    def _send(self, reply: Reply, number: int) -> None:
        try:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.send_header("X-MAAS-API-Hash", API_HASH)
            self.send_header("MAAS-trace-id", f"{number:032x}")
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
        except (BrokenPipeError, ConnectionResetError):
            # The client gave up, or was a machine that has just been switched off.
            self.close_connection = True


def _values(text: str) -> Mapping[str, list[str]]:
    return urllib.parse.parse_qs(text, keep_blank_values=True)
