# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The edges put together: what carries out a request, and what knows the cluster."""

import time
from collections.abc import Callable

from fencing_monitor import database, evidence, hosts, pacemaker
from fencing_monitor.evidence import Evidence
from fencing_monitor.failure import Host
from fencing_monitor.journal import Journal
from fencing_monitor.requests import Answer, GiveUp, Problem, Request, ReturnHost, SyncHistory
from fencing_monitor.settings import Settings
from fencing_monitor.upkeep import Keeper
from fencing_monitor.work import HostError


def asker(settings: Settings) -> Callable[[Request], Answer]:
    """Return what carries out requests, whatever edge they are for."""
    # Imported late: explain needs none of it, and it is most of the program's memory.
    from fencing_monitor.openstack import Cloud

    cloud = Cloud(settings)

    def ask(request: Request) -> Answer:
        asked, value = time.time(), None
        try:
            if isinstance(request, SyncHistory):
                pacemaker.sync_history(request.host)
            elif isinstance(request, GiveUp):
                value = database.give_up(settings.masakari_conf, request)
            elif isinstance(request, ReturnHost):
                reasons = settings.disabled_reasons
                steps = hosts.restore_host(cloud.ask, keeper(), request.host, reasons)
                value = ", ".join(step.what for step in steps if step.changed)
            else:
                return cloud.ask(request)
        except (pacemaker.PacemakerError, database.DatabaseError, HostError) as error:
            return Answer(request, asked, time.time(), problem=Problem(str(error)))
        return Answer(request, asked, time.time(), value)

    return ask


def keeper() -> Keeper:
    """Return the cluster, which watches hosts or leaves them alone."""
    reader = pacemaker.Reader()
    return Keeper(lambda: reader.read(time.time(), 0.0))


def certainty(settings: Settings) -> Callable[[str], Evidence]:
    """Return what tells the evidence that a host is off, by the rules that the monitor has.

    With what a monitor that ran on this machine remembers; without it by what one knows that starts anew.
    """
    reader = pacemaker.Reader()
    remembered = Journal(settings.journal_directory).read()

    def certain(name: str) -> Evidence:
        known = remembered.get(name, Host(name))
        cluster = reader.read(time.time(), 0.0)
        remote = cluster.remote(name)
        if remote is None:
            raise HostError(f"the cluster has no remote named {name}")
        verdict = evidence.confirm(cluster, remote, known.memory, settings.rules.policy)
        earlier = known.failure.evidence if known.failure else None
        if verdict.evidence is not None:
            return verdict.evidence
        if earlier is not None and evidence.still_stands(cluster, remote, earlier):
            return earlier
        raise HostError(f"{name} is not known to be off: {verdict.reason}")

    return certain
