# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the fencing monitor and the cluster tell on this machine."""

import json
import urllib.error
import urllib.request
from typing import Any

import monitor
from instance_ha import command

PYTHON = "/usr/bin/python3"
_URL = "http://127.0.0.1:15869"  # fencing_monitor/settings.py, listen_port


class NotHereError(Exception):
    """Nobody answers on this unit; the message says why, or where to ask."""


def timeline() -> dict[str, Any]:
    """Return the document of the monitor that runs here.

    Raises:
        NotHereError: None does.
    """
    try:
        with urllib.request.urlopen(f"{_URL}/timeline", timeout=10.0) as answer:  # noqa: S310 (fixed)
            return json.load(answer)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise NotHereError(f"the fencing monitor does not answer on this unit ({reason})")


def cluster() -> dict[str, str]:
    """Return what the cluster thinks of each of its remotes: online, offline, unclean, unwatched.

    Raises:
        NotHereError: There is no cluster on this unit, or it does not answer.
    """
    try:
        result = command.attempt(
            PYTHON,
            "-m",
            "fencing_monitor",
            f"--config={monitor.CONF}",
            "explain",
            env={"PYTHONPATH": str(monitor.SHARE)},
        )
    except command.CommandError as error:
        raise NotHereError(str(error))
    try:
        said: dict[str, Any] = json.loads(result.stdout)
    except ValueError:
        raise NotHereError(result.stderr.strip().removeprefix("error: ")[-300:])
    return {name: _state(one) for name, one in said["hosts"].items()}


def _state(said: dict[str, Any]) -> str:
    if said["seen"]["maintenance"]:
        return "unwatched"
    if said["really_online"]:
        return "online"
    return "unclean" if said["seen"]["unclean"] else "offline"
