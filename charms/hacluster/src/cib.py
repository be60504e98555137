# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster's configuration as XML: building, comparing and reading its parts (pure)."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping

RESOURCE_TAGS = frozenset({"primitive", "group", "clone", "master", "bundle"})
PROPERTIES = "cib-bootstrap-options"
# Where we keep what is ours. crmsh and Pacemaker leave sets other than cib-bootstrap-options to
# those who made them; resource agents use such sets for their own state.
OWN_PROPERTIES = "instance-ha"
HOLD = f"{OWN_PROPERTIES}-fencing-hold"
"""Property that has the storm guard refuse every power-off (fence_maas_agent/guard.py)."""


def nvpairs(parent: str, values: Mapping[str, str]) -> Iterator[ET.Element]:
    """Yield name-value pairs with the ids that crmsh would give them."""
    for name in sorted(values):
        yield ET.Element("nvpair", id=f"{parent}-{name}", name=name, value=values[name])


def primitive(
    name: str,
    agent: str,
    *,
    params: Mapping[str, str],
    operations: Iterable[Mapping[str, str]] = (),
    meta: Mapping[str, str] | None = None,
) -> ET.Element:
    """Return a primitive.

    Args:
        name: Its id.
        agent: ``class:provider:type`` or ``class:type``.
        params: What its agent is told.
        operations: Attributes of its operations, ``name`` and ``interval`` among them.
        meta: What the cluster is told about it.
    """
    parts = agent.split(":")
    element = ET.Element("primitive", {"id": name, "class": parts[0], "type": parts[-1]})
    if len(parts) == 3:
        element.set("provider", parts[1])
    for tag, values in (("instance_attributes", params), ("meta_attributes", meta or {})):
        if values:
            ET.SubElement(element, tag, id=f"{name}-{tag}").extend(
                nvpairs(f"{name}-{tag}", values)
            )
    ops = [
        ET.Element("op", {"id": f"{name}-{op['name']}-{op['interval']}", **op})
        for op in operations
    ]
    if ops:
        ET.SubElement(element, "operations").extend(ops)
    return element


def location_rule(
    name: str, resource: str, score: str, attribute: str, operation: str, value: str
) -> ET.Element:
    """Return a location that gives a score to the nodes whose attribute compares as told."""
    location = ET.Element("rsc_location", id=name, rsc=resource)
    rule = ET.SubElement(location, "rule", id=f"{name}-rule", score=score)
    ET.SubElement(
        rule,
        "expression",
        id=f"{name}-rule-expression",
        attribute=attribute,
        operation=operation,
        value=value,
    )
    return location


def location(name: str, resource: str, score: str, node: str) -> ET.Element:
    """Return a location that gives one node a score."""
    return ET.Element("rsc_location", id=name, rsc=resource, score=score, node=node)


def equal(one: ET.Element, other: ET.Element) -> bool:
    """Return whether two elements say the same, whatever the order of their attributes."""
    return (
        one.tag == other.tag
        and one.attrib == other.attrib
        and len(one) == len(other)
        and all(equal(left, right) for left, right in zip(one, other, strict=True))
    )


def section(cib: ET.Element, name: str) -> ET.Element:
    """Return a section of the configuration (``resources`` ...), made if it is not there."""
    configuration = cib.find("configuration")
    if configuration is None:
        raise ValueError("not a cluster's configuration")
    found = configuration.find(name)
    return ET.SubElement(configuration, name) if found is None else found


def identifiers(element: ET.Element) -> frozenset[str]:
    """Return the ids of a resource and of the resources inside it."""
    return frozenset(part.get("id", "") for part in element.iter() if part.tag in RESOURCE_TAGS)


def attributes(element: ET.Element, tag: str = "instance_attributes") -> dict[str, str]:
    """Return the name-value pairs of a resource."""
    pairs = element.iterfind(f"{tag}/nvpair")
    return {pair.get("name", ""): pair.get("value", "") for pair in pairs}


def resource(cib: ET.Element, name: str) -> ET.Element | None:
    """Return the resource of a name, wherever it is."""
    resources = section(cib, "resources").iter()
    return next((r for r in resources if r.tag in RESOURCE_TAGS and r.get("id") == name), None)


def owned(cib: ET.Element, scope: str) -> frozenset[str] | None:
    """Return the ids of what we made on behalf of a scope; ``None`` if we never made anything."""
    path = f"cluster_property_set[@id='{OWN_PROPERTIES}']/nvpair[@name='{OWN_PROPERTIES}-{scope}']"
    pair = section(cib, "crm_config").find(path)
    return None if pair is None else frozenset(pair.get("value", "").split())


def own(cib: ET.Element, scope: str, ids: Iterable[str]) -> None:
    """Write down what we made on behalf of a scope."""
    set_pairs(
        cib, "crm_config", OWN_PROPERTIES, {f"{OWN_PROPERTIES}-{scope}": " ".join(sorted(ids))}
    )


def set_pairs(cib: ET.Element, where: str, set_id: str, values: Mapping[str, str]) -> None:
    """Set name-value pairs of a set; what it holds beside them stays."""
    parent = section(cib, where)
    tag = "cluster_property_set" if where == "crm_config" else "meta_attributes"
    found = parent.find(f"{tag}[@id='{set_id}']")
    pairs = ET.SubElement(parent, tag, id=set_id) if found is None else found
    for wanted in nvpairs(set_id, values):
        present = pairs.find(f"nvpair[@name='{wanted.get('name')}']")
        if present is None:
            pairs.append(wanted)
        else:
            present.set("value", wanted.get("value", ""))


def properties(configuration: ET.Element) -> dict[str, str]:
    """Return the cluster's properties, in whichever set they are."""
    pairs = section(configuration, "crm_config").iter("nvpair")
    return {pair.get("name", ""): pair.get("value", "") for pair in pairs}


def remove_pair(configuration: ET.Element, name: str) -> None:
    """Remove a property of the cluster, wherever it is."""
    for pairs in section(configuration, "crm_config"):
        for pair in pairs.findall(f"nvpair[@name='{name}']"):
            pairs.remove(pair)
