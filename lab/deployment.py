# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The bundle with its overlays on the lab's Juju, deployed as an operator does it."""

from __future__ import annotations

import collections
import os
import time
from collections.abc import Iterator
from pathlib import Path

import jubilant

from lab import kinds
from lab.progress import Progress
from lab.settings import Lab

_CHECKOUT = Path(__file__).resolve().parents[1]

_TIMEOUT = 1800.0
# A hook that fails is tried again after some seconds; what lasts longer than this does not mend itself.
_PATIENCE = 90.0


class DeploymentError(Exception):
    """The model does not become active; the message names the unit and what it says."""


def model(lab: Lab) -> jubilant.Juju:
    """Return the lab's model, driven through the lab's ``juju``."""
    os.environ["INSTANCE_HA_LAB"] = lab.name
    binary = str(_CHECKOUT / "lab" / "bin" / "juju")
    return jubilant.Juju(model=lab.name, cli_binary=binary, wait_timeout=_TIMEOUT)


def deploy(lab: Lab, progress: Progress) -> str:
    """Deploy the bundle, unless its applications are there.

    Raises:
        jubilant.CLIError: Juju refused it; its reason is in the error.
    """
    juju, kind = model(lab), kinds.of(lab)
    if "hacluster" in _status(juju, lab).apps:
        return "deployed already"
    laid = "".join(f" --overlay {overlay}.yaml" for overlay in kind.overlays)
    progress.say(f"juju deploy {kind.bundle.name}{laid}")
    juju.deploy(kind.bundle, overlays=kind.overlay_files)
    return f"{len(juju.status().apps)} applications"


def _status(juju: jubilant.Juju, lab: Lab) -> jubilant.Status:
    try:
        return juju.status()
    except jubilant.CLIError:
        # No such model yet.
        juju.add_model(lab.name)
        return juju.status()


def settle(lab: Lab, progress: Progress, timeout: float = _TIMEOUT) -> str:
    """Wait until every unit is active and idle, telling how far it is.

    Raises:
        DeploymentError: Something stays in error, or it takes too long.
    """
    juju = model(lab)
    deadline = time.monotonic() + timeout
    told, failing_since = "", None
    while True:
        status = juju.status()
        if jubilant.all_active(status) and jubilant.all_agents_idle(status):
            return describe(status)
        if (now := describe(status)) != told:
            told = now
            progress.say(now)
        failing_since = (failing_since or time.monotonic()) if jubilant.any_error(status) else None
        if failing_since and time.monotonic() - failing_since > _PATIENCE:
            raise DeploymentError(f"in error for {_PATIENCE:.0f} s: {_waiting(status, 'error')}")
        if time.monotonic() > deadline:
            raise DeploymentError(f"not active after {timeout:.0f} s: {_waiting(status)}")
        time.sleep(2.0)


def describe(status: jubilant.Status) -> str:
    """Return how many units are in which state, in one line."""
    states = collections.Counter(unit.workload_status.current for _, unit in units(status))
    counted = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    if set(states) == {"active"}:
        busy = sum(unit.juju_status.current != "idle" for _, unit in units(status))
        return f"{counted}, {busy} busy" if busy else counted
    return f"{counted or 'no units yet'}; {_waiting(status)}"


def units(status: jubilant.Status) -> Iterator[tuple[str, jubilant.statustypes.UnitStatus]]:
    """Yield every unit with its name, subordinates behind their principals."""
    for app in status.apps.values():
        for name, unit in app.units.items():
            yield name, unit
            yield from unit.subordinates.items()


def _waiting(status: jubilant.Status, *wanted: str) -> str:
    """Return the most telling of the units that are not active."""
    rank = {"error": 0, "blocked": 1, "waiting": 2, "maintenance": 3}
    found = [
        (rank.get(unit.workload_status.current, 4), name, unit.workload_status)
        for name, unit in units(status)
        if unit.workload_status.current in (wanted or (*rank, "unknown"))
    ]
    if not found:
        return "agents are busy"
    _, name, state = min(found, key=lambda one: one[:2])
    return f"{name} {state.current}" + (f" ({state.message})" if state.message else "")
