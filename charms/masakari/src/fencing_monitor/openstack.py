# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Talking to nova and Masakari through keystoneauth. An edge: no decisions, errors as values.

The password goes into keystoneauth's plugin and nowhere else; messages hold what the servers
said, which does not include it.
"""

import time
from collections.abc import Callable
from typing import Any

from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

from fencing_monitor import rows
from fencing_monitor.cloud import Move, Notification, SegmentHost, Server, Service
from fencing_monitor.requests import (
    Answer,
    CountEvacuations,
    Evacuate,
    LogIn,
    Problem,
    ReadHosts,
    ReadMoves,
    ReadNotifications,
    ReadServer,
    ReadServers,
    ReadServices,
    Report,
    Request,
    SetEnabled,
    SetForcedDown,
    SetMaintenance,
    Unlock,
)
from fencing_monitor.settings import Settings

# 2.53: services are named by uuid and can be forced down. Below 2.95, from where on an evacuated
# instance is left stopped.
_NOVA_VERSION = "2.53"
_MOVES_VERSION = "1.3"
# From here on a segment says whether it is enabled (Masakari 11).
_SEGMENTS_VERSION = "1.2"
# Notifications older than this are not asked for (seconds): no recovery lasts longer.
_RECENT = 2 * 86400


def connect(settings: Settings) -> tuple[adapter.Adapter, adapter.Adapter]:
    """Return the ways to nova and to Masakari; nobody is asked anything yet."""
    auth = v3.Password(
        auth_url=settings.auth_url,
        username=settings.username,
        password=settings.password,
        project_name=settings.project_name,
        user_domain_name=settings.user_domain_name,
        project_domain_name=settings.project_domain_name,
    )
    shared = session.Session(
        auth=auth,
        verify=settings.cafile or True,
        timeout=settings.api_timeout,
        user_agent="masakari-fencing-monitor",
    )
    common: dict[str, Any] = {
        "session": shared,
        "interface": settings.interface,
        "region_name": settings.region_name or None,
        "raise_exc": True,
    }
    nova = adapter.Adapter(service_type="compute", default_microversion=_NOVA_VERSION, **common)
    return nova, adapter.Adapter(service_type="instance-ha", **common)


def problem(error: exceptions.ClientException) -> Problem:
    """Return what went wrong as a value."""
    if isinstance(error, exceptions.HttpError):
        return Problem(_message(error), error.http_status)
    return Problem(_text(error))


class Cloud:
    """nova and Masakari, as this monitor needs them. Safe to use from several threads."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time):
        self._nova, self._masakari = connect(settings)
        self._clock = clock
        self._actions: dict[type[Request], Callable[[Any, float], object]] = {
            LogIn: lambda _, now: self._log_in(),
            ReadServices: lambda _, now: self._services(),
            ReadServers: lambda order, now: self._servers(order.host),
            ReadServer: lambda order, now: self._server(order.uuid),
            CountEvacuations: lambda order, now: self._unfinished_evacuations(order.host),
            SetForcedDown: lambda order, now: self._set_forced_down(order),
            SetEnabled: lambda order, now: self._set_enabled(order),
            ReadHosts: lambda _, now: self._hosts(),
            ReadNotifications: lambda order, now: self._notifications(order.uuid, now),
            ReadMoves: lambda order, now: self._moves(order.notification),
            Report: lambda order, now: self._report(order.host, now),
            SetMaintenance: lambda order, now: self._set_maintenance(order),
            Unlock: lambda order, now: self._act(order.uuid, "unlock", None),
            Evacuate: lambda order, now: self._act(order.uuid, "evacuate", {}),
        }

    def ask(self, request: Request) -> Answer:
        """Carry out a request; whatever goes wrong is part of the answer."""
        asked = self._clock()
        try:
            value = self._perform(request, asked)
        except exceptions.ClientException as error:
            return Answer(request, asked, self._clock(), problem=problem(error))
        except (ValueError, KeyError, TypeError) as error:
            trouble = Problem(f"an answer that is not understood: {error!r}")
            return Answer(request, asked, self._clock(), problem=trouble)
        return Answer(request, asked, self._clock(), value)

    def _perform(self, request: Request, now: float) -> object:
        return self._actions[type(request)](request, now)

    def _log_in(self) -> None:
        session = self._nova.session
        assert session.auth is not None
        # The token that is shared stays: this one is only asked for.
        session.auth.get_auth_ref(session)

    def _services(self) -> tuple[Service, ...]:
        answer = self._nova.get("/os-services", params={"binary": "nova-compute"})
        return tuple(rows.service(one) for one in answer.json()["services"])

    def _servers(self, host: str) -> tuple[Server, ...]:
        found: list[Server] = []
        params = {"all_tenants": "1", "host": host}
        while True:
            page = self._nova.get("/servers/detail", params=params).json()
            found += [rows.server(one) for one in page["servers"]]
            # nova cuts a list at its osapi_max_limit and says so with a link to the rest.
            if not page["servers"] or not page.get("servers_links"):
                return tuple(found)
            params = {**params, "marker": page["servers"][-1]["id"]}

    def _server(self, uuid: str) -> Server | None:
        try:
            return rows.server(self._nova.get(f"/servers/{uuid}").json()["server"])
        except exceptions.NotFound as error:
            # A proxy's 404 is not nova's word that the instance is gone.
            if error.response is not None and "itemNotFound" in error.response.text:
                return None
            raise

    def _change_service(self, service: str, wanted: dict[str, object]) -> None:
        self._nova.put(f"/os-services/{service}", json=wanted)

    def _set_forced_down(self, order: SetForcedDown) -> None:
        self._change_service(order.service, {"forced_down": order.down})

    def _set_enabled(self, order: SetEnabled) -> None:
        wanted: dict[str, object] = {"status": "enabled" if order.enabled else "disabled"}
        if not order.enabled and order.reason:
            wanted["disabled_reason"] = order.reason
        self._change_service(order.service, wanted)

    def _act(self, uuid: str, action: str, options: object) -> None:
        self._nova.post(f"/servers/{uuid}/action", json={action: options})

    def _unfinished_evacuations(self, host: str) -> int:
        params = {"migration_type": "evacuation", "source_compute": host, "status": "done"}
        found = self._nova.get("/os-migrations", params=params).json()["migrations"]
        # Filtered again: before 2.59 nova leaves out of the query what it does not know.
        done = [one for one in found if one.get("status") == "done"]
        return sum(1 for one in done if one.get("source_compute") == host)

    def _set_maintenance(self, order: SetMaintenance) -> None:
        wanted = {"host": {"on_maintenance": order.on}}
        self._masakari.put(f"/segments/{order.segment}/hosts/{order.uuid}", json=wanted)

    def _hosts(self) -> tuple[SegmentHost, ...]:
        found: list[SegmentHost] = []
        answer = self._masakari.get("/segments", microversion=_SEGMENTS_VERSION)
        for segment in answer.json()["segments"]:
            hosts = self._masakari.get(f"/segments/{segment['uuid']}/hosts").json()["hosts"]
            found += [rows.segment_host(one, segment) for one in hosts]
        return tuple(found)

    def _notifications(self, uuid: str, now: float) -> tuple[Notification, ...]:
        params = {
            "source_host_uuid": uuid,
            "type": "COMPUTE_HOST",
            "generated-since": rows.iso(now - _RECENT),
        }
        found = self._masakari.get("/notifications", params=params).json()["notifications"]
        return tuple(rows.notification(one) for one in found)

    def _moves(self, notification: str) -> tuple[Move, ...] | None:
        try:
            answer = self._masakari.get(
                f"/notifications/{notification}/vmoves", microversion=_MOVES_VERSION
            )
        except (exceptions.NotAcceptable, exceptions.NotFound):
            return None  # Masakari before 16 (2023.2)
        return tuple(rows.move(one) for one in answer.json()["vmoves"])

    def _report(self, host: str, now: float) -> Notification:
        wanted = {
            "type": "COMPUTE_HOST",
            "hostname": host,
            "generated_time": rows.iso(now),
            "payload": {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"},
        }
        answer = self._masakari.post("/notifications", json={"notification": wanted})
        return rows.notification(answer.json()["notification"])


def _message(error: exceptions.HttpError) -> str:
    """Return what the server said, which keystoneauth does not find in nova's and Masakari's form."""
    try:
        document: dict[str, Any] = error.response.json() if error.response is not None else {}
        said: str = next(iter(document.values()))["message"]
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        said = _text(error)
    return " ".join(str(said).split())[:300]


def _text(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]
