# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The wanted cluster as a function of what its principal, its operator and its remotes want (pure)."""

import dataclasses
import xml.etree.ElementTree as ET

import cib
import fencing
import plan
import remotes
from config import Config

_PING, _PING_CLONE = "ping", "cl_ping"  # the predecessor's names


@dataclasses.dataclass(frozen=True)
class Goal:
    """What the wanted cluster depends on, beside the configuration that is there."""

    config: Config
    members: frozenset[str]
    """Names of the members."""
    remotes: tuple[remotes.Watched, ...]
    fenced: fencing.Fenced
    """Hosts that may be powered off."""
    fencing: bool
    """Whether lost nodes are fenced at all."""
    opt_in: bool
    """Whether resources run only where they are allowed to: on members."""
    principal: plan.Part | None
    deleted: frozenset[str] = frozenset()
    leavers: frozenset[str] = frozenset()
    """Members that have left the ring and that the cluster still knows. One that it saw go without a
    farewell is unclean, and as long as nothing can fence it the cluster does nothing else."""


def wanted(goal: Goal, present: ET.Element) -> plan.Wanted:
    """Return the cluster as it should be."""
    connections, constraints = remotes.elements(
        goal.remotes, goal.members, present, spread=_has_changed(goal, present)
    )
    devices = fencing.devices(goal.config, goal.fenced, goal.members | goal.leavers)
    watchers = _ping(goal.config)
    requested = _requested(goal, present)
    if watchers:
        constraints += tuple(_needs_ping(name) for name in requested)
    if goal.opt_in:
        placed = [*requested, *(device.get("id", "") for device in (*devices, *watchers))]
        constraints += tuple(remotes.allow_on_members(name) for name in placed)
    return plan.Wanted(
        charm=plan.Part(
            (*devices, *watchers, *connections),
            constraints,
            fencing.levels(goal.config, goal.fenced),
        ),
        principal=goal.principal,
        properties=_properties(goal),
        resource_defaults={
            "resource-stickiness": "100",
            "failure-timeout": str(goal.config.failure_timeout),
        },
        # Otherwise a dead remote counts as online while a connection to it is tried.
        operation_defaults={"record-pending": "false"},
        deleted=goal.deleted,
    )


def _has_changed(goal: Goal, present: ET.Element) -> bool:
    """Return whether members or hosts have come or gone since the cluster was last made ours.

    Only then is it worth to close a connection and open it elsewhere. The predecessor spreads
    connections by another rule, and a refresh leaves them where they are.
    """
    known = fencing.known_members(present)
    if known is None:
        return False
    hosts = {host.name for host in remotes.present(present)}
    return known != goal.members | goal.leavers or hosts != {host.name for host in goal.remotes}


def _requested(goal: Goal, present: ET.Element) -> list[str]:
    if goal.principal is not None:
        return [element.get("id", "") for element in goal.principal.resources]
    owned = cib.owned(present, plan.PRINCIPAL) or frozenset()
    names = [element.get("id", "") for element in cib.section(present, "resources")]
    return [name for name in names if name in owned]


def _properties(goal: Goal) -> dict[str, str]:
    config = goal.config
    return {
        "stonith-enabled": _boolean(goal.fencing),
        # A fenced host must not come back by itself while its instances start elsewhere.
        "stonith-action": "off",
        "stonith-timeout": f"{config.fencing_timeout}s",
        # Hosts that are lost together are fenced together; not so by default before Pacemaker 3,
        # and never while the coordinator thinks itself too busy.
        "concurrent-fencing": "true",
        "load-threshold": "1000%",
        "no-quorum-policy": config.no_quorum_policy,
        "cluster-recheck-interval": str(config.cluster_recheck_interval),
        "symmetric-cluster": _boolean(not goal.opt_in),
        "maintenance-mode": _boolean(config.maintenance_mode),
    }


def _ping(config: Config) -> tuple[ET.Element, ...]:
    if not config.monitor_host:
        return ()
    clone = ET.Element("clone", id=_PING_CLONE)
    meta = ET.SubElement(clone, "meta_attributes", id=f"{_PING_CLONE}-meta_attributes")
    meta.extend(cib.nvpairs(f"{_PING_CLONE}-meta_attributes", {"interleave": "true"}))
    clone.append(
        cib.primitive(
            _PING,
            "ocf:pacemaker:ping",
            params={"host_list": config.monitor_host, "multiplier": "100"},
            operations=[{"name": "monitor", "interval": config.monitor_interval}],
        )
    )
    return (clone,)


def _needs_ping(resource: str) -> ET.Element:
    return cib.location_rule(f"Ping-{resource}", resource, "-INFINITY", "pingd", "lte", "0")


def _boolean(value: bool) -> str:
    return "true" if value else "false"
