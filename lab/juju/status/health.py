# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Statuses as they are shown, which is not always as they are kept (pure).

After apiserver/common/unitstatus.go and core/status/status.go.
"""

from collections.abc import Iterable

from lab.juju.entities import Application, Machine, Status, Unit
from lab.juju.model import Model
from lab.juju.provisioning import LOST

# core/status/status.go, statusSeverities: the worst unit speaks for an application without a
# status of its own.
_SEVERITY = ("unknown", "terminated", "active", "waiting", "maintenance", "blocked", "error")


def workload(model: Model, unit: Unit) -> Status:
    """Return the status of a unit's workload: a failed hook and a lost agent hide the charm's."""
    if unit.failed and unit.pending is not None:
        hook = unit.pending
        message = f'hook failed: "{hook.name}"'
        return Status("error", message, unit.agent.since, {"hook": hook.name})
    if _is_lost(model, unit):
        message = f"agent lost, see 'juju show-status-log {unit.name}'"
        return Status("unknown", message, _machine(model, unit).status.since)
    return unit.status


def agent(model: Model, unit: Unit) -> Status:
    """Return the status of a unit's agent."""
    if _is_lost(model, unit):
        return Status("lost", LOST, _machine(model, unit).status.since)
    if unit.failed:
        return Status("idle", since=unit.agent.since)
    return unit.agent


def application(model: Model, app: Application) -> Status:
    """Return an application's status: what its leader set, or that of its worst unit."""
    if app.status is not None:
        return app.status
    return worst(workload(model, unit) for unit in model.units_of(app.name))


def worst(statuses: Iterable[Status]) -> Status:
    """Return the most severe of statuses."""
    return max(statuses, key=lambda s: _SEVERITY.index(s.current), default=Status("unknown"))


def _machine(model: Model, unit: Unit) -> Machine:
    return model.machines[unit.machine]


def _is_lost(model: Model, unit: Unit) -> bool:
    """Return whether the machine is off; Juju says so after its API lost the agent for a while."""
    return _machine(model, unit).status.current == "down" and unit.agent.current != "allocating"
