# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor out of service and back, in the order that the fencing monitor knows."""

import dataclasses
import json
import uuid
from collections.abc import Iterable
from typing import Annotated, Any

import pydantic

import monitor
from action import Action, ActionError, Results
from instance_ha import command
from segments import HostName

PYTHON = "/usr/bin/python3"
_WAIT = 300.0  # seconds that the program waits for nova-compute, and for Masakari to let go


_IDLE = " (nothing to do)"
# Steps of the monitor's ``hosts.return_host`` after which a host is back, and not quite as it was.
_CAVEATS = ("left disabled in nova", "not in a failover segment")


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


def retry(host: str, instances: Iterable[str] = ()) -> Outcome:
    """Repeat the recovery of a host that is off, or move single instances that it left behind."""
    options = [f"--instance={one}" for one in instances]
    return _run("retry-host", f"--timeout={_WAIT:.0f}", *options, "--", host)


def _uuids(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class HostParams(pydantic.BaseModel):
    """Parameters of the actions about one hypervisor."""

    host: HostName


class RetryRecovery(HostParams):
    """Parameters of retry-recovery."""

    instances: Annotated[list[uuid.UUID], pydantic.BeforeValidator(_uuids)] = []


def pause_host(params: HostParams, _: frozenset[str]) -> Results:
    """Take a hypervisor out of service, and tell the steps."""
    said = f"{params.host} is out of service: not used, not recovered, not powered off when it is lost"
    return _results(params.host, pause(params.host), said)


def resume_host(params: HostParams, _: frozenset[str]) -> Results:
    """Bring a hypervisor back into service, and tell the steps."""
    outcome = resume(params.host)
    caveats = [step.removesuffix(_IDLE) for step in outcome.steps if step.startswith(_CAVEATS)]
    said = "; ".join(caveats) or "in service"
    return _results(params.host, outcome, f"{params.host} is back: {said}")


def retry_recovery(params: RetryRecovery, _: frozenset[str]) -> Results:
    """Repeat a recovery that did not end well, and tell the steps."""
    outcome = retry(params.host, map(str, params.instances))
    # The last step is what it comes to; with instances, what became of each.
    last = [step.removesuffix(_IDLE) for step in outcome.steps[-max(1, len(params.instances)) :]]
    return _results(params.host, outcome, f"{params.host}: {'; '.join(last)}")


ACTIONS = {
    "pause-host": Action(HostParams, pause_host),
    "resume-host": Action(HostParams, resume_host),
    "retry-recovery": Action(RetryRecovery, retry_recovery),
}


def _results(host: str, outcome: Outcome, said: str) -> Results:
    results = {"host": host, "steps": "\n".join(outcome.steps)}
    if outcome.error:
        raise ActionError(outcome.error, results)
    return {"outcome": said, **results}


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
        step["what"] if step["changed"] else f"{step['what']}{_IDLE}" for step in said["steps"]
    )
    return Outcome(steps, said["error"])
