# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""API 2.0: which request means what, who may ask it, and what the answer is.

Source: MAAS 3.x, maasserver/api (machines, tags, events, version) and apiclient's piston.
"""

import collections
import hashlib
import time
from collections.abc import Callable, Mapping

from lab import settings
from lab.maas import machine_calls, oauth, tag_calls, trouble
from lab.maas.context import Context
from lab.maas.exchange import Reply, Request, as_json, as_text

PREFIX = "/MAAS/api/"
VERSION = {
    "version": "3.6.1",
    "subversion": "17567-g.lab",
    "capabilities": ["authenticate-api", "networks-management", "static-ipaddresses"],
}
# Sent with every reply so that clients notice a changed API.
API_HASH = hashlib.sha256(str(VERSION).encode()).hexdigest()


class Api:
    """Answers requests."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._calls: collections.Counter[str] = collections.Counter()

    def answer(self, request: Request) -> Reply:
        """Return the answer to one request, as slow as the knobs say."""
        time.sleep(self._context.faults.number("call-latency"))
        if request.path.startswith(f"{PREFIX}1.0"):
            return as_text("The 1.0 API is no longer available. Please use 2.0.", 410)
        if not request.path.startswith(f"{PREFIX}2.0/"):
            return _not_found()
        if not request.path.endswith("/"):
            # Django appends the slash by a redirect, which would make a GET of a POST.
            return (
                as_text("", 301, Location=f"{request.path}/")
                if request.method == "GET"
                else _not_found()
            )
        parts = request.path.removeprefix(f"{PREFIX}2.0/").strip("/").split("/")
        return self._open(request, parts) or self._closed(request, parts)

    def _open(self, request: Request, parts: list[str]) -> Reply | None:
        """Answer what needs no key."""
        if request.method != "GET":
            return None
        if parts == ["version"]:
            return as_json(VERSION)
        if parts == ["describe"]:
            return as_json({"doc": "MAAS API", "hash": API_HASH, "resources": _RESOURCES})
        return None

    def _closed(self, request: Request, parts: list[str]) -> Reply:
        revoked = self._context.faults.flag("revoked")
        try:
            now = time.time() + self._context.faults.number("clock-skew")
            user = self._context.doorkeeper.admit(request.authorization, now, revoked=revoked)
        except oauth.Refusal as refusal:
            realm = {"WWW_Authenticate": oauth.REALM} if refusal.status == 401 else {}
            return as_text(refusal.body, refusal.status, **realm)
        trouble_now = self._trouble(request, parts)
        if trouble_now and trouble_now != "lost-answer":
            return self._troubled(trouble_now)
        handler = _HANDLERS.get(parts[0])
        reply = handler(self._context, user, request, parts[1:]) if handler else _not_found()
        return self._troubled(trouble_now) if trouble_now else reply

    def _trouble(self, request: Request, parts: list[str]) -> str:
        """Return the trouble that this call meets; empty if none."""
        faults = self._context.faults
        record = self._context.inventory.find(parts[1]) if len(parts) > 1 else None
        machine = record.hostname if record else None
        name = faults.text("trouble", machine)
        if name == "none" or not trouble.concerns(faults.text("trouble-calls", machine), request):
            return ""
        self._calls[name] += 1
        return "" if self._calls[name] % max(int(faults.number("trouble-every")), 1) else name

    def _troubled(self, name: str) -> Reply:
        return trouble.reply(name, self._context.faults.number("retry-after"))


def _not_found() -> Reply:
    return as_text("<h1>Not Found</h1>", 404)


def _users(_: Context, user: oauth.User, request: Request, rest: list[str]) -> Reply:
    if rest or request.method != "GET" or request.op != "whoami":
        return as_text(f"Unrecognised signature: method={request.method} op={request.op}", 400)
    return as_json({"username": user.name, "is_superuser": user.admin, "is_local": True})


def _events(context: Context, _: oauth.User, request: Request, rest: list[str]) -> Reply:
    if rest or request.op != "query":
        return as_text(f"Unrecognised signature: method={request.method} op={request.op}", 400)
    wanted = request.query.get("hostname")
    shown = [
        {
            "id": number,
            "hostname": record["machine"],
            "node": record["system_id"],
            "username": "",
            "level": "ERROR" if record["phase"] == "failed" else "INFO",
            "created": record["time"],
            "type": f"Node power {record['action']} {record['phase']}",
            "description": record.get("comment", ""),
        }
        for number, record in enumerate(context.log.records("power"))
        if wanted is None or record["machine"] in wanted
    ]
    shown.reverse()  # newest first
    limit = int(request.value("limit") or 100)
    return as_json(
        {"count": len(shown[:limit]), "events": shown[:limit], "next_uri": "", "prev_uri": ""}
    )


_HANDLERS: Mapping[str, Callable[[Context, oauth.User, Request, list[str]], Reply]] = {
    "events": _events,
    "machines": machine_calls.answer,
    "tags": tag_calls.answer,
    "users": _users,
}
_RESOURCES = [
    {"name": f"{name.capitalize()}Handler", "path": f"/MAAS/api/2.0/{name}/"} for name in _HANDLERS
]

USERS: Mapping[oauth.Key, oauth.User] = {
    oauth.Key.parse(settings.MAAS_API_KEY): oauth.User("admin", admin=True),
    # May look, and may not touch what it does not own.
    oauth.Key.parse("guestconsumer:guesttoken:guestsecret"): oauth.User("guest"),
}
