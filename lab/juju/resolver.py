# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which hook a unit runs next: a pure function of the model and of what its charm was told.

The order is that of worker/uniter/resolver.go: a start after a reboot, relation-created,
leader-elected, secrets, tasks, what is queued, and then install, upgrade-charm, config-changed,
relations and update-status. Not here: leader-settings-changed, which Juju 3 still runs for units
that are not leaders; it is deprecated, gone in Juju 4, and no charm of this collection observes it.
"""

import dataclasses
import hashlib
import json
import random
from collections.abc import Iterator

from lab.juju import relation_hooks, secret_hooks
from lab.juju.entities import Application, Hook, Life, Unit
from lab.juju.model import Model


@dataclasses.dataclass(frozen=True)
class View:
    """A model at a moment, as a resolver sees it.

    Attributes:
        model: The model, which is not changed.
        now: Seconds since the epoch.
        addresses: What the unit's network looks like; a change of it runs config-changed.
        interval: Seconds between update-status hooks.
        shuffle: Juju walks relations in the random order of a Go map; this is that order's source.
    """

    model: Model
    now: float
    addresses: str
    interval: float
    shuffle: random.Random


def next_hook(view: View, unit: Unit) -> Hook | None:
    """Return the hook that a unit has to run now, if any."""
    if unit.life is Life.DEAD:
        # It only waits for its subordinates.
        return None
    if unit.pending is not None:
        return _after_failure(view, unit)
    if unit.rebooted and unit.started and not unit.stopped:
        return Hook("start", "start")
    if unit.queued is not None:
        return unit.queued
    return next(_candidates(view, unit), None)


def takes_tasks(unit: Unit) -> bool:
    """Return whether a unit would run an action or a command now.

    Between install and the last hook, also while a hook waits for its error to be resolved
    (worker/uniter/actions/resolver.go), but not before a queued hook.
    """
    return unit.installed and unit.queued is None and (unit.pending is None or unit.failed)


def config_hash(app: Application, addresses: str) -> str:
    """Return what config-changed watches: settings, trust, addresses and bindings (remotestate/watcher.go)."""
    watched = json.dumps([app.config, app.trust, addresses, app.bindings], sort_keys=True)
    return hashlib.sha256(watched.encode()).hexdigest()[:16]


def _after_failure(view: View, unit: Unit) -> Hook | None:
    """Return the hook to run again: at once if it was interrupted, or when its time has come.

    Juju also counts an interrupted hook as failed and waits five seconds (nextOpHookError); here it
    runs again at once, because a machine that comes back should not show an error that was none.
    """
    if not unit.failed or unit.resolved:
        return unit.pending
    retrying = view.model.setting("automatically-retry-hooks")
    return unit.pending if retrying and view.now >= unit.retry_at else None


def _candidates(view: View, unit: Unit) -> Iterator[Hook]:
    if unit.life is not Life.ALIVE:
        yield from _teardown(view, unit)
        return
    app = view.model.applications[unit.app]
    if unit.installed:
        yield from relation_hooks.created(view.model, unit, view.shuffle)
        if app.leader == unit.name and not unit.leader:
            yield Hook("leader-elected", "leader-elected")
        yield from secret_hooks.due(view.model, unit)
    else:
        yield Hook("install", "install", version=app.modified)
    # A changed resource counts as a changed charm (worker/uniter/resolver.go, charmModified).
    if unit.charm != app.charm or unit.modified != app.modified:
        yield Hook("upgrade-charm", "upgrade-charm", version=app.modified)
    wanted = config_hash(app, view.addresses)
    if unit.config_hash != wanted:
        yield Hook("config-changed", "config-changed", config_hash=wanted)
    yield from relation_hooks.due(view.model, unit, view.shuffle)
    if unit.started and view.now >= unit.updated_at + view.interval:
        yield Hook("update-status", "update-status")


def _teardown(view: View, unit: Unit) -> Iterator[Hook]:
    """Yield a dying unit's hooks: all relations are broken first, then stop, then remove."""
    yield from relation_hooks.due(view.model, unit, view.shuffle)
    if unit.started and not unit.stopped:
        yield Hook("stop", "stop")
    if unit.installed:
        yield Hook("remove", "remove")
