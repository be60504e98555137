# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The hook tools: what a charm may ask and tell, one function each.

Their names and arguments are those of internal/worker/uniter/runner/jujuc. Tools that are not in
the table do not exist in a lab's machines, so that a charm which needs one fails plainly.
"""

from collections.abc import Callable, Mapping, Sequence

from lab.juju.context import HookContext
from lab.juju.tools import actions, general, relations, secrets
from lab.juju.tools.arguments import ToolError

Tool = Callable[[HookContext, Sequence[str], str], str]


def _storage_list(context: HookContext, argv: Sequence[str], stdin: str) -> str:
    """Answer an empty list: no charm of the lab declares storage."""
    return "[]\n"


TOOLS: Mapping[str, Tool] = {
    "action-fail": actions.action_fail,
    "action-get": actions.action_get,
    "action-log": actions.action_log,
    "action-set": actions.action_set,
    "application-version-set": general.application_version_set,
    "close-port": general.close_port,
    "config-get": general.config_get,
    "goal-state": general.goal_state,
    "is-leader": general.is_leader,
    "juju-log": general.juju_log,
    "network-get": relations.network_get,
    "open-port": general.open_port,
    "opened-ports": general.opened_ports,
    "relation-get": relations.relation_get,
    "relation-ids": relations.relation_ids,
    "relation-list": relations.relation_list,
    "relation-model-get": relations.relation_model_get,
    "relation-set": relations.relation_set,
    "resource-get": general.resource_get,
    "secret-add": secrets.secret_add,
    "secret-get": secrets.secret_get,
    "secret-grant": secrets.secret_grant,
    "secret-ids": secrets.secret_ids,
    "secret-info-get": secrets.secret_info_get,
    "secret-remove": secrets.secret_remove,
    "secret-revoke": secrets.secret_revoke,
    "secret-set": secrets.secret_set,
    "state-delete": general.state_delete,
    "state-get": general.state_get,
    "state-set": general.state_set,
    "status-get": general.status_get,
    "status-set": general.status_set,
    "storage-list": _storage_list,
    "unit-get": relations.unit_get,
}

__all__ = ["TOOLS", "Tool", "ToolError"]
