# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor out of service and back, in the order that the fencing monitor knows."""

import dataclasses
import json
from typing import Any

import monitor
from instance_ha import command

PYTHON = "/usr/bin/python3"
_WAIT = 300.0  # seconds that the program waits for nova-compute, and for Masakari to let go


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was done or found, in order; and what kept it from being completed, if anything."""

    steps: tuple[str, ...]
    error: str = ""


def pause(host: str) -> Outcome:
    """Take a hypervisor out of service."""
    return _run("hold-host", "--", host)


def resume(host: str) -> Outcome:
    """Bring a repaired hypervisor back into service; safe to repeat."""
    return _run("return-host", f"--timeout={_WAIT:.0f}", "--", host)


def _run(*arguments: str) -> Outcome:
    # In a process of its own: it is made for the distribution's Python, not for the charm's.
    try:
        result = command.attempt(
            PYTHON,
            "-m",
            "fencing_monitor",
            f"--config={monitor.CONF}",
            *arguments,
            env={"PYTHONPATH": str(monitor.SHARE)},
            timeout=_WAIT + 60,
        )
    except command.CommandError as error:
        return Outcome((), str(error))
    return _read(result)


def _read(result: command.Result) -> Outcome:
    try:
        said: Any = json.loads(result.stdout)
    except ValueError:
        message = result.stderr.strip().removeprefix("error: ")
        return Outcome((), message or f"the fencing monitor ended with {result.returncode}")
    steps = tuple(
        step["what"] if step["changed"] else f"{step['what']} (nothing to do)"
        for step in said["steps"]
    )
    return Outcome(steps, said["error"])
