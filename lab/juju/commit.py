# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What becomes of a hook: how a unit is marked before it, and after it by its outcome.

After internal/worker/uniter/operation/runhook.go (Prepare, Commit) and state.go.
"""

from lab.juju import lifecycle
from lab.juju.context import HookContext
from lab.juju.entities import Hook, Life, LocalRelation, Status, Unit
from lab.juju.model import Model

# worker/retrystrategy/defaults: five seconds, doubled up to five minutes (its jitter left out).
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0


def begin(unit: Unit, hook: Hook) -> None:
    """Note the hook as running, so that it runs again if it is cut short."""
    unit.pending = hook
    unit.failed = False
    unit.resolved = ""
    unit.agent = Status("executing", f"running {hook.name} hook")


def fail(unit: Unit, now: float) -> None:
    """Note that the hook failed; it waits for its next try or for an operator."""
    unit.failed = True
    delay = min(FIRST_RETRY_SECONDS * 2**unit.retries, LONGEST_RETRY_SECONDS)
    unit.retries += 1
    unit.retry_at = now + delay
    unit.agent = Status("idle")


def succeed(model: Model, unit: Unit, hook: Hook, now: float) -> None:
    """Note what the charm now knows, and what follows from it."""
    unit.pending = None
    unit.failed = False
    unit.retries = 0
    unit.resolved = ""
    if unit.queued == hook:
        unit.queued = None
    if hook.relation is not None:
        _relation_done(model, unit, hook)
    elif hook.secret:
        _secret_done(unit, hook)
    else:
        _lifecycle_done(unit, hook, now)


def flush(context: HookContext) -> None:
    """Write what the hook asked for; to be called only when it succeeded."""
    model, unit, pending = context.model, context.unit, context.pending
    for identifier, changes in pending.unit_bags.items():
        if (relation := model.relation(identifier)) and unit.name in relation.members:
            relation.write(unit.name, changes)
    for identifier, changes in pending.app_bags.items():
        if relation := model.relation(identifier):
            relation.write(unit.app, changes)
    if pending.ports is not None:
        unit.ports = sorted(pending.ports)
    if pending.state is not None:
        unit.state = pending.state
    for identifier, secret in pending.secrets.items():
        if secret is None:
            model.secrets.pop(identifier, None)
        else:
            model.secrets[identifier] = secret


def _relation_done(model: Model, unit: Unit, hook: Hook) -> None:
    relation = model.relation(hook.relation) if hook.relation is not None else None
    told = unit.relations.get(hook.relation) if hook.relation is not None else None
    if relation is None or told is None:
        return
    if hook.kind == "relation-broken":
        lifecycle.leave(model, relation, unit)
        return
    _tell(told, hook)


def _tell(told: LocalRelation, hook: Hook) -> None:
    if hook.kind == "relation-created":
        told.created = True
    elif hook.kind == "relation-joined":
        told.members[hook.remote_unit] = hook.version
        told.changed_pending = hook.remote_unit
    elif hook.kind == "relation-departed":
        told.members.pop(hook.remote_unit, None)
    elif hook.remote_unit:
        told.members[hook.remote_unit] = hook.version
        told.changed_pending = ""
    else:
        told.apps[hook.remote_app] = hook.version


def _secret_done(unit: Unit, hook: Hook) -> None:
    if hook.kind == "secret-changed" and hook.secret in unit.tracked:
        unit.tracked[hook.secret].notified = hook.revision
    elif hook.kind == "secret-remove":
        unit.obsolete.setdefault(hook.secret, []).append(hook.revision)


def _lifecycle_done(unit: Unit, hook: Hook, now: float) -> None:
    if hook.kind == "install":
        unit.installed, unit.modified = True, hook.version
    elif hook.kind == "leader-elected":
        unit.leader = True
    elif hook.kind == "config-changed":
        unit.config_hash = hook.config_hash
        if not unit.started:
            # The first config-changed is followed by start before anything else may run.
            unit.queued = Hook("start", "start")
    elif hook.kind == "start":
        unit.started = True
        unit.rebooted = False
        unit.updated_at = now
        _leave_maintenance(unit)
    elif hook.kind == "upgrade-charm":
        # config-changed follows in any case: its hash is forgotten.
        unit.config_hash, unit.modified = "", hook.version
    elif hook.kind == "update-status":
        unit.updated_at = now
    elif hook.kind == "stop":
        unit.stopped = True
    elif hook.kind == "remove":
        unit.life = Life.DEAD


def _leave_maintenance(unit: Unit) -> None:
    """Show a charm that has never set a status as unknown (worker/uniter/op_callbacks.go)."""
    if (unit.status.current, unit.status.message) == ("maintenance", "installing charm software"):
        unit.status = Status("unknown")
