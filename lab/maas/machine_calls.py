# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``machines/`` and ``machines/{system_id}/``.

Source: MAAS 3.x, maasserver/api/machines.py and maasserver/api/nodes.py.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab import settings
from lab.maas.context import Context
from lab.maas.exchange import Reply, Request, as_json, as_text
from lab.maas.machines import FILTERS, READY, Record, hardware_uuid, matches
from lab.maas.oauth import User
from lab.maas.power import PowerError


def answer(context: Context, user: User, request: Request, rest: list[str]) -> Reply:
    """Answer a call about all machines or about one."""
    if not rest:
        return _all(context, user, request)
    record = context.inventory.find(rest[0])
    if record is None or len(rest) > 1 or context.faults.flag("deleted", record.hostname):
        return as_text("No Machine matches the given query.", 404)
    if request.method == "GET":
        return _read(context, user, request, record)
    if request.method == "POST":
        handler = _ACTIONS.get(request.op or "")
        if handler is not None:
            return _permitted(context, user, request, record, handler)
    return _unrecognised(request)


def _all(context: Context, user: User, request: Request) -> Reply:
    if request.method != "GET" or request.op not in (None, "list_allocated", "power_parameters"):
        return _unrecognised(request)
    wanted = {name: request.query[name] for name in FILTERS if name in request.query}
    shown = [machine for machine in _machines(context) if matches(machine, wanted)]
    if request.op == "list_allocated":
        # Allocated is the state before Deployed, in which no machine of the lab rests.
        return as_json([])
    if request.op == "power_parameters":
        if not user.admin:
            return _forbidden()
        return as_json({each["system_id"]: _parameters(each["system_id"]) for each in shown})
    return as_json(shown)


def _read(context: Context, user: User, request: Request, record: Record) -> Reply:
    if request.op is None:
        return _show(context, record)
    if request.op == "query_power_state":
        return as_json({"state": context.switch.query(record)})
    if request.op == "power_parameters":
        return as_json(_parameters(record.system_id)) if user.admin else _forbidden()
    return _unrecognised(request)


def _permitted(
    context: Context, user: User, request: Request, record: Record, handler: "_Action"
) -> Reply:
    if not user.admin and user.name != _describe(context, record)["owner"]:
        return _forbidden()
    # A lock takes the permission to edit from everybody (maasserver/permissions, NodePermission).
    if _is_locked(context, record) and request.op != "unlock":
        return _forbidden()
    return handler(context, request, record)


def _power_off(context: Context, request: Request, record: Record) -> Reply:
    mode = request.value("stop_mode") or "hard"
    if mode not in ("hard", "soft"):
        return as_text(f'{{"stop_mode": ["\'{mode}\' is not a valid stop mode."]}}', 400)
    unstoppable = _describe(context, record)["power_type"] in ("manual", "")
    if unstoppable or context.faults.flag("null-reply", record.hostname):
        return as_json(None)
    return _switched(context, request, record, context.switch.off)


def _power_on(context: Context, request: Request, record: Record) -> Reply:
    if record.hostname not in context.inventory.deployed():
        return as_text("Can't start node: it hasn't been allocated.", 409)
    if _describe(context, record)["power_type"] in ("manual", ""):
        return as_json(None)
    return _switched(context, request, record, context.switch.on)


def _switched(
    context: Context, request: Request, record: Record, turn: Callable[[Record, str], None]
) -> Reply:
    try:
        turn(record, request.value("comment") or "")
    except PowerError as error:
        return as_text(str(error), 500)
    return _show(context, record)


def _lock(context: Context, _: Request, record: Record) -> Reply:
    record.locked = True
    return _show(context, record)


def _unlock(context: Context, _: Request, record: Record) -> Reply:
    record.locked = False
    return _show(context, record)


def _annotate(context: Context, request: Request, record: Record) -> Reply:
    with context.inventory.lock:
        for name, values in request.form.items():
            if name == "op":
                continue
            if values[0]:
                record.owner_data[name] = values[0]
            else:
                record.owner_data.pop(name, None)
    return _show(context, record)


_Action = Callable[[Context, Request, Record], Reply]
_ACTIONS: Mapping[str, _Action] = {
    "lock": _lock,
    "power_off": _power_off,
    "power_on": _power_on,
    "set_workload_annotations": _annotate,
    "unlock": _unlock,
}


def _show(context: Context, record: Record) -> Reply:
    return as_json(_describe(context, record))


def _machines(context: Context) -> Iterator[dict[str, Any]]:
    for record in context.inventory:
        if context.faults.flag("deleted", record.hostname):
            continue
        machine = _describe(context, record)
        yield machine
        if context.faults.flag("twin", record.hostname):
            yield {
                **machine,
                "system_id": f"{record.system_id[:3]}twn",
                "hardware_uuid": hardware_uuid(f"twin of {record.system_id}"),
                "status": READY[0],
                "status_name": READY[1],
                "owner": None,
            }


def _describe(context: Context, record: Record) -> dict[str, Any]:
    """Return a machine as this MAAS shows it, its moods included."""
    faults, name = context.faults, record.hostname
    machine = context.inventory.describe(record, context.inventory.deployed())
    machine["locked"] = _is_locked(context, record)
    machine["power_type"] = faults.text("power-type", name)
    if called := faults.text("renamed", name):
        machine |= {"hostname": called, "fqdn": f"{called}.{settings.DOMAIN}"}
    if owner := faults.text("owner", name):
        machine["owner"] = owner
    if faults.flag("replaced", name):
        machine["hardware_uuid"] = hardware_uuid(f"another {record.system_id}")
    if (state := faults.text("cached-state", name)) != "heard":
        machine["power_state"] = state
    return machine


def _is_locked(context: Context, record: Record) -> bool:
    return record.locked or context.faults.flag("locked", record.hostname)


def _parameters(system_id: str) -> dict[str, str]:
    # Nothing listens there; second fencing levels need a BMC of their own.
    number = next(each.number for each in settings.INVENTORY if each.system_id == system_id)
    return {
        "power_address": settings.SPACES[0].address(number),
        "power_driver": "LAN_2_0",
        "power_user": "maas",
        "power_pass": "lab-bmc",
    }


def _forbidden() -> Reply:
    return as_text("You are not allowed to perform this operation.", 403)


def _unrecognised(request: Request) -> Reply:
    return as_text(f"Unrecognised signature: method={request.method} op={request.op}", 400)
