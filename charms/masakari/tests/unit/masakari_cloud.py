# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""nova and Masakari in memory, behind the charm's one door to them (``api.call``)."""

import re
from collections.abc import Callable
from typing import Any

import api


class Cloud:
    """State that a test may change. ``refuse`` maps "METHOD path" patterns to a code."""

    def __init__(self, *hosts: str):
        self.services = {name: service(name, number) for number, name in enumerate(hosts, 1)}
        self.aggregates: dict[str, list[str]] = {}
        self.segments: dict[str, dict[str, Any]] = {}
        self.hosts: dict[str, dict[str, Any]] = {}
        self.servers: dict[str, list[str]] = {}
        self.notifications: list[dict[str, Any]] = []
        self.refuse: dict[str, int | None] = {}
        self.changes: list[str] = []
        self.hypervisors = {name: hypervisor(name) for name in hosts}
        self._made = 0

    def add_segment(self, name: str, *hosts: str, **more: Any) -> str:
        uuid = self._uuid("segment")
        row = {"uuid": uuid, "name": name, "recovery_method": "auto", "enabled": True}
        self.segments[uuid] = {**row, "description": None, **more}
        for host in hosts:
            self._add_host(uuid, {"name": host})
        return uuid

    def host(self, name: str) -> dict[str, Any]:
        return next(row for row in self.hosts.values() if row["name"] == name)

    def layout(self) -> dict[str, list[str]]:
        """Return the names of the segments and of their hosts."""
        return {
            row["name"]: sorted(
                host["name"] for host in self.hosts.values() if host["segment"] == uuid
            )
            for uuid, row in self.segments.items()
        }

    def call(self, *calls: api.Call) -> list[Any]:
        return [self._answer(one) for one in calls]

    def _answer(self, call: api.Call) -> Any:
        what = f"{call.method} {call.path}"
        for pattern, code in self.refuse.items():
            if re.search(pattern, what):
                raise api.ApiError("masakari: in use" if code else "masakari: no answer", code)
        if call.method != "GET":
            self.changes.append(what)
        for pattern, answer in self._routes():
            if found := re.fullmatch(pattern, what):
                return answer(call.body, *found.groups())
        raise AssertionError(f"unexpected call: {what}")

    def _routes(self) -> list[tuple[str, Callable[..., Any]]]:
        id_ = "([a-z0-9-]+)"
        return [
            (r"GET /os-services\?binary=nova-compute", lambda _: {"services": [*self.services.values()]}),
            ("GET /os-hypervisors/detail", lambda _: {"hypervisors": [*self.hypervisors.values()]}),
            ("GET /os-aggregates", lambda _: {"aggregates": [{"name": n, "hosts": h} for n, h in self.aggregates.items()]}),
            (f"PUT /os-services/{id_}", self._change_service),
            (r"GET /servers\?all_tenants=1&host=(.+)", lambda _, host: {"servers": [{"id": one} for one in self.servers.get(host, [])]}),
            ("GET /segments", lambda _: {"segments": [*self.segments.values()]}),
            ("POST /segments", lambda body: {"segment": {"uuid": self.add_segment(**body["segment"])}}),
            (f"PUT /segments/{id_}", lambda body, uuid: self.segments[uuid].update(body["segment"])),
            (f"DELETE /segments/{id_}", self._delete_segment),
            (f"GET /segments/{id_}/hosts", lambda _, uuid: {"hosts": [h for h in self.hosts.values() if h["segment"] == uuid]}),
            (f"POST /segments/{id_}/hosts", lambda body, uuid: self._add_host(uuid, body["host"])),
            (f"PUT /segments/{id_}/hosts/{id_}", lambda body, _, uuid: self.hosts[uuid].update(body["host"])),
            (f"DELETE /segments/{id_}/hosts/{id_}", lambda body, _, uuid: self.hosts.pop(uuid) and None),
            (r"GET /notifications(?:\?.*)?", lambda _: {"notifications": self.notifications}),
        ]  # fmt: skip

    def _add_host(self, segment: str, body: dict[str, Any]) -> None:
        if any(row["name"] == body["name"] for row in self.hosts.values()):
            raise api.ApiError("masakari: Host already exists.", 409)
        uuid = self._uuid("host")
        flags = {"reserved": False, "on_maintenance": False}
        self.hosts[uuid] = {**flags, **body, "uuid": uuid, "segment": segment}

    def _delete_segment(self, _: Any, uuid: str) -> None:
        del self.segments[uuid]
        self.hosts = {key: row for key, row in self.hosts.items() if row["segment"] != uuid}

    def _change_service(self, body: dict[str, Any], uuid: str) -> None:
        row = next(one for one in self.services.values() if one["id"] == uuid)
        row.update(body)
        if body["status"] == "enabled":
            row["disabled_reason"] = None

    def _uuid(self, kind: str) -> str:
        self._made += 1
        return f"{kind}-{self._made}"


def service(name: str, number: int) -> dict[str, Any]:
    return {
        "id": f"service-{number}",
        "host": name,
        "zone": "nova",
        "state": "up",
        "status": "enabled",
        "forced_down": False,
        "disabled_reason": None,
    }


def hypervisor(name: str) -> dict[str, Any]:
    return {
        "service": {"host": name},
        "memory_mb": 8192,
        "memory_mb_used": 1024,
        "local_gb": 100,
        "running_vms": 0,
    }
