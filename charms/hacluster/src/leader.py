# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the leader does for the cluster as a whole: its configuration, and who belongs to it."""

import dataclasses
import logging
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import bmc
import cib
import cluster
import crm_mon
import fencing
import former
import losses
import matching
import pacemaker
import plan
import reach
import remotes
from config import Config
from instance_ha.interfaces.pacemaker_remote import Remote

logger = logging.getLogger(__name__)

_CONNECT = 45.0  # seconds for new remotes to connect, tries on several members included


@dataclasses.dataclass(frozen=True)
class Desires:
    """What everybody wants of the cluster."""

    config: Config
    members: frozenset[str]
    member_ids: frozenset[int]
    """Ids of all units, also of those that have not told their names yet."""
    remotes: tuple[Remote, ...]
    principal: plan.Part | None
    deleted: frozenset[str]
    report: matching.Report
    bmcs: frozenset[str] = frozenset()
    """Names of hosts in the description of BMCs."""
    unrefreshed: tuple[str, ...] = ()
    """Members that are units of the predecessor still."""


def configure(desires: Desires) -> bool:
    """Make the cluster what is wanted of it. Return whether anything changed."""
    status = pacemaker.status()
    if status is None or not status.quorate:
        logger.info("no quorum; the cluster's configuration stays as it is")
        return False
    configuration = pacemaker.configuration()
    if not _may_begin(desires, configuration, status):
        logger.info("not all members are online and ours; the first configuration waits")
        return False
    present = {host.name: host.address for host in remotes.present(configuration)}
    before = set(present)
    desires = _where_they_answer(desires, present)
    wanted = {host.hostname for host in desires.remotes}
    changed = _commit(desires)
    leavers = _leavers(desires, status)
    if before - wanted or leavers:
        watched = {host.name for host in remotes.present(pacemaker.configuration())}
        former.await_gone(before - watched, leavers, timeout=_CONNECT)
    new = wanted - before
    if new and pacemaker.wait(lambda: _all_online(new), timeout=_CONNECT):
        # Only a host that has been seen alive gets a device: one that is added while it cannot be
        # reached would be powered off for that.
        changed |= _commit(desires)
    _look_after_nodes(desires)
    if leavers:
        # Those that are forgotten by now need no device any more.
        changed |= _commit(desires)
    return changed


def _where_they_answer(desires: Desires, present: Mapping[str, str]) -> Desires:
    """Leave out hosts that are new and do not answer; leave the others where they answered before.

    The cluster takes a host that it cannot connect to for lost at once, and until that one is fenced,
    which nothing could do yet with a new one, it holds up the rest.

    Args:
        desires: What everybody wants.
        present: Addresses of the hosts that are watched, by their names.
    """
    moved = [
        remotes.Watched(host.hostname, host.address)
        for host in desires.remotes
        if present.get(host.hostname) != host.address
    ]
    silent = {host.name for host in moved} - reach.answering(moved) if moved else set[str]()
    for name in sorted(silent):
        kept = f"; it stays at {present[name]}" if name in present else ", and is not watched yet"
        logger.warning("%s does not answer at its address%s", name, kept)
    hosts = tuple(
        host.model_copy(update={"address": present[host.hostname]})
        if host.hostname in silent
        else host
        for host in desires.remotes
        if host.hostname not in silent or host.hostname in present
    )
    return dataclasses.replace(desires, remotes=hosts)


def _may_begin(desires: Desires, configuration: ET.Element, status: crm_mon.Status) -> bool:
    if cib.owned(configuration, plan.CHARM) is not None:
        return True
    if desires.unrefreshed:
        return False  # they have no program for our fencing devices
    # With the first configuration fencing begins, and members that are about to start must not
    # be taken for lost.
    online = {node.name for node in status.members if node.online}
    return online >= desires.members


def _commit(desires: Desires) -> bool:
    return pacemaker.commit(lambda present: plan.apply(present, _wanted(desires, present)))


def _wanted(desires: Desires, present: ET.Element) -> plan.Wanted:
    status = pacemaker.status()
    hosts = {
        remote.hostname: remotes.Watched(remote.hostname, remote.address)
        for remote in desires.remotes
    }
    held = _held(hosts, present, status)
    fenced = _fenced(desires, present, status, frozenset(held))
    goal = cluster.Goal(
        config=desires.config,
        members=desires.members,
        leavers=_leavers(desires, status),
        remotes=tuple(sorted((hosts | held).values())),
        fenced=fenced,
        # Without a device for any of them, a lost remote would stay unclean and hold up the rest.
        fencing=not desires.remotes or any(remote.fencing_name for remote in desires.remotes),
        opt_in=any(remote.runs_resources is False for remote in desires.remotes),
        principal=desires.principal,
        deleted=desires.deleted,
    )
    return cluster.wanted(goal, present)


def _leavers(desires: Desires, status: crm_mon.Status | None) -> frozenset[str]:
    """Return members that have left the ring and that the cluster still knows."""
    known = frozenset(node.name for node in status.members) if status else frozenset[str]()
    return known - desires.members


def _held(
    wanted: Mapping[str, object], present: ET.Element, status: crm_mon.Status | None
) -> dict[str, remotes.Watched]:
    """Return remotes that nobody wants any more but that are lost and not fenced yet.

    To remove one would make the cluster forget that it may still be running.
    """
    owned = cib.owned(present, plan.CHARM) or frozenset()
    unclean = {node.name for node in status.remotes if node.unclean} if status else set[str]()
    return {
        host.name: host
        for host in remotes.present(present)
        if host.name in owned and host.name not in wanted and host.name in unclean
    }


def _fenced(
    desires: Desires, present: ET.Element, status: crm_mon.Status | None, held: frozenset[str]
) -> fencing.Fenced:
    now, known = fencing.present(present), desires.report.machines
    entries = bmc.match(desires.bmcs, [host.hostname for host in desires.remotes]).entries
    asking = {host.hostname: host.fencing_name for host in desires.remotes if host.fencing_name}
    # Whatever anybody says today: which machine a host is was settled when it was alive.
    machines = {host: it for host, it in now.machines.items() if host in asking or host in held}
    bmcs = {host: it for host, it in now.bmcs.items() if host in held}
    for host, name in asking.items():
        machine = known.get(name) if host not in machines else None
        # One that can be powered off already may get a second way while it is lost.
        entry = entries.get(host)
        if not machine and (entry is None or host in now.names):
            is_alive = False  # it does not matter, and costs time to find out
        else:
            is_alive = bool(status and remotes.is_really_online(host, present, status))
        if machine and is_alive:
            machines[host] = machine
        if entry is not None and (host in now.names or is_alive):
            bmcs[host] = entry
    return fencing.Fenced(machines, bmcs)


def _all_online(names: set[str]) -> bool:
    status = pacemaker.status()
    if status is None:
        return False
    configuration = pacemaker.configuration()
    return all(remotes.is_really_online(name, configuration, status) for name in names)


def _look_after_nodes(desires: Desires) -> None:
    # One look for both: with hundreds of remotes each costs the coordinator a second.
    status = pacemaker.status()
    if status is None:
        return
    configuration = pacemaker.configuration()
    losses.recover(
        configuration,
        status,
        without_maas=bool(desires.report.problems),
        timeout=desires.config.fencing_timeout,
    )
    former.forget_departed(desires.member_ids, configuration, status)
