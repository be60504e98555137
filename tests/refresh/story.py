# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Predecessors refreshed to ours, one application after the other, and all that was seen of it.

In each application one unit is kept from following until the others are ours, and runs a hook of the
predecessor's code then: so both kinds of unit read what the other has written.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Generator, Sequence
from pathlib import Path

import jubilant

from lab.story.openstack import wait_for
from tests.faults.arena import VIP, Arena
from tests.refresh import snapshot
from tests.refresh.probe import Probe
from tests.refresh.snapshot import Snapshot

_PACKED = Path(__file__).resolve().parents[2] / "build/charms"
_SETTLED = 600.0  # seconds for units to be active, on a busy machine

# Keeps a unit busy as long as there is the file; then the unit runs a hook of the code that it has.
_HELD = "/run/held"
_HOLD = (
    f"touch {_HELD}; while [ -e {_HELD} ]; do sleep 1; done;"
    " env JUJU_DISPATCH_PATH=hooks/config-changed ./dispatch"
)
# What Pacemaker's controller logs.
_ORDERED = re.compile(r"Requesting local execution of (\w+) operation for (\S+) on")


class Story:
    """A refresh in one order.

    Attributes:
        snapshots: Before, and for each application with one unit behind and with all of them ours.
        told: What hacluster's units said, by the unit, while one of them was a predecessor still.
        behind: That unit.
        leader: Who led then.
    """

    def __init__(self, arena: Arena, *, leader_last: bool) -> None:
        self.arena = arena
        self.snapshots: list[Snapshot] = []
        self.told: dict[str, str] = {}
        self.behind = ""
        self.leader = ""
        self.probe = Probe(arena.lab, VIP)
        self.began = 0.0
        self.leader_last = leader_last

    @property
    def before(self) -> Snapshot:
        """The cluster of the predecessors."""
        return self.snapshots[0]

    @property
    def after(self) -> Snapshot:
        """The cluster when all is ours."""
        return self.snapshots[-1]

    def play(self, order: Sequence[str]) -> None:
        """Refresh applications, one after the other."""
        # Units that look at themselves all the time are never idle.
        self.arena.juju.model_config({"update-status-hook-interval": "5m"})
        wait_for("the predecessors have done", self._settled, timeout=_SETTLED, every=2)
        self.began = time.time()
        self._look("before")
        with self.arena.watch, self.probe:
            for application in order:
                self._refresh(application)
        self.arena.note("probe", f"the longest wait for an answer: {self.probe.longest:.2f} s")

    def executed(self) -> set[tuple[str, str]]:
        """Return what Pacemaker was told to do on members since the beginning, monitors aside."""
        since = f"--since=@{self.began:.0f}"
        argv = ("journalctl", "--unit=pacemaker", "--output=cat", "--no-pager", since)
        found: set[tuple[str, str]] = set()
        for member in self.arena.cluster.members:
            text = self.arena.cluster.run(member, "/usr/bin/env", *argv, timeout=30)
            assert text is not None, f"{member} does not show its journal"
            found.update((action, name) for action, name in _ORDERED.findall(text))
        return {each for each in found if each[0] != "monitor"}

    def said(self) -> dict[str, str]:
        """Return what the units of hacluster say."""
        units = self.arena.juju.status().get_units("hacluster")
        return {name: unit.workload_status.message for name, unit in units.items()}

    def _refresh(self, application: str) -> None:
        unit = self._last(application)
        with self._held(unit):
            self.arena.note("operator", f"juju refresh {application}, while {unit} is busy")
            packed = _PACKED / f"{application}_ubuntu@24.04-amd64.charm"
            self.arena.juju.refresh(application, path=packed)
            self._await_others(application, unit)
            self._look(f"{application} is ours but for {unit}")
            if application == "hacluster":
                self.behind, self.told = unit, self.said()
                self.leader = self.arena.leader(application)
        wait_for(f"{application} is ours", self._settled, timeout=_SETTLED, every=2)
        self._look(f"{application} is ours")

    def _last(self, application: str) -> str:
        units = self.arena.units(application)
        if application != "hacluster":
            return units[-1]
        leader = self.arena.leader(application)
        return leader if self.leader_last else next(name for name in units if name != leader)

    @contextlib.contextmanager
    def _held(self, unit: str) -> Generator[None]:
        machine = self._machine(unit)

        def is_held() -> bool:
            return self.arena.cloud.run(machine, ["/usr/bin/test", "-e", _HELD]).returncode == 0

        self.arena.juju.cli("exec", "--background", "--unit", unit, "--", _HOLD)
        wait_for(f"{unit} is busy", is_held, timeout=60)
        try:
            yield
        finally:
            self.arena.cloud.run(machine, ["/usr/bin/rm", "-f", _HELD])
            self.arena.note("operator", f"{unit} may follow")

    def _await_others(self, application: str, held: str) -> None:
        """Wait until all units but one have the new code and have nothing left to do with it."""
        others = [name for name in self.arena.units(application) if name != held]
        # The leader waits for the unit that is behind; if that is the leader, all others do.
        leader = self.arena.leader(application)
        waiting = set(others if held == leader else [leader]) if application == "hacluster" else ()

        def done() -> bool:
            units = self.arena.juju.status().get_units(application)
            return all(
                units[name].juju_status.current == "idle"
                and units[name].workload_status.current
                == ("waiting" if name in waiting else "active")
                and self._is_ours(name)
                for name in others
            )

        wait_for(f"{' and '.join(others)} are ours", done, timeout=_SETTLED, every=2)

    def _settled(self) -> bool:
        status = self.arena.juju.status()
        return jubilant.all_active(status) and jubilant.all_agents_idle(status)

    def _is_ours(self, unit: str) -> bool:
        agents = self.arena.cloud.agent_dir(self._machine(unit)) / "agents"
        return (agents / f"unit-{unit.replace('/', '-')}/charm/lib/instance_ha").is_dir()

    def _machine(self, unit: str) -> str:
        status = self.arena.juju.status()
        (principal,) = (
            found
            for app in status.apps.values()
            for found in app.units.values()
            if unit in found.subordinates
        )
        return status.machines[principal.machine].instance_id

    def _look(self, when: str) -> None:
        self.snapshots.append(snapshot.take(self.arena.cluster, when))
        self.arena.note("arena", f"looked: {when}")
