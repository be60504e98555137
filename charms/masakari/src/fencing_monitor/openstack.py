# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Talking to nova and Masakari through keystoneauth. An edge: no decisions, errors as values.

The password goes into keystoneauth's plugin and nowhere else; messages hold what the servers
said, which does not include it.
"""

import calendar
import datetime
import time
from collections.abc import Callable
from typing import Any

from keystoneauth1 import adapter, exceptions, session
from keystoneauth1.identity import v3

from fencing_monitor.cloud import Move, Notification, SegmentHost, Server, Service
from fencing_monitor.requests import (
    Answer,
    CountEvacuations,
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
)
from fencing_monitor.settings import Settings

# 2.53: services are named by uuid and can be forced down. Below 2.95, from where on an evacuated
# instance is left stopped.
_NOVA_VERSION = "2.53"
_MOVES_VERSION = "1.3"
# Notifications older than this are not asked for (seconds): no recovery lasts longer.
_RECENT = 2 * 86400


class Cloud:
    """nova and Masakari, as this monitor needs them. Safe to use from several threads."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time):
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
        self._nova = adapter.Adapter(
            service_type="compute", default_microversion=_NOVA_VERSION, **common
        )
        self._masakari = adapter.Adapter(service_type="instance-ha", **common)
        self._clock = clock

    def ask(self, request: Request) -> Answer:
        """Carry out a request; whatever goes wrong is part of the answer."""
        asked = self._clock()
        try:
            value = self._perform(request, asked)
        except exceptions.HttpError as error:
            problem = Problem(_message(error), error.http_status)
            return Answer(request, asked, self._clock(), problem=problem)
        except exceptions.ClientException as error:
            return Answer(request, asked, self._clock(), problem=Problem(_text(error)))
        except (ValueError, KeyError, TypeError) as error:
            problem = Problem(f"an answer that is not understood: {error!r}")
            return Answer(request, asked, self._clock(), problem=problem)
        return Answer(request, asked, self._clock(), value)

    def _perform(self, request: Request, now: float) -> object:
        match request:
            case ReadServices():
                return self._services()
            case ReadServers():
                return self._servers(request.host)
            case ReadServer():
                return self._server(request.uuid)
            case SetForcedDown():
                return self._change_service(request.service, {"forced_down": request.down})
            case SetEnabled():
                return self._set_enabled(request)
            case CountEvacuations():
                return self._unfinished_evacuations(request.host)
            case ReadHosts():
                return self._hosts()
            case ReadNotifications():
                return self._notifications(request.uuid, now)
            case ReadMoves():
                return self._moves(request.notification)
            case Report():
                return self._report(request.host, now)
            case SetMaintenance():
                return self._set_maintenance(request)
            case _:
                raise TypeError(f"not for the cloud: {request}")

    def _services(self) -> tuple[Service, ...]:
        found = self._nova.get("/os-services", params={"binary": "nova-compute"}).json()[
            "services"
        ]
        return tuple(
            Service(
                id=str(one["id"]),
                host=one["host"],
                up=one["state"] == "up",
                enabled=one["status"] == "enabled",
                forced_down=bool(one["forced_down"]),
                disabled_reason=one.get("disabled_reason") or "",
            )
            for one in found
        )

    def _servers(self, host: str) -> tuple[Server, ...]:
        found: list[Server] = []
        params = {"all_tenants": "1", "host": host}
        while True:
            page = self._nova.get("/servers/detail", params=params).json()["servers"]
            found += [_server(one) for one in page]
            # nova cuts a list at its osapi_max_limit and says so with a link to the rest.
            if not page or len(page) < 1000:
                return tuple(found)
            params = {**params, "marker": page[-1]["id"]}

    def _server(self, uuid: str) -> Server | None:
        try:
            return _server(self._nova.get(f"/servers/{uuid}").json()["server"])
        except exceptions.NotFound:
            return None

    def _change_service(self, service: str, wanted: dict[str, object]) -> None:
        self._nova.put(f"/os-services/{service}", json=wanted)

    def _set_enabled(self, order: SetEnabled) -> None:
        wanted: dict[str, object] = {"status": "enabled" if order.enabled else "disabled"}
        if not order.enabled and order.reason:
            wanted["disabled_reason"] = order.reason
        self._change_service(order.service, wanted)

    def _unfinished_evacuations(self, host: str) -> int:
        params = {"migration_type": "evacuation", "source_compute": host, "status": "done"}
        rows = self._nova.get("/os-migrations", params=params).json()["migrations"]
        # Filtered again: before 2.59 nova leaves out of the query what it does not know.
        done = [one for one in rows if one.get("status") == "done"]
        return sum(1 for one in done if one.get("source_compute") == host)

    def _set_maintenance(self, order: SetMaintenance) -> None:
        wanted = {"host": {"on_maintenance": order.on}}
        self._masakari.put(f"/segments/{order.segment}/hosts/{order.uuid}", json=wanted)

    def _hosts(self) -> tuple[SegmentHost, ...]:
        found: list[SegmentHost] = []
        for segment in self._masakari.get("/segments").json()["segments"]:
            hosts = self._masakari.get(f"/segments/{segment['uuid']}/hosts").json()["hosts"]
            found += [
                SegmentHost(
                    uuid=one["uuid"],
                    name=one["name"],
                    segment=segment["uuid"],
                    on_maintenance=bool(one["on_maintenance"]),
                    reserved=bool(one["reserved"]),
                )
                for one in hosts
            ]
        return tuple(found)

    def _notifications(self, uuid: str, now: float) -> tuple[Notification, ...]:
        params = {
            "source_host_uuid": uuid,
            "type": "COMPUTE_HOST",
            "generated-since": _iso(now - _RECENT),
        }
        rows = self._masakari.get("/notifications", params=params).json()["notifications"]
        return tuple(_notification(one) for one in rows)

    def _moves(self, notification: str) -> tuple[Move, ...] | None:
        try:
            answer = self._masakari.get(
                f"/notifications/{notification}/vmoves", microversion=_MOVES_VERSION
            )
        except (exceptions.NotAcceptable, exceptions.NotFound):
            return None  # Masakari before 16 (2023.2)
        return tuple(_move(one) for one in answer.json()["vmoves"])

    def _report(self, host: str, now: float) -> Notification:
        wanted = {
            "type": "COMPUTE_HOST",
            "hostname": host,
            "generated_time": _iso(now),
            "payload": {"event": "STOPPED", "cluster_status": "OFFLINE", "host_status": "NORMAL"},
        }
        answer = self._masakari.post("/notifications", json={"notification": wanted})
        return _notification(answer.json()["notification"])


def _server(row: dict[str, Any]) -> Server:
    return Server(
        uuid=row["id"],
        name=row["name"],
        host=row.get("OS-EXT-SRV-ATTR:host") or "",
        status=row["status"],
        task=row.get("OS-EXT-STS:task_state") or "",
    )


def _notification(row: dict[str, Any]) -> Notification:
    return Notification(
        uuid=row["notification_uuid"],
        host=row["source_host_uuid"],
        status=row["status"],
        generated=_seconds(row["generated_time"]) or 0.0,
        event=str(row["payload"].get("event", "")).upper(),
    )


def _move(row: dict[str, Any]) -> Move:
    return Move(
        instance=row["instance_uuid"],
        name=row.get("instance_name") or "",
        status=row["status"],
        destination=row.get("dest_host") or "",
        started=_seconds(row.get("start_time")),
        ended=_seconds(row.get("end_time")),
        message=row.get("message") or "",
    )


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def _seconds(text: str | None) -> float | None:
    """Return seconds since 1970 of "2026-11-22T19:25:52.000000", in UTC as all of OpenStack."""
    if not text:
        return None
    plain = text.replace("Z", "").replace(" ", "T").split("+")[0]
    moment = datetime.datetime.fromisoformat(plain)
    return calendar.timegm(moment.timetuple()) + moment.microsecond / 1e6


def _message(error: exceptions.HttpError) -> str:
    return " ".join(_text(error).split())[:300]


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
