# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The environment of a hook (pure); after runner/context/context.go, HookVars, and hooks' docs."""

import dataclasses

from lab.juju.assets import Task
from lab.juju.context import HookContext
from lab.juju.entities import Hook, Unit

JUJU_VERSION = "3.6.14"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"


@dataclasses.dataclass(frozen=True)
class Places:
    """Paths as a machine sees them."""

    charm: str
    tools: str
    socket: str


def home(unit: Unit) -> str:
    """Return where a unit's agent keeps its files, below its machine's agent directory."""
    return f"agents/unit-{unit.name.replace('/', '-')}"


def variables(context: HookContext, places: Places) -> dict[str, str]:
    """Return all variables of a hook, an action or a command; nothing is inherited."""
    unit = context.unit
    found = {
        "APT_LISTCHANGES_FRONTEND": "none",
        "CHARM_DIR": places.charm,
        "CLOUD_API_VERSION": "",
        "DEBIAN_FRONTEND": "noninteractive",
        "HOME": "/root",
        "JUJU_AGENT_SOCKET_ADDRESS": places.socket,
        "JUJU_AGENT_SOCKET_NETWORK": "unix",
        "JUJU_API_ADDRESSES": "127.0.0.1:17070",
        "JUJU_AVAILABILITY_ZONE": "default",
        "JUJU_CHARM_DIR": places.charm,
        "JUJU_CHARM_FTP_PROXY": "",
        "JUJU_CHARM_HTTPS_PROXY": "",
        "JUJU_CHARM_HTTP_PROXY": "",
        "JUJU_CHARM_NO_PROXY": "",
        "JUJU_CONTEXT_ID": context.id,
        "JUJU_MACHINE_ID": unit.machine,
        "JUJU_MODEL_NAME": context.model.name,
        "JUJU_MODEL_UUID": context.model.uuid,
        "JUJU_PRINCIPAL_UNIT": unit.principal or "",
        "JUJU_UNIT_NAME": unit.name,
        "JUJU_VERSION": JUJU_VERSION,
        "LANG": "C.UTF-8",
        "PATH": f"{places.tools}:{_SYSTEM_PATH}",
        "TERM": "tmux-256color",
    }
    if context.hook is not None:
        found |= _of_hook(context, context.hook)
    if context.task is not None:
        found |= _of_task(context.task)
    return found


def _of_hook(context: HookContext, hook: Hook) -> dict[str, str]:
    found = {"JUJU_HOOK_NAME": hook.name, "JUJU_DISPATCH_PATH": f"hooks/{hook.name}"}
    relation = context.relation(hook.relation) if hook.relation is not None else None
    if relation is not None:
        endpoint = relation.end(context.unit.app).endpoint
        found |= {
            "JUJU_RELATION": endpoint,
            "JUJU_RELATION_ID": f"{endpoint}:{relation.id}",
            "JUJU_REMOTE_APP": hook.remote_app,
            "JUJU_REMOTE_UNIT": hook.remote_unit,
        }
    if hook.departing:
        found["JUJU_DEPARTING_UNIT"] = hook.departing
    if hook.secret:
        found |= {"JUJU_SECRET_ID": f"secret:{hook.secret}", "JUJU_SECRET_LABEL": hook.label}
    if hook.kind == "secret-remove":
        found["JUJU_SECRET_REVISION"] = str(hook.revision)
    return found


def _of_task(task: Task) -> dict[str, str]:
    if task.command:
        return {"JUJU_HOOK_NAME": "juju-exec"}
    return {
        "JUJU_ACTION_NAME": task.name,
        "JUJU_ACTION_TAG": f"action-{task.id}",
        "JUJU_ACTION_UUID": task.id,
        "JUJU_DISPATCH_PATH": f"actions/{task.name}",
        "JUJU_HOOK_NAME": "",
    }
