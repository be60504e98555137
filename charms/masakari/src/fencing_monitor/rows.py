# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What nova and Masakari answer, as values. Pure."""

import calendar
import datetime
import time
from typing import Any

from fencing_monitor.cloud import Move, Notification, SegmentHost, Server, Service


def service(row: dict[str, Any]) -> Service:
    """Return a nova-compute service."""
    return Service(
        id=str(row["id"]),
        host=row["host"],
        up=row["state"] == "up",
        enabled=row["status"] == "enabled",
        forced_down=bool(row["forced_down"]),
        disabled_reason=row.get("disabled_reason") or "",
    )


def segment_host(row: dict[str, Any], segment: dict[str, Any]) -> SegmentHost:
    """Return a host of a failover segment (whose uuid the host's row does not always have)."""
    return SegmentHost(
        uuid=row["uuid"],
        name=row["name"],
        segment=segment["uuid"],
        segment_enabled=bool(segment.get("enabled", True)),
        method=segment.get("recovery_method") or "auto",
        on_maintenance=bool(row["on_maintenance"]),
        reserved=bool(row["reserved"]),
    )


def server(row: dict[str, Any]) -> Server:
    """Return an instance as nova shows it to an administrator."""
    return Server(
        uuid=row["id"],
        name=row["name"],
        host=row.get("OS-EXT-SRV-ATTR:host") or "",
        status=row["status"],
        task=row.get("OS-EXT-STS:task_state") or "",
        locked=bool(row.get("locked")),
    )


def notification(row: dict[str, Any]) -> Notification:
    """Return a notification as Masakari shows it."""
    payload: dict[str, Any] = row["payload"]
    # Of a host whose state it calls unknown, a host monitor reports what the engine ignores.
    known = str(payload.get("host_status", "")).upper() == "NORMAL"
    return Notification(
        uuid=row["notification_uuid"],
        host=row["source_host_uuid"],
        status=row["status"],
        generated=_seconds(row["generated_time"]) or 0.0,
        event=str(payload.get("event", "")).upper() if known else "UNKNOWN",
    )


def move(row: dict[str, Any]) -> Move:
    """Return what became of one instance, as Masakari's vmoves show it."""
    return Move(
        instance=row["instance_uuid"],
        name=row.get("instance_name") or "",
        status=row["status"],
        destination=row.get("dest_host") or "",
        started=_seconds(row.get("start_time")),
        ended=_seconds(row.get("end_time")),
        message=row.get("message") or "",
    )


def iso(moment: float) -> str:
    """Return a time as OpenStack writes it: UTC, without saying so."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def _seconds(text: str | None) -> float | None:
    """Return seconds since 1970 of "2026-11-22T19:25:52.000000", in UTC as all of OpenStack."""
    if not text:
        return None
    plain = text.replace("Z", "").replace(" ", "T").split("+")[0]
    moment = datetime.datetime.fromisoformat(plain)
    return calendar.timegm(moment.timetuple()) + moment.microsecond / 1e6
