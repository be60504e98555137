# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Calls to nova and Masakari. In a process of their own: keystoneauth is the distribution's."""

import dataclasses
import json
from typing import Any

import monitor
from instance_ha import command

PYTHON = "/usr/bin/python3"
_TIMEOUT = 150.0  # seconds; the program itself gives up on one call after 30


class ApiError(Exception):
    """A call failed. ``code`` is the HTTP status, ``None`` if nobody answered."""

    def __init__(self, message: str, code: int | None = None):
        super().__init__(message)
        self.code = code

    @property
    def is_conflict(self) -> bool:
        """Whether the other side refused for now: Masakari does so while it recovers."""
        return self.code == 409

    @property
    def is_refusal(self) -> bool:
        """Whether the other side understood and said no."""
        return self.code is not None and self.code < 500


@dataclasses.dataclass(frozen=True)
class Call:
    """One request to Masakari, or to another service of the catalogue."""

    method: str
    path: str
    body: Any = None
    service: str = "instance-ha"
    version: str | None = None


def call(*calls: Call) -> list[Any]:
    """Make calls in order, until one fails, and return their documents.

    Raises:
        ApiError: A call failed; those before it have been made.
    """
    try:
        result = command.attempt(
            PYTHON,
            "-m",
            "fencing_monitor",
            f"--config={monitor.CONF}",
            "rest",
            stdin=json.dumps([dataclasses.asdict(one) for one in calls]),
            env={"PYTHONPATH": str(monitor.SHARE)},
            timeout=_TIMEOUT,
        )
    except command.CommandError as error:
        raise ApiError(str(error)) from None
    try:
        said: Any = json.loads(result.stdout)
    except ValueError:
        message = result.stderr.strip().removeprefix("error: ")[-300:]
        raise ApiError(message or f"the calls ended with {result.returncode}") from None
    answers: list[Any] = said["answers"]
    if error := said["error"]:
        failed = calls[len(answers)]
        name = "nova" if failed.service == "compute" else "masakari"
        raise ApiError(f"{name}: {error['message']}", error["code"])
    return answers
