# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A small HTTP server on a local port: /timeline, /report, /metrics and /healthcheck. An edge.

It has no authentication, which is why it is bound to the loopback address: what it tells (names
of hosts and instances) is for this machine's users and for a scraper that the operator sets up.
"""

import http.server
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)

Page = Callable[[], tuple[int, str, str]]


class Server:
    """Serves pages, each a function that returns status, content type and text."""

    def __init__(self, address: str, port: int, pages: dict[str, Page]):
        class Handler(http.server.BaseHTTPRequestHandler):
            server_version = "masakari-fencing-monitor"
            timeout = 10

            def do_GET(self) -> None:
                page = pages.get(self.path.split("?")[0])
                status, kind, text = page() if page else (404, "text/plain", "no such page\n")
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 (as inherited)
                logger.debug(format, *args)

        self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        """Return the port that is listened on."""
        return self._server.server_address[1]

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()


def as_json(document: object, status: int = 200) -> tuple[int, str, str]:
    """Return a document as a page."""
    return status, "application/json", json.dumps(document, indent=2) + "\n"
