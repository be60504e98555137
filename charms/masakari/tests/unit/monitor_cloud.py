# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A keystone, a nova and a Masakari on one loopback port, as far as the monitor talks to them.

The shapes are those of the API references; the refusals are those of masakari/ha/api.py and of
nova's os-services (a service is not forced up while evacuations from it are ``done``).
"""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

Reply = tuple[int, dict[str, Any]]


class Cloud:
    """State that a test may change, and the server that shows it."""

    def __init__(self) -> None:
        self.service: dict[str, Any] = {
            "id": "s1",
            "host": "h1",
            "binary": "nova-compute",
            "state": "down",
            "status": "enabled",
            "forced_down": False,
            "disabled_reason": None,
            "updated_at": "2026-11-22T19:25:52.000000",
        }
        self.host: dict[str, Any] = {
            "uuid": "u1",
            "name": "h1",
            "failover_segment_id": "g1",
            "on_maintenance": False,
            "reserved": False,
        }
        self.servers = [server("i1", "h1"), server("i2", "h1")]
        self.notifications: list[dict[str, Any]] = []
        self.moves: list[dict[str, Any]] = []
        self.evacuations = 0
        self.delay = 0.0
        self.refuse: dict[str, Reply] = {}
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def headers(self, method: str, path: str) -> dict[str, str]:
        return next(one[2] for one in self.seen if one[0] == method and re.search(path, one[1]))

    def body(self, method: str, path: str) -> Any:
        return [one[3] for one in self.seen if one[0] == method and re.search(path, one[1])][-1]

    def answer(self, method: str, path: str, body: Any) -> Reply:
        bare = path.split("?")[0]
        for pattern, reply in self.refuse.items():
            if re.search(pattern, f"{method} {bare}"):
                return reply
        routes: dict[str, Callable[[], Reply]] = {
            "POST /v3/auth/tokens": self._token,
            "GET /nova/os-services": lambda: (200, {"services": [self.service]}),
            "GET /nova/servers/detail": lambda: (200, {"servers": self.servers}),
            "PUT /nova/os-services/s1": lambda: self._change_service(body),
            "GET /nova/os-migrations": lambda: (200, {"migrations": self._migrations()}),
            "GET /ha/segments": lambda: (200, {"segments": [{"uuid": "g1", "name": "S1"}]}),
            "GET /ha/segments/g1/hosts": lambda: (200, {"hosts": [self.host]}),
            "PUT /ha/segments/g1/hosts/u1": lambda: self._change_host(body),
            "GET /ha/notifications": lambda: (200, {"notifications": self.notifications}),
            "POST /ha/notifications": lambda: self._report(body),
            "GET /ha/notifications/n1/vmoves": lambda: (200, {"vmoves": self.moves}),
        }
        for one in self.servers:
            routes[f"GET /nova/servers/{one['id']}"] = lambda one=one: (200, {"server": one})
        missing = {"itemNotFound": {"code": 404, "message": "could not be found"}}
        return routes.get(f"{method} {bare}", lambda: (404, missing))()

    def _token(self) -> Reply:
        def entry(kind: str, path: str) -> dict[str, Any]:
            endpoint = {
                "interface": "internal",
                "region": "RegionOne",
                "region_id": "RegionOne",
                "id": kind,
            }
            return {
                "type": kind,
                "id": kind,
                "name": kind,
                "endpoints": [{**endpoint, "url": self.url + path}],
            }

        token = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {
                "id": "u",
                "name": "masakari",
                "domain": {"id": "default", "name": "Default"},
            },
            "project": {
                "id": "p",
                "name": "services",
                "domain": {"id": "default", "name": "Default"},
            },
            "roles": [{"id": "r", "name": "admin"}],
            "catalog": [entry("compute", "/nova"), entry("instance-ha", "/ha")],
        }
        return 201, {"token": token}

    def _change_service(self, body: dict[str, Any]) -> Reply:
        if body.get("forced_down") is False and self.evacuations:
            message = "Unable to force up host h1 as `done` evacuation migration records remain"
            return 400, {"badRequest": {"code": 400, "message": message}}
        self.service.update(body)
        if "forced_down" in body:
            self.service["state"] = "down" if body["forced_down"] else "up"
        if body.get("status") == "enabled":
            self.service["disabled_reason"] = None
        return 200, {"service": self.service}

    def _migrations(self) -> list[dict[str, Any]]:
        done = {"status": "done", "source_compute": "h1", "migration_type": "evacuation"}
        other = {"status": "completed", "source_compute": "h1", "migration_type": "evacuation"}
        return [done] * self.evacuations + [other]

    def _change_host(self, body: dict[str, Any]) -> Reply:
        self.host.update(body["host"])
        return 200, {"host": self.host}

    def _report(self, body: dict[str, Any]) -> Reply:
        asked = body["notification"]
        if asked["hostname"] != self.host["name"]:
            return 400, {
                "badRequest": {"code": 400, "message": "Host with name could not be found."}
            }
        if self.host["on_maintenance"] or self.notifications:
            return 409, {"conflictingRequest": {"code": 409, "message": "duplicate"}}
        made = {
            "notification_uuid": "n1",
            "source_host_uuid": "u1",
            "status": "new",
            "type": asked["type"],
            "generated_time": asked["generated_time"] + ".000000",
            "payload": asked["payload"],
        }
        self.notifications.append(made)
        return 202, {"notification": made}

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                time.sleep(cloud.delay)
                cloud.seen.append((self.command, self.path, dict(self.headers), body))
                status, document = cloud.answer(self.command, self.path, body)
                text = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Subject-Token", "a-token")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # the monitor has given up
                    self.wfile.write(text)

            do_GET = do_POST = do_PUT = _do  # noqa: N815 (as http.server wants them)

            def log_message(self, *args: object) -> None: ...

        return Handler


def server(uuid: str, host: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid,
        "name": f"name of {uuid}",
        "status": "ACTIVE",
        "OS-EXT-SRV-ATTR:host": host,
        "OS-EXT-STS:task_state": None,
        **changes,
    }
