# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The action ``validate``: would the failure of any hypervisor be recovered, and what is in the way?"""

from collections.abc import Iterator, Mapping

import fitness
import hosts_view
import local_monitor
import openstack
from action import Action, Results
from inventory import Hypervisor, Inventory, Segment
from reports import Nothing

_RESERVE_FIRST = ("reserved_host", "rh_priority")
_RESERVE_AT_ALL = (*_RESERVE_FIRST, "auto_priority")
UNSEEN = (
    "not looked at from here: whether the storage of the instances is shared where the sizes of the"
    " hypervisors' disks are equal, the names in MAAS (hacluster's validate-fencing does that), whether the"
    " monitors on the hypervisors run (their units' statuses tell), and how nova's scheduler spreads instances"
    " that come at once (host_subset_size, which decides how fast a recovery is)"
)

Hypervisors = Mapping[str, Hypervisor]


def validate(_: Nothing, __: frozenset[str]) -> Results:
    """Say whether the failure of any hypervisor would be recovered, and what is in the way."""
    cluster, fencing, why = local_monitor.cluster_and_fencing()
    present = openstack.read()
    hypervisors = {one.host: one for one in openstack.hypervisors()}
    problems = [f"the cluster could not be asked: {why}"] if why else []
    if cluster is not None:
        problems += _monitor()
    for row in hosts_view.rows(present, cluster, fencing):
        problems += [f"{row.host}: {problem}" for problem in row.problems]
    problems += [*reserves(present, hypervisors, cluster), *destinations(present)]
    problems += [*capacity(present, hypervisors), *storage(present, hypervisors)]
    ready = "yes" if not problems else "no"
    outcome = hosts_view.counted(len(problems), "problem") if problems else "ready to recover"
    return {"outcome": outcome, "ready": ready, "problems": "\n".join(problems), "unseen": UNSEEN}


ACTIONS = {"validate": Action(Nothing, validate)}


def reserves(
    present: Inventory, hypervisors: Hypervisors, cluster: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield what is wrong with the reserves, and where one is missing."""
    for segment in present.segments:
        kept = [host.name for host in segment.hosts if host.reserved and not host.on_maintenance]
        unfit: set[str] = set()
        for name in kept:
            instances = hypervisors[name].instances if name in hypervisors else 0
            state = None if cluster is None else cluster.get(name, "absent")
            if found := list(fitness.faults(present.service(name), instances, state)):
                unfit.add(name)
                yield f"{name}: a reserve that could not stand in: {'; '.join(found)}"
        if segment.recovery_method in _RESERVE_FIRST and segment.hosts and unfit >= set(kept):
            yield f"segment {segment.name}: {segment.recovery_method}, but no reserve that could stand in"


def destinations(present: Inventory) -> Iterator[str]:
    """Yield that instances would have nowhere to go, if so."""
    usable = [one for one in present.services if one.up and one.enabled and not one.forced_down]
    kept = [host for _, host in present.registered() if host.reserved]
    if present.services and len(usable) + len(kept) < 2:
        yield "there is no second hypervisor for the instances of one that fails"


def capacity(present: Inventory, hypervisors: Hypervisors) -> Iterator[str]:
    """Yield the hosts whose instances would not fit into the memory that is free where they may go.

    As nova counts it, and without overcommitment: with it there may be more room than this says.
    """
    usable = {
        one.host for one in present.services if one.up and one.enabled and not one.forced_down
    }
    for segment in present.segments:
        for host in segment.hosts:
            lost = hypervisors.get(host.name)
            if lost is None or host.reserved or not lost.instances:
                continue
            targets = _targets(segment, usable) - {host.name}
            free = sum(_free(hypervisors[name]) for name in targets if name in hypervisors)
            if lost.memory_used > free:
                yield (
                    f"{host.name}: its instances use {lost.memory_used} MiB,"
                    f" and only {free} MiB are free where they may go"
                )


def storage(present: Inventory, hypervisors: Hypervisors) -> Iterator[str]:
    """Yield the segments whose hypervisors cannot have the same storage: it differs in size.

    Nova counts the file system or the pool in which instances' disks are; where it is shared, all
    hypervisors count the same.
    """
    for segment in present.segments:
        known = [hypervisors[host.name] for host in segment.hosts if host.name in hypervisors]
        if len({one.disk for one in known}) > 1:
            sizes = ", ".join(f"{one.host} {one.disk} GiB" for one in known)
            yield (
                f"segment {segment.name}: the disks of instances are not on shared storage, for the"
                f" sizes differ ({sizes}); only instances on volumes can be recovered"
            )


def _monitor() -> Iterator[str]:
    """Yield that nobody would report a failure, or power its host off, if so."""
    try:
        seen = local_monitor.look()
    except local_monitor.NotHereError as error:
        yield str(error)
        return
    if not local_monitor.home(seen):
        yield "the cluster runs the fencing monitor nowhere: no failure would be reported"
    yield from local_monitor.obstacles(seen)


def _targets(segment: Segment, usable: set[str]) -> set[str]:
    reserved = {host.name for host in segment.hosts if host.reserved and not host.on_maintenance}
    if segment.recovery_method == "reserved_host":
        return reserved
    return usable | (reserved if segment.recovery_method in _RESERVE_AT_ALL else set())


def _free(hypervisor: Hypervisor) -> int:
    return max(0, hypervisor.memory - hypervisor.memory_used)
