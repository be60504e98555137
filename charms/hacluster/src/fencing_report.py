# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What is known of the hosts' fencing, for programs and for people."""

import dataclasses
import datetime
import json
import pathlib
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Any

import agent
import crm_mon
import fencing
import remotes
from instance_ha import files

# The last validation that was run on this unit.
VALIDATION = pathlib.Path("/var/lib/misc/hacluster-fencing-validation.json")

_NO_DEVICE = "it has no fencing device"
_ANOTHERS = "its BMC says that it is off, and it runs: the BMC of another machine?"
_COLUMNS = (
    "host",
    "machine",
    "bmc",
    "state",
    "held",
    "power",
    "problems",
    "last fence",
    "validated",
)


@dataclasses.dataclass(frozen=True)
class Known:
    """What others told, beside the cluster's configuration and status."""

    guard: agent.Guard | None
    machines: Mapping[str, Mapping[str, Any]]
    """MAAS's word, by system_id; empty if it gave none."""
    events: tuple[crm_mon.FenceEvent, ...]
    """Newest first."""
    validation: Mapping[str, Any]
    bmcs: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict[str, Mapping[str, Any]]
    )
    """What the file of BMCs says, by its names."""


@dataclasses.dataclass(frozen=True)
class Examined:
    """What a dry run found out."""

    fenced: fencing.Fenced
    machines: Mapping[str, Mapping[str, Any]]
    """MAAS's word, by system_id."""
    alive: frozenset[str]
    """Hosts that certainly run."""
    bmcs: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict[str, Mapping[str, Any]]
    )
    """BMCs' own word, by their names in the file."""
    refusal: str = ""
    """Why MAAS gave no word at all."""


def hosts(
    configuration: ET.Element, status: crm_mon.Status, known: Known
) -> dict[str, dict[str, object]]:
    """Return what is known of each host, by its name in the cluster."""
    fenced = fencing.present(configuration)
    return {
        host.name: _host(host.name, fenced, status, known)
        for host in remotes.present(configuration)
    }


def _host(
    name: str, fenced: fencing.Fenced, status: crm_mon.Status, known: Known
) -> dict[str, object]:
    node, identity, entry = status.node(name), fenced.machines.get(name), fenced.bmcs.get(name)
    nothing: Mapping[str, Any] = {}
    machine = known.machines.get(identity.system_id, nothing) if identity else nothing
    event = next((each for each in known.events if each.target == name), None)
    validated = known.validation.get("hosts", {}).get(name)
    return {
        "system_id": identity.system_id if identity else None,
        "bmc": known.bmcs.get(entry, nothing).get("bmc", "unknown") if entry else None,
        "state": _state(node),
        "held": known.guard is not None and name in known.guard.held,
        "power_type": machine.get("power_type"),
        "locked": machine.get("locked"),
        "permitted": machine.get("permitted"),
        "problems": machine.get("problems", []) if name in fenced.names else [_NO_DEVICE],
        "last_fence": dataclasses.asdict(event) if event else None,
        "last_validation": None
        if validated is None
        else {"time": known.validation["time"], "problems": validated},
    }


def deviceless(configuration: ET.Element, asking: Iterable[str]) -> tuple[str, ...]:
    """Return those of some hosts that are watched and that nothing would power off."""
    watched = {host.name for host in remotes.present(configuration)}
    return tuple(sorted(watched.intersection(asking) - fencing.present(configuration).names))


def _state(node: crm_mon.Node | None) -> str:
    if node is None:
        return "unknown"
    state = "lost, not fenced" if node.unclean else "online" if node.online else "offline"
    return f"{state}, maintenance" if node.maintenance else state


def summary(guard: agent.Guard | None, refusal: str) -> str:
    """Return in a sentence or two whether hosts would be fenced now."""
    if guard is None:
        told = "the storm guard cannot be asked; while that is so no host is powered off"
    elif guard.refusal:
        told = guard.refusal
    else:
        released = f"; released for {guard.released:.0f} s more" if guard.released else ""
        told = f"fencing is not held: {guard.lost} hosts lost, {guard.limit} may be{released}"
    return f"{told}. {refusal}" if refusal else told


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Return hosts as a table for people."""
    rows = [_COLUMNS, *(_row(name, host) for name, host in found.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(name: str, host: Mapping[str, Any]) -> tuple[str, ...]:
    fence, validated = host["last_fence"], host["last_validation"]
    return (
        name,
        host["system_id"] or "-",
        host["bmc"] or "-",
        host["state"],
        "yes" if host["held"] else "no",
        host["power_type"] or "-",
        "; ".join(host["problems"]) or "none",
        f"{fence['status']} {fence['completed']}".strip() if fence else "never",
        "never" if not validated else "failed" if validated["problems"] else validated["time"],
    )


def problems(names: Iterable[str], found: Examined) -> dict[str, list[str]]:
    """Return what would keep each host from being fenced by one way or another; nothing if all is well."""
    return {name: [each for way in _ways(name, found) for each in way] for name in names}


def hopeless(names: Iterable[str], found: Examined) -> list[str]:
    """Return the hosts that no way would fence."""
    return [name for name in names if all(_ways(name, found))]


def _ways(name: str, found: Examined) -> list[list[str]]:
    """Return what is wrong with each way of powering a host off, of which it should have one at least."""
    identity, entry = found.fenced.machines.get(name), found.fenced.bmcs.get(name)
    ways: list[list[str]] = []
    if identity is not None:
        said = found.machines.get(identity.system_id)
        ways.append(_wrong(name, said, found, found.refusal or "not examined"))
    if entry is not None:
        wrong = _wrong(name, found.bmcs.get(entry), found, "not examined")
        ways.append([f"second level: {each}" for each in wrong])
    return ways or [[_NO_DEVICE]]


def _wrong(name: str, said: Mapping[str, Any] | None, found: Examined, silence: str) -> list[str]:
    if said is None:
        return [silence]
    # An entry that names another machine's BMC is told by nothing else.
    odd = name in found.alive and said.get("power_state") == "off"
    return [*said.get("problems", []), *([_ANOTHERS] if odd else [])]


def note(found: Mapping[str, list[str]]) -> None:
    """Write down a validation."""
    content = {"time": moment(time.time()), "hosts": dict(found)}
    files.ensure(VALIDATION, json.dumps(content, indent=1) + "\n")


def last() -> dict[str, Any]:
    """Return the last validation on this unit; empty if there was none."""
    try:
        return dict(json.loads(VALIDATION.read_text()))
    except (OSError, ValueError):
        return {}


def moment(seconds: float) -> str:
    """Return a time as people and programs read it."""
    when = datetime.datetime.fromtimestamp(int(seconds), tz=datetime.timezone.utc)
    return when.strftime("%Y-%m-%d %H:%M:%SZ")
