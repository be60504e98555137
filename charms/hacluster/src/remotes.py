# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts that the cluster watches: what is known of them, and what they are in the cluster (pure)."""

import collections
import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping

import cib
import crm_mon

AGENT = "ocf:pacemaker:remote"
_HOME = "200"  # more than stickiness, so that connections spread again when a member returns

# A loss is noticed within the sum of interval and timeout. A start that hangs holds up the fencing
# of other hosts for as long as it may take, so it may not take long.
_OPERATIONS = (
    {"name": "monitor", "interval": "3s", "timeout": "10s"},
    {"name": "start", "interval": "0s", "timeout": "10s"},
    {"name": "stop", "interval": "0s", "timeout": "10s"},
)
_RECONNECT = "30s"
# A connection is open after each of these, if it went well; a look at one that is not answers 7.
_OPEN = ("start", "monitor", "migrate_from")


@dataclasses.dataclass(frozen=True, order=True)
class Watched:
    """A remote as it is in the cluster."""

    name: str
    address: str


def present(configuration: ET.Element) -> tuple[Watched, ...]:
    """Return the remotes that a configuration holds, whoever made them."""
    found = (
        Watched(each.get("id", ""), cib.attributes(each).get("server", each.get("id", "")))
        for each in cib.section(configuration, "resources").iter("primitive")
        if each.get("class") == "ocf" and each.get("provider") == "pacemaker"
        if each.get("type") == "remote"
    )
    return tuple(sorted(found))


def is_managed(name: str, configuration: ET.Element) -> bool:
    """Return whether the cluster looks after the connection to a remote."""
    connection = cib.resource(configuration, name)
    meta = {} if connection is None else cib.attributes(connection, "meta_attributes")
    return meta.get("is-managed", "true").lower() not in ("false", "no", "off", "n", "f", "0")


def is_really_online(name: str, configuration: ET.Element, status: crm_mon.Status) -> bool:
    """Return whether a remote is connected.

    ``online`` alone is no proof: Pacemaker shows a dead remote as online, and even its connection
    as started, while it tries to connect. What counts in addition is that the remote is not still
    noted as fenced, and that the newest operation of its connection went well, on the member that
    holds it. What the others found when they looked for it says nothing: it does not run there.
    """
    node = status.node(name)
    if node is None or not node.online or node.unclean:
        return False
    state = configuration.find(f"status/node_state[@uname='{name}']")
    if state is None or state.get("node_fenced") != "0":
        return False
    holders = status.where(name)
    return bool(holders) and all(_went_well(_newest(name, configuration, one)) for one in holders)


def _went_well(operation: ET.Element | None) -> bool:
    return (
        operation is not None
        and operation.get("operation") in _OPEN
        and (operation.get("rc-code"), operation.get("op-status")) == ("0", "0")
    )


def _newest(name: str, configuration: ET.Element, member: str) -> ET.Element | None:
    """Return the newest operation of a connection on a member."""
    # Times are whole seconds, and members count their calls each for themselves: within a second
    # only those of one member have an order.
    path = f"lrm/lrm_resources/lrm_resource[@id='{name}']/lrm_rsc_op"
    state = configuration.find(f"status/node_state[@uname='{member}']")
    done = [] if state is None else [op for op in state.iterfind(path) if _moment(op)]
    return max(done, key=_moment, default=None)


def _moment(operation: ET.Element) -> tuple[int, int]:
    # Members count calls each for themselves, so the time of the change comes first.
    changed = operation.get("last-rc-change") or "0"
    return int(changed), int(operation.get("call-id") or "-1")


def elements(
    remotes: Iterable[Watched],
    members: Iterable[str],
    configuration: ET.Element,
    *,
    spread: bool = True,
) -> tuple[tuple[ET.Element, ...], tuple[ET.Element, ...]]:
    """Return the resources and constraints that make hosts remotes, their connections spread.

    Args:
        remotes: The hosts.
        members: Names of the members that can hold connections.
        configuration: The present one, which tells where connections are at home now.
        spread: Whether connections may move away from a member that has more than its share.
    """
    wanted = sorted(remotes)
    names, now = [remote.name for remote in wanted], _present_homes(configuration)
    homes = _homes(names, sorted(members), now, spread=spread)
    waits = _present_waits(configuration)
    resources = tuple(
        cib.primitive(
            remote.name,
            AGENT,
            params={
                "server": remote.address,
                "reconnect_interval": waits.get(remote.name, _RECONNECT),
            },
            operations=_OPERATIONS,
        )
        for remote in wanted
    )
    return resources, tuple(_locations(homes))


def _locations(homes: Mapping[str, str]) -> Iterator[ET.Element]:
    for name, home in homes.items():
        yield allow_on_members(name)
        yield cib.location(f"loc-{name}-home", name, _HOME, home)


def allow_on_members(resource: str) -> ET.Element:
    """Return what lets a resource run on members, in a cluster where nothing runs unless allowed.

    Nor does the cluster look for it elsewhere: what it would find running on a hypervisor, an
    haproxy of somebody else's say, it would stop there.
    """
    location = cib.location_rule(f"loc-{resource}", resource, "0", "#kind", "ne", "remote")
    location.set("resource-discovery", "exclusive")
    return location


def forgotten(configuration: ET.Element, status: crm_mon.Status) -> tuple[str, ...]:
    """Return remotes that are gone, and that the cluster still keeps a state of.

    As long as the connection to one is being closed, it is not gone: without its state the cluster
    would take it for a host that it has never seen alive.
    """
    watched = {host.name for host in present(configuration)}
    states = configuration.iterfind("status/node_state[@remote_node='true']")
    names = (state.get("uname", "") for state in states)
    return tuple(name for name in names if name not in watched and status.node(name) is None)


def _present_homes(configuration: ET.Element) -> dict[str, str]:
    """Return where connections are at home; where they are now, if nothing says so.

    The predecessor says so only in a cluster whose hosts run no resources.
    """
    said = {
        location.get("rsc", ""): location.get("node", "")
        for location in cib.section(configuration, "constraints").iter("rsc_location")
        if location.get("score") == _HOME
    }
    return dict(_connected(configuration)) | said


def _connected(configuration: ET.Element) -> Iterator[tuple[str, str]]:
    """Yield remotes and the members that hold connections to them, by the history of operations."""
    names = {host.name for host in present(configuration)}
    for node in configuration.iterfind("status/node_state"):
        for resource in node.iterfind("lrm/lrm_resources/lrm_resource"):
            done = [op for op in resource.iterfind("lrm_rsc_op") if _moment(op)]
            newest = max(done, key=_moment, default=None)
            if newest is None or resource.get("id") not in names:
                continue
            if newest.get("operation") in _OPEN and newest.get("rc-code") == "0":
                yield resource.get("id", ""), node.get("uname", "")


def _present_waits(configuration: ET.Element) -> dict[str, str]:
    """Return how long connections wait before they are tried again, the predecessor's among them.

    A connection whose parameters change is closed and opened again, which nothing is worth.
    """
    waits: dict[str, str] = {}
    for host in present(configuration):
        there = cib.resource(configuration, host.name)
        value = "" if there is None else cib.attributes(there).get("reconnect_interval", "")
        if value:
            waits[host.name] = value
    return waits


def _homes(
    names: list[str], members: list[str], now: Mapping[str, str], *, spread: bool
) -> dict[str, str]:
    """Give each remote a member, moving none that has one, the least loaded members first."""
    if not members:
        return {}
    homes = {name: now[name] for name in names if now.get(name) in members}
    load = collections.Counter(homes.values())
    most = -(-len(names) // len(members))
    for name in list(homes):
        # A member that came back gets its share again.
        if spread and load[homes[name]] > most:
            load[homes.pop(name)] -= 1
    for name in names:
        if name not in homes:
            homes[name] = min(members, key=lambda member: (load[member], member))
            load[homes[name]] += 1
    return {name: homes[name] for name in names}
