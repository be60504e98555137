# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster as crm_mon's XML tells of it (pure).

XML and not the text for people: that is indented, abbreviated and worded differently from release to
release, which is how a check comes to see no offline node any more.
"""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator

COMMAND = (
    *("/usr/sbin/crm_mon", "--one-shot", "--inactive", "--output-as=xml"),
    # The history of operations holds the fail counts.
    "--include=failcounts,failures,fencing",
)


@dataclasses.dataclass(frozen=True)
class Node:
    """A member or a remote."""

    name: str
    kind: str
    """``member`` or ``remote``."""
    online: bool
    unclean: bool
    standby: bool
    maintenance: bool


@dataclasses.dataclass(frozen=True)
class Resource:
    """A primitive, with all its instances if it is cloned."""

    name: str
    running: int
    """Instances that run."""
    failed: bool
    blocked: bool
    wanted: bool
    """Whether nobody has asked for it to be stopped."""
    managed: bool


@dataclasses.dataclass(frozen=True)
class FenceEvent:
    """Something that fencing did, or is doing."""

    target: str
    action: str
    status: str
    completed: str


@dataclasses.dataclass(frozen=True)
class State:
    """The cluster as one member sees it."""

    coordinator: str
    quorate: bool
    maintenance: bool
    fencing: bool
    nodes: tuple[Node, ...]
    resources: tuple[Resource, ...]
    fail_counts: dict[tuple[str, str], int]
    """By node and resource."""
    failed_actions: tuple[str, ...]
    """Operations whose failure has not been forgotten, as resource, operation and node."""
    fence_events: tuple[FenceEvent, ...]


_INFINITY = 1000000


def parse(text: str) -> State:
    """Return what crm_mon printed as values.

    Raises:
        ValueError: That is no status of a cluster.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(f"crm_mon did not print XML: {error}") from None
    coordinator = root.find("summary/current_dc")
    options = root.find("summary/cluster_options")
    if coordinator is None or options is None:
        raise ValueError("crm_mon printed no status of a cluster")
    return State(
        coordinator=coordinator.get("name", ""),
        quorate=_is(coordinator, "with_quorum"),
        maintenance=_is(options, "maintenance-mode"),
        fencing=_is(options, "stonith-enabled"),
        nodes=tuple(_node(node) for node in root.iterfind("nodes/node")),
        resources=tuple(_resources(root)),
        fail_counts=dict(_fail_counts(root)),
        failed_actions=tuple(_failed_action(each) for each in root.iterfind("failures/failure")),
        fence_events=tuple(_fence_event(e) for e in root.iterfind("fence_history/fence_event")),
    )


def _is(element: ET.Element, name: str) -> bool:
    return element.get(name) == "true"


def _node(element: ET.Element) -> Node:
    return Node(
        name=element.get("name", ""),
        kind=element.get("type", "member"),
        online=_is(element, "online"),
        unclean=_is(element, "unclean"),
        standby=_is(element, "standby"),
        maintenance=_is(element, "maintenance"),
    )


def _resources(root: ET.Element) -> Iterator[Resource]:
    found: dict[str, list[ET.Element]] = {}
    for element in root.iterfind("resources//resource"):
        # An instance of a clone that may differ from its siblings is called NAME:NUMBER.
        found.setdefault(element.get("id", "").partition(":")[0], []).append(element)
    for name, instances in found.items():
        yield Resource(
            name=name,
            running=sum(_is(each, "active") for each in instances),
            failed=any(_is(each, "failed") for each in instances),
            blocked=any(_is(each, "blocked") for each in instances),
            wanted=not any(each.get("target_role") == "Stopped" for each in instances),
            managed=all(_is(each, "managed") for each in instances),
        )


def _fail_counts(root: ET.Element) -> Iterator[tuple[tuple[str, str], int]]:
    for node in root.iterfind("node_history/node"):
        for resource in node.iterfind("resource_history"):
            count = resource.get("fail-count", "0")
            number = _INFINITY if count == "INFINITY" else int(count)
            if number:
                yield (node.get("name", ""), resource.get("id", "")), number


def _failed_action(element: ET.Element) -> str:
    what = element.get("op_key", element.get("id", "")).rpartition("_")[0]
    resource, _, task = what.rpartition("_")
    return f"{resource or what} {element.get('task', task)} on {element.get('node', '')}"


def _fence_event(element: ET.Element) -> FenceEvent:
    return FenceEvent(
        target=element.get("target", ""),
        action=element.get("action", ""),
        status=element.get("status", ""),
        completed=element.get("completed", ""),
    )
