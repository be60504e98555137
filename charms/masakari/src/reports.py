# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The actions that only look: hosts, notifications, recoveries, readiness."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pydantic

import api
import hosts_view
import local_monitor
import openstack
from action import Action, ActionError, Results
from fencing_monitor import page
from segments import HostName


class Nothing(pydantic.BaseModel):
    """An action without parameters."""


class ListNotifications(pydantic.BaseModel):
    """Parameters of list-notifications."""

    limit: Annotated[int, pydantic.Field(ge=1, le=1000)] = 20
    status: Literal["new", "running", "error", "failed", "ignored", "finished"] | None = None


class ShowRecovery(pydantic.BaseModel):
    """Parameters of show-recovery."""

    host: HostName | None = None
    limit: Annotated[int, pydantic.Field(ge=1, le=100)] = 1
    report: bool = False


def list_hosts(_: Nothing, __: frozenset[str]) -> Results:
    """Show every hypervisor with what nova, Masakari and the cluster know of it."""
    cluster, fencing, why = local_monitor.cluster_and_fencing()
    found = hosts_view.rows(openstack.read(), cluster, fencing)
    wrong = [row.host for row in found if row.problems]
    outcome = f"{hosts_view.counted(len(found), 'host')}, {_named(wrong)}"
    if why:
        outcome += f"; the cluster could not be asked: {why}"
    documents = json.dumps([row.document() for row in found])
    return {"outcome": outcome, "table": hosts_view.table(found), "hosts": documents}


def list_notifications(params: ListNotifications, _: frozenset[str]) -> Results:
    """Show the newest notifications, with the names of their hosts."""
    query = f"limit={params.limit}&sort_key=generated_time&sort_dir=desc"
    if params.status:
        query += f"&status={params.status}"
    (said,) = api.call(api.Call("GET", f"/notifications?{query}"))
    names = {host.uuid: host.name for _, host in openstack.read().registered()}
    found = [_notification(row, names) for row in said["notifications"]]
    lines = [("GENERATED", "STATUS", "TYPE", "HOST", "EVENT", "UUID")]
    lines += [(one["generated"], *(one[key] for key in _SHOWN)) for one in found]
    open_ = sum(one["status"] in ("new", "running", "error") for one in found)
    return {
        "outcome": f"{hosts_view.counted(len(found), 'notification')}, {open_} of them not done with",
        "table": hosts_view.columns(lines),
        "notifications": json.dumps(found),
    }


def show_recovery(params: ShowRecovery, _: frozenset[str]) -> Results:
    """Show what happened when hosts failed, newest first, from the fencing monitor's memory."""
    try:
        told = local_monitor.timeline()
    except local_monitor.NotHereError as error:
        raise ActionError(f"{error}; {_elsewhere()}")
    failures: list[dict[str, Any]] = told["failures"]
    asked = [one for one in failures if params.host in (None, one["host"])][: params.limit]
    if not asked:
        none = f"no failure of {params.host or 'any host'} is remembered"
        return {"outcome": none + _since(told)}
    lines = "\n\n".join(_story(one) for one in asked)
    found = {
        "outcome": _sentence(asked[0]) + _since(told),
        "timeline": lines,
        "failures": json.dumps(asked),
    }
    return {**found, "report": page.render(asked)} if params.report else found


ACTIONS = {
    "list-hosts": Action(Nothing, list_hosts),
    "list-notifications": Action(ListNotifications, list_notifications),
    "show-recovery": Action(ShowRecovery, show_recovery),
}
_SHOWN = ("status", "type", "host", "event", "uuid")


def _since(told: dict[str, Any]) -> str:
    """Return where newer failures are told, if this is of a monitor that ran here before."""
    former = told.get(local_monitor.FORMER)
    return f"; from before the monitor left this unit: {_elsewhere()}" if former else ""


def _elsewhere() -> str:
    """Return where a monitor is that does not run here."""
    try:
        member = local_monitor.home(local_monitor.look())
    except local_monitor.NotHereError:
        member = ""
    if member:
        return f"the cluster runs it on {member}: run this action on the unit there"
    return "the cluster runs it on one unit: run this action on the others, too"


def _named(wrong: list[str]) -> str:
    return f"{len(wrong)} with problems: {', '.join(wrong)}" if wrong else "none with problems"


def _notification(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    payload: dict[str, Any] = row["payload"]
    return {
        "uuid": row["notification_uuid"],
        "generated": row["generated_time"],
        "status": row["status"],
        "type": row["type"],
        # A host that is in no segment any more has no name.
        "host": names.get(row["source_host_uuid"], row["source_host_uuid"]),
        "event": str(payload.get("event", "")),
        "instance": str(payload.get("instance_uuid", "")),
    }


def _sentence(failure: dict[str, Any]) -> str:
    instances: list[dict[str, Any]] = failure["instances"]
    moved = sum(one["outcome"] == "moved" for one in instances)
    how = failure["outcome"] or f"not done with, {failure['phase']}"
    return f"{failure['host']}, lost {failure['lost']}: {how}; {moved} of {len(instances)} instances moved"


def _story(failure: dict[str, Any]) -> str:
    lines = [_sentence(failure)]
    for moment in failure["timeline"]:
        after = f"+{moment['after_seconds']:.1f} s"
        lines.append(f"{after:>10}  {moment['what']} {moment['detail'] or ''}".rstrip())
    for one in failure["instances"]:
        what = one["outcome"] or one["move"] or "pending"
        lines.append(f"{one['name'] or one['uuid']}: {what} {one['destination'] or ''}".rstrip())
    return "\n".join(lines)
