# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The document of ``juju status`` as the table that operators know (pure)."""

from collections.abc import Iterator, Sequence
from typing import Any

_APP_HEADER = (
    "App",
    "Version",
    "Status",
    "Scale",
    "Charm",
    "Channel",
    "Rev",
    "Exposed",
    "Message",
)
_UNIT_HEADER = ("Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message")
_MACHINE_HEADER = ("Machine", "State", "Address", "Inst id", "Base", "AZ", "Message")
_RELATION_HEADER = ("Integration provider", "Requirer", "Interface", "Type")


def render(document: dict[str, Any], *, relations: bool = False) -> str:
    """Return the table; with the relations if asked for."""
    model = document["model"]
    parts = [
        columns(
            [
                ("Model", "Controller", "Cloud/Region", "Version", "SLA", "Timestamp"),
                (
                    model["name"],
                    model["controller"],
                    model["cloud"],
                    model["version"],
                    model["sla"],
                    document["controller"]["timestamp"],
                ),
            ]
        )
    ]
    if not document["applications"] and not document["machines"]:
        return f'{parts[0]}\nModel "{model["name"]}" is empty.\n'
    parts.append(columns([_APP_HEADER, *_applications(document)]))
    if units := list(_units(document)):
        parts.append(columns([_UNIT_HEADER, *units]))
    if machines := list(_machines(document["machines"])):
        parts.append(columns([_MACHINE_HEADER, *machines]))
    if relations:
        parts.append(columns([_RELATION_HEADER, *_relations(document)]))
    return "\n".join(parts)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text with columns two blanks apart."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _applications(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    scale = _scales(document)
    for name, app in document["applications"].items():
        status = app["application-status"]
        yield (
            name,
            app.get("version", ""),
            status["current"],
            str(scale.get(name, 0)),
            app["charm-name"],
            "",
            str(app["charm-rev"]),
            "yes" if app["exposed"] else "no",
            status.get("message", ""),
        )


def _scales(document: dict[str, Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for app in document["applications"].values():
        for name, unit in app.get("units", {}).items():
            for found in (name, *unit.get("subordinates", {})):
                counts[found.split("/")[0]] = counts.get(found.split("/")[0], 0) + 1
    return counts


def _units(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for app in document["applications"].values():
        for name, unit in app.get("units", {}).items():
            yield _unit(name, unit, "")
            for subordinate, content in unit.get("subordinates", {}).items():
                yield _unit(subordinate, content, "  ")


def _unit(name: str, unit: dict[str, Any], indent: str) -> tuple[str, ...]:
    workload = unit["workload-status"]
    return (
        f"{indent}{name}{'*' if unit.get('leader') else ''}",
        workload["current"],
        unit["juju-status"]["current"],
        unit.get("machine", ""),
        unit.get("public-address", ""),
        ",".join(unit.get("open-ports", [])),
        workload.get("message", ""),
    )


def _machines(machines: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for identifier, machine in machines.items():
        yield (
            identifier,
            machine["juju-status"]["current"],
            machine.get("dns-name", ""),
            machine["instance-id"],
            f"{machine['base']['name']}@{machine['base']['channel']}",
            "default",
            machine["juju-status"].get("message") or machine["machine-status"].get("message", ""),
        )
        yield from _machines(machine.get("containers", {}))


def _relations(document: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    seen: set[tuple[str, ...]] = set()
    for name, app in document["applications"].items():
        for endpoint, others in app.get("relations", {}).items():
            for other in others:
                related = other["related-application"]
                peer = related == name
                key = (*sorted((name, related)), other["interface"], endpoint if peer else "")
                if key in seen:
                    continue
                seen.add(key)
                kind = "subordinate" if other["scope"] == "container" else "regular"
                yield f"{name}:{endpoint}", related, other["interface"], "peer" if peer else kind
