# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the fencing monitor and the cluster tell on this machine."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree

import cluster_request
import monitor
from instance_ha import command

PYTHON = "/usr/bin/python3"
STONITH_ADMIN = "/usr/sbin/stonith_admin"
CRM_MON = (
    *("/usr/sbin/crm_mon", "--one-shot", "--inactive", "--output-as=xml"),
    *("--exclude=all", "--include=resources,options"),
)
FORMER = "former"
"""Set in the document of a monitor that ran here before: newer failures are told elsewhere."""
_URL = "http://127.0.0.1:15869"  # fencing_monitor/settings.py, listen_port


class NotHereError(Exception):
    """Nobody answers on this unit; the message says why, or where to ask."""


def timeline() -> dict[str, Any]:
    """Return the document of the monitor that runs here; if none does, of the one that ran here before.

    Raises:
        NotHereError: None does, and none has left anything.
    """
    try:
        return _served(10.0)
    except (OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
    found = _remembered()
    if not found.get("failures"):
        raise NotHereError(f"the fencing monitor does not answer on this unit ({reason})")
    return {**found, FORMER: True}


def unprotected() -> list[str]:
    """Return the hosts that would not be recovered, each with why, if the monitor runs here and says so.

    It asks nova and Masakari once a minute; here nobody is asked but it. A host that has just failed is
    not one that was forgotten.
    """
    try:
        hosts: list[dict[str, Any]] = _served(2.0)["hosts"]
    except (OSError, ValueError, KeyError):
        return []
    return [
        f"{host['name']} ({', '.join(host['unprotected'])})"
        for host in hosts
        if host["unprotected"] and host["phase"] in (None, "ended")
    ]


def _served(timeout: float) -> dict[str, Any]:
    with urllib.request.urlopen(f"{_URL}/timeline", timeout=timeout) as answer:  # noqa: S310 (fixed)
        return json.load(answer)


def _remembered() -> dict[str, Any]:
    try:
        said = command.run(
            *(PYTHON, "-m", "fencing_monitor.remembered", str(monitor.CONF)),
            env={"PYTHONPATH": str(monitor.SHARE)},
        )
        return json.loads(said)
    except (command.CommandError, ValueError):
        return {}


def fencing(hosts: Iterable[str]) -> dict[str, str]:
    """Return for each remote the devices that can power it off; an empty text if none can.

    Raises:
        NotHereError: The cluster does not answer on this unit.
    """
    return {host: " ".join(_devices(host)) for host in hosts}


def look() -> ElementTree.Element:
    """Return the cluster's resources and options as crm_mon(8) tells them.

    Raises:
        NotHereError: The cluster does not answer on this unit.
    """
    try:
        return ElementTree.fromstring(command.attempt(*CRM_MON).stdout)
    except (command.CommandError, ElementTree.ParseError) as error:
        raise NotHereError(f"the cluster does not tell its resources: {error}")


def home(seen: ElementTree.Element) -> str:
    """Return the member on which the cluster runs the fencing monitor, or nothing."""
    resource = seen.find(f".//resource[@id='{cluster_request.MONITOR}'][@active='true']/node")
    return "" if resource is None else resource.get("name", "")


def obstacles(seen: ElementTree.Element) -> Iterator[str]:
    """Yield what keeps the cluster from powering off any host that it loses."""
    options = seen.find(".//cluster_options")
    if options is not None and options.get("stonith-enabled") == "false":
        yield "the cluster does not fence (stonith-enabled=false): no lost host would be powered off"
    if options is not None and options.get("maintenance-mode") == "true":
        yield "the cluster is in maintenance mode: no lost host would be powered off"
    for device in seen.iterfind(".//resource"):
        if device.get("resource_agent", "").startswith("stonith:") and (
            device.get("failed") == "true" or device.get("active") == "false"
        ):
            what = "has failed" if device.get("failed") == "true" else "does not run"
            yield f"the fencing device {device.get('id')} {what}; hacluster's fencing-status says more"


def _devices(host: str) -> list[str]:
    """Return the devices for a host (see stonith_admin(8), ``--list``); it exits with an error if none."""
    try:
        said = command.attempt(STONITH_ADMIN, "--list", host, "--output-as", "xml")
        found = ElementTree.fromstring(said.stdout)
    except (command.CommandError, ElementTree.ParseError) as error:
        raise NotHereError(f"the cluster does not tell its fencing devices: {error}")
    return [item.text or "" for item in found.iter("item")]


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


def cluster_or_why() -> tuple[dict[str, str] | None, str]:
    """Return the cluster's view, or none and why."""
    try:
        return cluster(), ""
    except NotHereError as error:
        return None, str(error)


def cluster_and_fencing() -> tuple[dict[str, str] | None, dict[str, str] | None, str]:
    """Return the cluster's view and the fencing devices of its remotes, or what there is and why."""
    known, why = cluster_or_why()
    if known is None:
        return None, None, why
    try:
        return known, fencing(sorted(known)), ""
    except NotHereError as error:
        return known, None, str(error)


def _state(said: dict[str, Any]) -> str:
    if said["seen"]["maintenance"] or not said["seen"]["managed"]:
        return "unwatched"
    if said["really_online"]:
        return "online"
    return "unclean" if said["seen"]["unclean"] else "offline"
