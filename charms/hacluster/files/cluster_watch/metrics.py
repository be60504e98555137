# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster's state in the words of Prometheus (pure)."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping

from cluster_watch.state import FenceEvent, State

Labels = Mapping[str, str]
Sample = tuple[str, Labels, float]

_HELP = {
    "up": "Whether Pacemaker answers on this member.",
    "quorate": "Whether this part of the cluster has quorum.",
    "maintenance_mode": "Whether the cluster leaves everything as it is.",
    "fencing_enabled": "Whether lost nodes are fenced at all.",
    "fencing_held": "Whether the storm guard keeps lost hosts from being powered off.",
    "node_online": "Whether a node is online.",
    "node_unclean": "Whether a node is lost and not fenced yet.",
    "node_standby": "Whether a node is in standby.",
    "node_maintenance": "Whether a node is left alone.",
    "resource_running": "Instances of a resource that run.",
    "resource_failed": "Whether a resource has failed and is not well again.",
    "resource_wanted": "Whether nobody has asked for a resource to be stopped.",
    "resource_fail_count": "Failures of a resource on a node.",
    "fence_events": "Fencing in the cluster's memory, by host, action and outcome.",
    "fence_last_success_timestamp_seconds": "When a host was last fenced.",
    "ring_member_joined": "Whether this member hears another one.",
    "ring_link_connected": "Whether a link of the ring to another member works.",
}
_PREFIX = "hacluster_"
_MEMBER = re.compile(r"^runtime\.members\.(\d+)\.status \(str\) = (\w+)")
_LINK = re.compile(r"^stats\.knet\.node(\d+)\.link(\d+)\.connected \(u8\) = (\d)")


def render(samples: Iterable[Sample]) -> str:
    """Return samples in Prometheus' text format."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample[0], []).append(sample)
    lines: list[str] = []
    for name, group in groups.items():
        lines += [f"# HELP {_PREFIX}{name} {_HELP[name]}", f"# TYPE {_PREFIX}{name} gauge"]
        lines += [
            f"{_PREFIX}{name}{_labels(labels)} {_number(value)}" for _, labels, value in group
        ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    # Not with the six digits of "%g": a time would be off by an hour.
    return str(int(value)) if value.is_integer() else repr(value)


def _labels(labels: Labels) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def of_cluster(state: State | None, *, held: bool | None) -> Iterator[Sample]:
    """Yield what the cluster says of itself; without a state, that it says nothing.

    Args:
        state: The cluster's.
        held: Whether fencing is held; ``None`` if it is not known.
    """
    yield "up", {}, float(state is not None)
    if state is None:
        return
    yield "quorate", {}, float(state.quorate)
    yield "maintenance_mode", {}, float(state.maintenance)
    yield "fencing_enabled", {}, float(state.fencing)
    if held is not None:
        yield "fencing_held", {}, float(held)
    for node in state.nodes:
        labels = {"node": node.name, "type": node.kind}
        yield "node_online", labels, float(node.online)
        yield "node_unclean", labels, float(node.unclean)
        yield "node_standby", labels, float(node.standby)
        yield "node_maintenance", labels, float(node.maintenance)
    for resource in state.resources:
        labels = {"resource": resource.name}
        yield "resource_running", labels, float(resource.running)
        yield "resource_failed", labels, float(resource.failed or resource.blocked)
        yield "resource_wanted", labels, float(resource.wanted)
    for (name, resource_name), count in sorted(state.fail_counts.items()):
        yield "resource_fail_count", {"resource": resource_name, "node": name}, float(count)
    yield from _fencing(state.fence_events)


def _fencing(events: Iterable[FenceEvent]) -> Iterator[Sample]:
    counts: dict[tuple[str, str, str], int] = {}
    newest: dict[str, float] = {}
    for event in events:
        key = (event.target, event.action, event.status)
        counts[key] = counts.get(key, 0) + 1
        at = _seconds(event.completed) if event.status == "success" else None
        if at is not None:
            newest[event.target] = max(at, newest.get(event.target, 0.0))
    for (target, action, status), count in sorted(counts.items()):
        labels = {"target": target, "action": action, "status": status}
        yield "fence_events", labels, float(count)
    for target, at in sorted(newest.items()):
        yield "fence_last_success_timestamp_seconds", {"target": target}, at


def _seconds(text: str) -> float | None:
    # As "2026-11-23 05:02:35.132898Z", or with another offset before Pacemaker 3.
    moment = text.strip().replace("Z", "+00:00").replace(" +", "+").replace(" ", "T", 1)
    try:
        return datetime.datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None


def of_ring(cmap: str) -> Iterator[Sample]:
    """Yield what Corosync knows of its members and links (``corosync-cmapctl``)."""
    for line in cmap.splitlines():
        if found := _MEMBER.match(line):
            yield "ring_member_joined", {"id": found[1]}, float(found[2] == "joined")
        elif found := _LINK.match(line):
            yield "ring_link_connected", {"id": found[1], "link": found[2]}, float(found[3])
