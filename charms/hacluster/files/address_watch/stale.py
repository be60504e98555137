# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which addresses of this machine the cluster has stopped here (pure).

Of what the cluster says of itself only its own record counts: the newest operation of the resource on this member
is a stop that succeeded, or a probe that found nothing. No record is no reason, nor is one that an agent is about to
change.
"""

import dataclasses
import ipaddress
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_AGENTS = {"IPaddr": "ip", "IPaddr2": "ip", "IPv6addr": "ipv6addr"}
_TRUE = frozenset({"true", "on", "yes", "y", "1"})  # Pacemaker's, in any case
_STOPPED = frozenset({("stop", "0"), ("monitor", "7")})  # OCF: success, not running
_PENDING = "-1"


@dataclasses.dataclass(frozen=True)
class Held:
    """An address on an interface of this machine."""

    address: Address
    prefix: int
    device: str
    is_secondary: bool = False
    """Whether another address of its network on this interface came first (IPv4)."""


@dataclasses.dataclass(frozen=True)
class Stale:
    """An address that the cluster believes is not here."""

    held: Held
    evidence: frozenset[tuple[str, str]]
    """Every resource that is this address, and the number of the operation after which it is not here."""


def held(text: str) -> tuple[Held, ...]:
    """Return what ``ip -json address show`` printed as values, without loopback interfaces.

    Behind a load balancer of LVS every real server has the virtual address on ``lo``, and rightly so.
    """
    return tuple(
        Held(
            ipaddress.ip_address(each["local"]),
            int(each["prefixlen"]),
            link["ifname"],
            bool(each.get("secondary")),
        )
        for link in json.loads(text)
        if link.get("link_type") != "loopback"
        for each in link.get("addr_info", ())
        if each.get("local") and "address" not in each  # which is the other end's
    )


def virtual(cib: ET.Element, present: tuple[Held, ...]) -> dict[Held, frozenset[str]]:
    """Return which of the addresses are resources of the cluster, and of which ones."""
    owners = dict[Address, set[str]]()
    for primitive in cib.iterfind("configuration/resources//primitive"):
        for address in _addresses(primitive):
            owners.setdefault(address, set()).add(primitive.get("id", ""))
    return {each: frozenset(owners[each.address]) for each in present if each.address in owners}


def stale(cib: ET.Element, found: dict[Held, frozenset[str]], node: str) -> frozenset[Stale]:
    """Return which of the cluster's addresses ought not to be on this member.

    Args:
        cib: What ``cibadmin --query --local`` printed.
        found: The cluster's addresses on this machine.
        node: This member's name.
    """
    result: set[Stale] = set()
    for each, resources in found.items():
        if any(_is_left_alone(cib, name, node) for name in resources):
            continue
        stops = {name: _stop(cib, name, node) for name in resources}
        if all(stops.values()):
            result.add(Stale(each, frozenset(stops.items())))
    return frozenset(result)


def settled(found: frozenset[Stale], at_work: frozenset[str]) -> frozenset[Stale]:
    """Return those of whose resources no agent is at work; what it does is not in the cluster's record yet.

    Args:
        found: Addresses that the cluster has stopped here.
        at_work: Resources whose agents run now, instances of clones with their numbers.
    """
    names = {each.partition(":")[0] for each in at_work}
    return frozenset(each for each in found if names.isdisjoint(name for name, _ in each.evidence))


def _addresses(primitive: ET.Element) -> Iterator[Address]:
    parameter = _AGENTS.get(primitive.get("type", ""))
    for pair in primitive.iterfind("instance_attributes//nvpair"):
        if parameter is not None and pair.get("name") == parameter:
            try:
                yield ipaddress.ip_address(pair.get("value", "").partition("/")[0].strip())
            except ValueError:
                continue


def _stop(cib: ET.Element, resource: str, node: str) -> str:
    """Return the number of the operation after which a resource is not here; empty if there is none."""
    histories = [
        history
        for state in cib.iterfind("status/node_state")
        if state.get("uname") == node
        for history in state.iterfind("lrm/lrm_resources/lrm_resource")
        # An instance of a clone that may differ from its siblings is called NAME:NUMBER.
        if history.get("id", "").partition(":")[0] == resource
    ]
    numbers = [_end(history) for history in histories]
    return " ".join(numbers) if all(numbers) else ""


def _end(history: ET.Element) -> str:
    operations = history.findall("lrm_rsc_op")
    # What has begun and not ended has no number yet; it may be a start.
    if not operations or any(
        _PENDING in (each.get("call-id", _PENDING), each.get("op-status")) for each in operations
    ):
        return ""
    number = max(int(each.get("call-id", "0")) for each in operations)
    newest = [each for each in operations if each.get("call-id") == str(number)]
    return str(number) if all(_is_stop(each) for each in newest) else ""


def _is_stop(operation: ET.Element) -> bool:
    done = operation.get("operation", ""), operation.get("rc-code", "")
    return operation.get("interval", "0") == "0" and done in _STOPPED


def _is_left_alone(cib: ET.Element, resource: str, node: str) -> bool:
    """Return whether the cluster is told to touch nothing; then an operator may have set the address."""
    for part in _parts(cib, resource, node):
        for attributes in part.iter():
            # What is kept elsewhere is not followed; it may say so.
            if attributes.tag == "meta_attributes" and attributes.get("id-ref"):
                return True
        if any(_forbids(pair) for pair in part.iter("nvpair")):
            return True
    return False


def _forbids(pair: ET.Element) -> bool:
    is_true = pair.get("value", "").lower() in _TRUE
    if pair.get("name") == "is-managed":
        return not is_true
    return is_true and pair.get("name") in ("maintenance", "maintenance-mode")


def _parts(cib: ET.Element, resource: str, node: str) -> Iterator[ET.Element]:
    yield from cib.iterfind("configuration/crm_config")
    yield from cib.iterfind("configuration/rsc_defaults")
    for each in (*cib.iterfind("configuration/nodes/node"), *cib.iterfind("status/node_state")):
        if each.get("uname") == node:
            yield from each.iterfind("instance_attributes")
            yield from each.iterfind("transient_attributes")
    for tag in ("primitive", "group", "clone", "master"):
        for each in cib.iterfind(f"configuration/resources//{tag}"):
            # Of a group or clone the primitives in it, of a primitive itself.
            if any(inner.get("id") == resource for inner in each.iter("primitive")):
                yield from each.iterfind("meta_attributes")
