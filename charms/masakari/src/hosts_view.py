# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""One row for each hypervisor, from nova, Masakari and the cluster, and what does not fit. Pure."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inventory import Host, Inventory, Segment, Service


@dataclasses.dataclass(frozen=True)
class Row:
    """What everybody knows of one host; ``cluster`` and ``fencing`` are ``None`` where nobody was asked.

    ``fencing`` names the devices that can power it off.
    """

    host: str
    service: Service | None = None
    segment: Segment | None = None
    registered: Host | None = None
    cluster: str | None = None
    fencing: str | None = None

    @property
    def problems(self) -> list[str]:
        """Return what keeps the host from being protected or used, and what contradicts itself."""
        return [*_of_nova(self), *_of_masakari(self), *_of_cluster(self)]

    def document(self) -> dict[str, object]:
        """Return the row as it stands in JSON."""
        service, there = self.service, self.registered
        return {
            "host": self.host,
            "nova": _nova(service),
            "disabled-reason": service.reason if service else "",
            "segment": self.segment.name if self.segment else None,
            "reserved": bool(there and there.reserved),
            "on-maintenance": bool(there and there.on_maintenance),
            "cluster": self.cluster,
            "fencing": self.fencing,
            "problems": self.problems,
        }


def rows(
    present: Inventory,
    cluster: Mapping[str, str] | None,
    fencing: Mapping[str, str] | None = None,
) -> list[Row]:
    """Return a row for every host that anybody knows, sorted by name.

    Args:
        present: What nova and Masakari know.
        cluster: The state of each remote of the cluster; ``None`` if it could not be asked.
        fencing: The devices that can power each remote off; ``None`` likewise.
    """
    homes = {host.name: (segment, host) for segment, host in present.registered()}
    names = {one.host for one in present.services} | set(homes) | set(cluster or ())
    found: list[Row] = []
    for name in sorted(names):
        segment, host = homes.get(name, (None, None))
        state = None if cluster is None else cluster.get(name, "absent")
        device = None if fencing is None else fencing.get(name)
        found.append(Row(name, present.service(name), segment, host, state, device))
    return found


def table(found: Iterable[Row]) -> str:
    """Return the rows as a text for people."""
    lines = [("HOST", "NOVA", "SEGMENT", "MASAKARI", "CLUSTER", "FENCING", "PROBLEMS")]
    lines += [
        (
            row.host,
            _nova(row.service),
            row.segment.name if row.segment else "-",
            _masakari(row.registered),
            row.cluster or "?",
            row.fencing or ("?" if row.fencing is None else "-"),
            "; ".join(row.problems) or "-",
        )
        for row in found
    ]
    return columns(lines)


def columns(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as aligned text."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def counted(number: int, what: str) -> str:
    """Return a number of things in words."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _nova(service: Service | None) -> str:
    if service is None:
        return "-"
    words = ["up" if service.up else "down"]
    words += [] if service.enabled else ["disabled"]
    words += ["forced-down"] if service.forced_down else []
    return " ".join(words)


def _masakari(host: Host | None) -> str:
    if host is None:
        return "-"
    words = ["reserved"] if host.reserved else []
    words += ["on-maintenance"] if host.on_maintenance else []
    return " ".join(words) or "ok"


def _of_nova(row: Row) -> Iterator[str]:
    service = row.service
    if service is None:
        yield "nova has no nova-compute of this name"
        return
    if service.forced_down:
        yield "forced down in nova; run resume-host when it is repaired"
    elif not service.up:
        yield "nova-compute is down"
    kept = row.registered and (row.registered.reserved or row.registered.on_maintenance)
    if not service.enabled and not kept:
        yield f"disabled in nova ({service.reason or 'no reason given'})"


def _of_masakari(row: Row) -> Iterator[str]:
    host, segment = row.registered, row.segment
    if host is None or segment is None:
        if row.service is not None:
            yield "in no failover segment: its failure is not recovered"
        return
    if not segment.enabled:
        yield f"its segment {segment.name} is disabled: its failure is not recovered"
    if host.on_maintenance:
        yield "on maintenance: its failure is not recovered"
    if host.reserved and row.service is not None and row.service.enabled:
        yield "a reserve, but enabled in nova"


def _of_cluster(row: Row) -> Iterator[str]:
    if row.fencing == "" and row.registered is not None:
        yield "no fencing device of the cluster can power it off"
    if row.cluster is None or row.cluster == "online":
        return
    if row.cluster == "absent":
        yield "the cluster has no remote of this name"
    elif row.cluster == "unwatched":
        yield "left alone by the cluster: not fenced, so not recovered; run resume-host"
    else:
        yield f"{row.cluster} in the cluster"
