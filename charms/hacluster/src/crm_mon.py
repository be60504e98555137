# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the cluster says of itself, as values (``crm_mon --output-as=xml``; pure)."""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Node:
    """A member or a remote."""

    name: str
    id: str
    online: bool
    """Not proof of life for a remote: true as well while a connection is tried."""
    unclean: bool
    standby: bool
    maintenance: bool
    is_remote: bool
    resources_running: int


@dataclasses.dataclass(frozen=True)
class Resource:
    """A primitive; an instance of a clone is a resource of its own, under the primitive's name."""

    id: str
    parents: tuple[str, ...]
    """The group and the clone that it is part of."""
    active: bool
    failed: bool
    nodes: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Status:
    """The cluster as one member sees it."""

    dc: str | None
    quorate: bool
    maintenance: bool
    fencing: bool
    """Whether lost nodes are fenced at all (``stonith-enabled``)."""
    nodes: tuple[Node, ...]
    resources: tuple[Resource, ...]

    @property
    def members(self) -> tuple[Node, ...]:
        """The nodes that vote."""
        return tuple(node for node in self.nodes if not node.is_remote)

    @property
    def remotes(self) -> tuple[Node, ...]:
        """The nodes that are only watched."""
        return tuple(node for node in self.nodes if node.is_remote)

    @property
    def works(self) -> bool:
        """Whether it has a coordinator and quorum, as far as this member can see."""
        return self.dc is not None and self.quorate

    def node(self, name: str) -> Node | None:
        """Return the node of a name."""
        return next((node for node in self.nodes if node.name == name), None)

    def has_resource(self, name: str) -> bool:
        """Return whether there is a resource, group or clone of a name."""
        return any(name == resource.id or name in resource.parents for resource in self.resources)

    def is_failing(self, name: str) -> bool:
        """Return whether there is a resource of a name that has failed, or does not run."""
        found = next((each for each in self.resources if each.id == name), None)
        return found is not None and (found.failed or not found.active)

    def where(self, name: str) -> tuple[str, ...]:
        """Return the nodes that a resource runs on, or is being started on."""
        return tuple(node for each in self.resources if each.id == name for node in each.nodes)

    def runs(self, name: str, node: str) -> bool:
        """Return whether a resource runs: somewhere, or on a given node if it is a clone's."""
        instances = [resource for resource in self.resources if resource.id == name]
        if len(instances) <= 1:
            return any(instance.active and instance.nodes for instance in instances)
        return any(instance.active and node in instance.nodes for instance in instances)


@dataclasses.dataclass(frozen=True)
class FenceEvent:
    """Something that fencing did, or is doing."""

    target: str
    action: str
    status: str
    """``success``, ``failed`` or ``pending``."""
    delegate: str
    completed: str
    """UTC; empty if it is not completed."""


def parse(text: str) -> Status:
    """Return what ``crm_mon -1 --output-as=xml --inactive`` printed as values."""
    root = ET.fromstring(text)
    dc = root.find("summary/current_dc")
    options = root.find("summary/cluster_options")
    present = dc is not None and dc.get("present") == "true"
    return Status(
        dc=dc.get("name") if dc is not None and present else None,
        quorate=dc is not None and dc.get("with_quorum") == "true",
        maintenance=options is not None and options.get("maintenance-mode") == "true",
        fencing=options is not None and options.get("stonith-enabled") == "true",
        nodes=tuple(_node(element) for element in root.iterfind("nodes/node")),
        resources=tuple(_resources(root.find("resources"), ())),
    )


def _node(element: ET.Element) -> Node:
    return Node(
        name=element.get("name", ""),
        id=element.get("id", ""),
        online=element.get("online") == "true",
        unclean=element.get("unclean") == "true",
        standby=element.get("standby") == "true",
        maintenance=element.get("maintenance") == "true",
        is_remote=element.get("type") == "remote",
        resources_running=int(element.get("resources_running", "0")),
    )


def _resources(parent: ET.Element | None, parents: tuple[str, ...]) -> Iterable[Resource]:
    for element in parent if parent is not None else ():
        if element.tag == "resource":
            yield Resource(
                # An instance of a clone that may differ from its siblings is called NAME:NUMBER.
                id=element.get("id", "").partition(":")[0],
                parents=parents,
                active=element.get("active") == "true",
                failed=element.get("failed") == "true",
                nodes=tuple(node.get("name", "") for node in element.iterfind("node")),
            )
        elif element.tag in ("group", "clone"):
            yield from _resources(element, (*parents, element.get("id", "").partition(":")[0]))


def fence_events(text: str) -> tuple[FenceEvent, ...]:
    """Return the fencing history that ``crm_mon --include=fencing`` printed, newest first."""
    events = ET.fromstring(text).iterfind("fence_history/fence_event") if text else ()
    return tuple(
        FenceEvent(
            target=event.get("target", ""),
            action=event.get("action", ""),
            status=event.get("status", ""),
            # "a human" if somebody confirmed it by hand.
            delegate=event.get("delegate", ""),
            # Members disagree on what comes after the second (Pacemaker 3.0).
            completed=event.get("completed", "").partition(".")[0].removesuffix("Z"),
        )
        for event in events
    )


def report(text: str, *, resources: bool, history: bool) -> dict[str, object]:
    """Return a status as the action of that name shows it."""
    root = ET.fromstring(text)
    crm_mon_version = root.find("summary/current_dc")
    result: dict[str, object] = {
        "crm_mon_version": crm_mon_version.get("version") if crm_mon_version is not None else None,
        "summary": {part.tag: dict(part.attrib) for part in root.iterfind("summary/*")},
        "nodes": {node.get("name", ""): dict(node.attrib) for node in root.iterfind("nodes/node")},
    }
    if resources:
        result["resources"] = _resource_report(root.find("resources"))
    if history:
        result["history"] = {
            node.get("name", ""): {
                resource.get("id", ""): [
                    dict(op.attrib) for op in resource.iterfind("operation_history")
                ]
                for resource in node.iterfind("resource_history")
            }
            for node in root.iterfind("node_history/node")
        }
    return result


def _resource_report(parent: ET.Element | None) -> dict[str, object]:
    found: dict[str, dict[str, object]] = {"groups": {}, "clones": {}, "primitives": {}}
    for element in parent if parent is not None else ():
        name = element.get("id", "")
        if element.tag == "resource":
            found["primitives"][name] = _instance(element)
        elif element.tag in ("group", "clone"):
            found[f"{element.tag}s"][name] = {
                "attributes": dict(element.attrib),
                "resources": [_instance(resource) for resource in element.iter("resource")],
            }
    return dict(found)


def _instance(element: ET.Element) -> dict[str, object]:
    return {
        **element.attrib,
        "nodes": [dict(node.attrib) for node in element.iterfind("node")],
    }
