# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``tags/`` and ``tags/{name}/``.

Source: MAAS 3.x, maasserver/api/tags.py.
"""

from lab.maas.context import Context
from lab.maas.exchange import Reply, Request, as_json, as_text
from lab.maas.oauth import User


def answer(context: Context, user: User, request: Request, rest: list[str]) -> Reply:
    """Answer a call about all tags or about one."""
    inventory = context.inventory
    names = sorted({tag for record in inventory for tag in record.tags})
    if not rest:
        return as_json([_show(name) for name in names])
    name = rest[0]
    if name not in names or len(rest) > 1:
        return as_text("No Tag matches the given query.", 404)
    if request.method == "GET" and request.op is None:
        return as_json(_show(name))
    if request.method == "GET" and request.op == "machines":
        deployed = inventory.deployed()
        return as_json(
            [inventory.describe(each, deployed) for each in inventory if name in each.tags]
        )
    if request.method == "POST" and request.op == "update_nodes":
        if not user.admin:
            return as_text("You are not allowed to perform this operation.", 403)
        return _update(context, request, name)
    return as_text(f"Unrecognised signature: method={request.method} op={request.op}", 400)


def _show(name: str) -> dict[str, str]:
    return {
        "name": name,
        "definition": "",
        "comment": "",
        "kernel_opts": "",
        "resource_uri": f"/MAAS/api/2.0/tags/{name}/",
    }


def _update(context: Context, request: Request, name: str) -> Reply:
    counts = {"added": 0, "removed": 0}
    with context.inventory.lock:
        for system_id in request.form.get("add", ()):
            record = context.inventory.find(system_id)
            if record is not None:
                record.tags.add(name)
                counts["added"] += 1
        for system_id in request.form.get("remove", ()):
            record = context.inventory.find(system_id)
            if record is not None:
                record.tags.discard(name)
                counts["removed"] += 1
    return as_json(counts)
