# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""When a hypervisor's power-off counts as confirmed. Pure; the heart of the promise.

Two records have to agree, because each of them can mislead alone. The CIB's ``node_fenced`` is
also set by a human's confirmation; the fencing history is forgotten by a restarted fencer and
says nothing about whether the node came back. All of it was observed with Pacemaker 2.1.5 and
3.0.0; ``docs/explanation/recovery.md`` tells the story.
"""

import dataclasses

from fencing_monitor.cluster import Cluster, FenceEvent, Operation, Remote

# How far ``completed`` and ``node_fenced`` of one fence may lie apart: they are rounded apart, and
# the history's value differs by fractions of a second between members.
AGREEMENT = 2
# How far the clocks of the cluster's members may disagree before a fence looks older than it is.
CLOCK_TOLERANCE = 10.0
# What Pacemaker writes as the delegate of ``stonith_admin --confirm``.
HUMAN = "a human"
# rc-code and op-status of an operation that has not ended yet (PCMK_OCF_UNKNOWN, PCMK_EXEC_PENDING).
_PENDING = -1
_OFF = frozenset({"off", "reboot"})
# Agents that cut power: hacluster's two, and the one of its predecessor.
OURS = ("fence_maas", "fence_bmc", "external/maas")


@dataclasses.dataclass(frozen=True)
class Policy:
    """What an operator lets count as evidence."""

    require_fencing: bool = True
    accept_manual_confirmation: bool = False
    trusted_agents: frozenset[str] = frozenset(OURS)
    """Whose success means that the host has no power."""


@dataclasses.dataclass(frozen=True)
class Memory:
    """What is known of a host from the last time it was really online.

    ``spent`` holds the completion times of the fences it has come back from. They can never be
    evidence again, whatever any clock says.
    """

    last_alive: float | None = None
    spent: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Evidence:
    """Why we are sure that a host is off."""

    fenced: int
    delegate: str
    client: str
    devices: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Verdict:
    """The evidence, or the reason why there is none."""

    evidence: Evidence | None
    reason: str = ""


def is_really_online(remote: Remote) -> bool:
    """Return whether a remote is connected, and not merely being tried.

    While a start is in flight towards a dead machine, Pacemaker calls it online, and after ten
    seconds even Started. ``node_fenced`` stays set through that, and the pending start is visible
    in the history of the member that tries.
    """
    if not remote.online or remote.unclean or remote.node_fenced != 0:
        return False
    mine = [one for one in remote.operations if one.member == remote.member]
    if not mine or any(one.status == _PENDING for one in mine):
        return False
    newest = max(mine, key=_age)
    return newest.name in {"start", "monitor", "migrate_from"} and (newest.rc, newest.status) == (
        0,
        0,
    )


def is_lost(remote: Remote) -> bool:
    """Return whether there is a sign that a remote is gone (not the same as not being sure)."""
    if remote.online and not remote.unclean:
        return bool(remote.node_fenced) or _failing(remote)
    return True


def confirm(cluster: Cluster, remote: Remote, memory: Memory, policy: Policy) -> Verdict:
    """Return the evidence that a remote is off, or why it is not confirmed."""
    refusal = _standing(cluster, remote)
    if refusal:
        return Verdict(None, refusal)
    fenced = remote.node_fenced
    assert fenced is not None
    events = cluster.events_of(remote.name)
    if any(event.status == "pending" for event in events):
        return Verdict(None, "a further fencing attempt is pending")
    if memory.last_alive is not None and fenced < memory.last_alive - CLOCK_TOLERANCE:
        return Verdict(None, "the fence is older than the last time the host was alive")
    if any(abs(fenced - old) <= AGREEMENT for old in memory.spent):
        return Verdict(None, "the host has come back since that fence")
    matching = [event for event in events if _matches(event, fenced)]
    if not matching:
        return Verdict(None, "the fencing history has no success for that fence")
    if not policy.accept_manual_confirmation:
        matching = [event for event in matching if event.delegate != HUMAN]
        if not matching:
            return Verdict(None, "a human confirmed it, which the policy does not accept")
    return _by_a_device(cluster, remote.name, matching[0], fenced, policy)


def still_stands(cluster: Cluster, remote: Remote, known: Evidence | None) -> bool:
    """Return whether evidence seen earlier still holds, though the history may have lost it."""
    if known is None or _standing(cluster, remote):
        return False
    pending = any(event.status == "pending" for event in cluster.events_of(remote.name))
    return remote.node_fenced == known.fenced and not pending


def _standing(cluster: Cluster, remote: Remote) -> str:
    if not cluster.quorate:
        return "this part of the cluster has no quorum"
    if is_really_online(remote):
        return "the host is online"
    if remote.unclean:
        return "the host is unclean: fencing has not succeeded"
    if remote.node_fenced is None:
        return "the cluster does not say whether the host was fenced"
    if remote.node_fenced == 0:
        return "the host has not been fenced"
    return ""


def _by_a_device(
    cluster: Cluster, name: str, event: FenceEvent, fenced: int, policy: Policy
) -> Verdict:
    if event.delegate == HUMAN:
        return Verdict(Evidence(fenced, event.delegate, event.client))
    # The history does not tell which device it was. So every way of fencing the host has to have a
    # device that is known to cut power: one that merely answers "success" would be believed.
    ways = _ways(cluster, name)
    if not ways:
        return Verdict(None, "no fencing device is configured for the host")
    trusted = {
        device.name
        for device in cluster.devices
        if device.agent in policy.trusted_agents
        if device.targets is None or name in device.targets
    }
    for way in ways:
        # All devices of a level have to succeed, so one that is trusted is enough.
        if not trusted.intersection(way):
            return Verdict(None, f"{way[-1]} may have fenced it, and is not known to cut power")
    names = tuple(sorted({device for way in ways for device in way}))
    return Verdict(Evidence(fenced, event.delegate, event.client, names))


def _ways(cluster: Cluster, name: str) -> list[tuple[str, ...]]:
    """Return the sequences of devices that Pacemaker may use: levels, or else any that fits."""
    levels = [level.devices for level in cluster.levels if level.target == name and level.devices]
    if levels:
        return levels
    return [
        (device.name,)
        for device in cluster.devices
        if device.targets is None or name in device.targets
    ]


def _matches(event: FenceEvent, fenced: int) -> bool:
    return (
        event.status == "success"
        and event.action in _OFF
        and event.completed is not None
        and abs(event.completed - fenced) <= AGREEMENT
    )


def _failing(remote: Remote) -> bool:
    mine = [one for one in remote.operations if one.member == remote.member]
    return any(one.status == _PENDING and one.name == "start" for one in mine)


def _age(operation: Operation) -> tuple[int, int]:
    return operation.changed, operation.call
