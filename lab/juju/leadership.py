# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Who leads an application, and when the lease of a leader that is gone runs out."""

import contextlib
from collections.abc import Generator

from lab.juju.entities import Life, Unit
from lab.juju.model import Model

# A leader extends its claim every 30 s to a minute from then (cmd/jujud/agent/leadership,
# worker/leadership/tracker.go), so a dead one is succeeded 30 to 60 s later. The same here.
RENEWAL_SECONDS = 30.0
LEASE_SECONDS = 60.0


class Leases:
    """The claims of one model's leaders. Not saved: after a restart every leader has a new lease."""

    def __init__(self) -> None:
        self._renewed: dict[str, float] = {}
        self._at_work: set[str] = set()

    @contextlib.contextmanager
    def working(self, machine: str) -> Generator[None]:
        """Keep the leases of a machine's units while its agent is in a hook.

        In Juju the tracker is a worker beside the one that runs hooks, however long they take. A hook
        ends with its machine's power.
        """
        self._at_work.add(machine)
        try:
            yield
        finally:
            self._at_work.discard(machine)

    def tend(self, model: Model, unit: Unit, now: float) -> bool:
        """Let the agent of a unit claim or extend; return whether the unit became leader.

        Args:
            model: The model.
            unit: A unit whose agent is at work.
            now: Seconds of a clock that never goes back.
        """
        app = model.applications[unit.app]
        if app.leader is None and unit.life is Life.ALIVE:
            app.leader = unit.name
            self._renewed[app.name] = now
            return True
        if app.leader == unit.name and now - self._renewed.get(app.name, 0.0) >= RENEWAL_SECONDS:
            self._renewed[app.name] = now
        if app.leader != unit.name:
            unit.leader = False
        return False

    def expire(self, model: Model, now: float) -> bool:
        """Take leadership from units whose lease has run out; return whether there were any."""
        expired = False
        for app in model.applications.values():
            leader = model.units.get(app.leader or "")
            if leader is not None and leader.machine in self._at_work:
                self._renewed[app.name] = now
            renewed = self._renewed.setdefault(app.name, now)
            if app.leader is not None and now - renewed >= LEASE_SECONDS:
                app.leader = None
                expired = True
        return expired
