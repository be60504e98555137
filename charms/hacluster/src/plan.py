# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From the cluster's present configuration to the wanted one (pure).

What we made is written down in the configuration itself. So we remove what we made and nobody wants
any more, whichever unit leads by then, and never touch what an operator made.
"""

import copy
import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

import cib

# Ownership is kept apart for the two who want things, because a leader that does not know its
# principal's wishes yet must leave in place what the last leader's principal wished for.
CHARM, PRINCIPAL = "charm", "principal"

# What the predecessor made without writing it down: devices, and locations for each resource and
# each member, the home of a connection with 200.
_LEGACY_DEVICES = frozenset({"external/maas", "null"})
_LEGACY_SCORES = frozenset({"0", "200"})

_TOPOLOGY = "fencing-topology"

# Set by crm_resource, crm and operators to steer a resource by hand; not ours to undo.
_STEERING = frozenset({"target-role", "is-managed", "maintenance"})


@dataclasses.dataclass(frozen=True)
class Part:
    """What one of the two wants: whole elements, by their ids."""

    resources: tuple[ET.Element, ...] = ()
    constraints: tuple[ET.Element, ...] = ()
    levels: tuple[ET.Element, ...] = ()
    """Of the fencing topology."""

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the elements."""
        parts = (*self.resources, *self.constraints, *self.levels)
        return frozenset(part.get("id", "") for part in parts)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """The cluster as it should be."""

    charm: Part
    principal: Part | None
    """``None`` if the principal's wishes are not known; then they stay as they are."""
    properties: Mapping[str, str]
    resource_defaults: Mapping[str, str]
    operation_defaults: Mapping[str, str]
    deleted: frozenset[str] = frozenset()
    """What must not exist, whoever made it."""


def apply(present: ET.Element, wanted: Wanted) -> ET.Element:
    """Return the configuration that has what is wanted and nothing of ours beside it."""
    result = copy.deepcopy(present)
    cib.set_pairs(result, "crm_config", cib.PROPERTIES, wanted.properties)
    cib.set_pairs(result, "rsc_defaults", "rsc-options", wanted.resource_defaults)
    cib.set_pairs(result, "op_defaults", "op-options", wanted.operation_defaults)
    unwanted = _unwanted(result, wanted)
    parts = [wanted.charm] if wanted.principal is None else [wanted.principal, wanted.charm]
    _put_resources(result, [element for part in parts for element in part.resources], unwanted)
    constraints = cib.section(result, "constraints")
    _put(constraints, [element for part in parts for element in part.constraints], unwanted)
    _put_levels(result, [element for part in parts for element in part.levels], unwanted)
    cib.own(result, CHARM, wanted.charm.ids)
    if wanted.principal is not None:
        cib.own(result, PRINCIPAL, wanted.principal.ids)
    return result


def _unwanted(present: ET.Element, wanted: Wanted) -> frozenset[str]:
    ours = set(_legacy(present)) | (cib.owned(present, CHARM) or frozenset())
    kept = set(wanted.charm.ids)
    if wanted.principal is not None:
        ours |= cib.owned(present, PRINCIPAL) or frozenset()
        kept |= wanted.principal.ids
    return frozenset((ours | wanted.deleted) - kept)


def _legacy(present: ET.Element) -> Iterator[str]:
    for element in cib.section(present, "resources"):
        name, kind = element.get("id", ""), element.get("type")
        if element.get("class") == "stonith" and kind in _LEGACY_DEVICES and name[:3] == "st-":
            yield name
    for element in cib.section(present, "constraints"):
        name = f"loc-{element.get('rsc')}-{element.get('node')}"
        if element.get("id") == name and element.get("score") in _LEGACY_SCORES:
            yield name


def _put_resources(result: ET.Element, wanted: list[ET.Element], unwanted: frozenset[str]) -> None:
    resources = cib.section(result, "resources")
    before = _names(resources)
    top = {element.get("id", ""): element for element in wanted}
    # A wanted primitive may stand elsewhere as yet: on its own before it joins a group, say.
    claimed = {name for element in wanted for name in cib.identifiers(element)}
    merged = {name: _with_steering(element, result) for name, element in top.items()}
    for element in list(resources):
        name = element.get("id", "")
        if name in top:
            if not cib.equal(element, merged[name]):
                # Where it stands now: what stood before it may just have been removed.
                resources[list(resources).index(element)] = merged[name]
        else:
            _strip(resources, element, unwanted | claimed)
    present = {element.get("id") for element in resources}
    resources.extend(merged[name] for name in top if name not in present)
    for name in before - _names(resources):
        _forget(result, name)


def _strip(parent: ET.Element, element: ET.Element, names: frozenset[str]) -> None:
    """Remove a resource if it is one of these, else those inside it; and it, if none is left."""
    inside = [child for child in element if child.tag in cib.RESOURCE_TAGS]
    if element.get("id") in names:
        parent.remove(element)
        return
    for child in inside:
        _strip(element, child, names)
    if inside and not any(child.tag in cib.RESOURCE_TAGS for child in element):
        parent.remove(element)


def _names(resources: ET.Element) -> frozenset[str]:
    return frozenset(name for element in resources for name in cib.identifiers(element))


def _forget(result: ET.Element, name: str) -> None:
    """Remove what mentions a resource that is gone: a dangling reference makes the whole invalid."""
    constraints = cib.section(result, "constraints")
    for element in list(constraints):
        for parent in list(element.iter()):
            _remove_children(parent, "resource_ref", name)
        emptied = any(len(each) == 0 for each in element.iter("resource_set"))
        if emptied or name in (element.get(key) for key in ("rsc", "with-rsc", "first", "then")):
            constraints.remove(element)
    tags = result.find("configuration/tags")
    for tag in list(tags) if tags is not None else ():
        _remove_children(tag, "obj_ref", name)
        if tags is not None and len(tag) == 0:
            tags.remove(tag)
    # The entry that Pacemaker makes for a remote.
    nodes = cib.section(result, "nodes")
    for node in list(nodes):
        if node.get("type") == "remote" and node.get("uname") == name:
            nodes.remove(node)


def _remove_children(parent: ET.Element, tag: str, name: str) -> None:
    for child in list(parent):
        if child.tag == tag and child.get("id") == name:
            parent.remove(child)


def _put(section: ET.Element, wanted: list[ET.Element], unwanted: frozenset[str]) -> None:
    """Put elements that stand by themselves into a section, in the place of those of their ids."""
    top = {element.get("id", ""): element for element in wanted}
    for index, element in reversed(list(enumerate(section))):
        name = element.get("id", "")
        if name in top:
            if not cib.equal(element, top[name]):
                section[index] = copy.deepcopy(top[name])
        elif name in unwanted:
            section.remove(element)
    present = {element.get("id") for element in section}
    section.extend(copy.deepcopy(top[name]) for name in top if name not in present)


def _put_levels(result: ET.Element, wanted: list[ET.Element], unwanted: frozenset[str]) -> None:
    # Most clusters have no topology, and an empty section says nothing.
    configuration = result.find("configuration")
    if configuration is None or not (wanted or configuration.find(_TOPOLOGY) is not None):
        return
    topology = cib.section(result, _TOPOLOGY)
    had = len(topology)
    _put(topology, wanted, unwanted)
    if had and not len(topology):
        configuration.remove(topology)


def _with_steering(wanted: ET.Element, present: ET.Element) -> ET.Element:
    """Return a wanted resource with what was set by hand on the present one."""
    result = copy.deepcopy(wanted)
    for part in [part for part in result.iter() if part.tag in cib.RESOURCE_TAGS]:
        there = cib.resource(present, part.get("id", ""))
        meta = None if there is None else there.find("meta_attributes")
        if there is None or meta is None:
            continue
        said = cib.attributes(part, "meta_attributes")
        kept = [p for p in meta if p.get("name") in _STEERING and p.get("name") not in said]
        target = part.find("meta_attributes")
        if kept and target is None:
            target = ET.Element(meta.tag, meta.attrib)
            part.insert(list(there).index(meta), target)
        if target is not None:
            target.extend(copy.deepcopy(kept))
    return result
