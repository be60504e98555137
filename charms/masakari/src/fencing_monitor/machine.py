# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The monitor's state and how an observation changes it. Pure: no clock, no network, no file.

``see`` takes in a look at the cluster, ``hear`` an answer of nova or Masakari; each returns the
new state. What should be asked or done next is a function of the state alone (``wants``).
"""

import dataclasses
from collections.abc import Mapping

from fencing_monitor import evidence, knowledge, recovery, returning
from fencing_monitor.cloud import World
from fencing_monitor.cluster import Cluster, Remote
from fencing_monitor.evidence import Memory, Verdict
from fencing_monitor.failure import Failure, Host, Outcome, Phase
from fencing_monitor.requests import Answer
from fencing_monitor.rules import Rules

# How long a host may be missing from the cluster's configuration before its failure is given up.
_REMOVED_AFTER = 60.0
_FORMER_KEPT = 20


@dataclasses.dataclass(frozen=True)
class State:
    """Everything the monitor knows."""

    cluster: Cluster | None = None
    world: World = dataclasses.field(default_factory=World)
    hosts: Mapping[str, Host] = dataclasses.field(default_factory=dict[str, Host])


def see(state: State, cluster: Cluster, rules: Rules) -> State:
    """Take in a look at the cluster.

    A part without quorum sees its own loss as everybody's, so nothing is concluded from it.
    """
    hosts = dict(state.hosts)
    if not cluster.quorate:
        for name, host in hosts.items():
            hosts[name] = _unseen(host)
        return dataclasses.replace(state, cluster=cluster, hosts=hosts)
    for remote in cluster.remotes:
        host = hosts.get(remote.name) or Host(remote.name)
        hosts[remote.name] = _look(host, cluster, remote, rules)
    for name in hosts.keys() - {remote.name for remote in cluster.remotes}:
        hosts[name] = _miss(hosts[name], cluster.at)
    return settle(dataclasses.replace(state, cluster=cluster, hosts=hosts), rules, cluster.at)


def hear(state: State, answer: Answer, rules: Rules) -> State:
    """Take in what came of a request."""
    state = dataclasses.replace(state, world=knowledge.learn(state.world, answer))
    name = getattr(answer.request, "host", None)
    host = state.hosts.get(name) if isinstance(name, str) else None
    if host is not None and host.failure is not None and answer.asked >= host.failure.lost:
        failure = recovery.conclude(host.failure, answer)
        changed = dataclasses.replace(host, failure=failure)
        state = dataclasses.replace(state, hosts={**state.hosts, host.name: changed})
    return settle(state, rules, answer.at)


def settle(state: State, rules: Rules, now: float) -> State:
    """Bring every failure as far as what is known allows."""
    hosts = {name: _settle(host, state.world, rules, now) for name, host in state.hosts.items()}
    world = knowledge.forget(state.world, hosts.values())
    return dataclasses.replace(state, hosts=hosts, world=world)


def _settle(host: Host, world: World, rules: Rules, now: float) -> Host:
    if host.failure is None:
        return host
    failure = recovery.advance(host.failure, host, world, rules, now)
    over = failure.returned is not None and not failure.is_open
    if over and not (failure.forced_by_us and rules.clear_forced_down):
        failure = returning.advance(failure, host, world, rules, now)
        if not returning.is_awaited(failure, rules):
            return _close(host, failure)
    return dataclasses.replace(host, failure=failure)


def _look(host: Host, cluster: Cluster, remote: Remote, rules: Rules) -> Host:
    if evidence.is_really_online(remote):
        return _alive(host, cluster, is_watched=remote.is_watched)
    host = _unseen(host)
    failure = host.failure
    if failure is not None and failure.returned is not None and evidence.is_lost(remote):
        host, failure = _close(host, failure), None
    if failure is None:
        if not evidence.is_lost(remote):
            return host
        inherited = bool(host.former) and host.former[-1].forced_by_us
        failure = Failure(host.name, cluster.at, forced_by_us=inherited).note(cluster.at, "lost")
    failure = dataclasses.replace(failure, absent=None)
    verdict = evidence.confirm(cluster, remote, host.memory, rules.policy)
    failure = _weigh(_watch_fencing(failure, cluster), verdict, cluster.at)
    if failure.phase is Phase.LOST and not rules.policy.require_fencing:
        failure = _sample(failure, remote, cluster.at, rules)
    certain = verdict.evidence is not None or evidence.still_stands(
        cluster, remote, failure.evidence
    )
    if failure.evidence is None and failure.phase is not Phase.LOST:
        certain = True  # reported by samples: fencing is not required
    return dataclasses.replace(host, failure=failure, is_certain=certain)


def _watch_fencing(failure: Failure, cluster: Cluster) -> Failure:
    """Note when a power-off is first seen under way: the history tells only when it ended."""
    events = cluster.events_of(failure.host)
    pending = next((event for event in events if event.status == "pending"), None)
    if pending is None or failure.fencing is not None or failure.phase is not Phase.LOST:
        return failure
    failure = dataclasses.replace(failure, fencing=cluster.at)
    return failure.note(cluster.at, "fencing begun", f"asked by {pending.client or 'unknown'}")


def _weigh(failure: Failure, verdict: Verdict, now: float) -> Failure:
    """Take in whether the power-off is confirmed."""
    found = verdict.evidence
    if failure.phase is not Phase.LOST:
        known = failure.evidence
        if (
            found is None
            or known is None
            or abs(found.fenced - known.fenced) <= evidence.AGREEMENT
        ):
            return failure
        # The whole cluster was restarted, say, and could not know that the host was off.
        return dataclasses.replace(failure, evidence=found).note(now, "fenced again")
    if found is None:
        if verdict.reason == failure.reason:
            return failure
        failure = dataclasses.replace(failure, reason=verdict.reason)
        return failure.note(now, "not confirmed", verdict.reason)
    by = f"by {found.delegate or 'unknown'}, asked by {found.client or 'unknown'}"
    confirmed = dataclasses.replace(
        failure, phase=Phase.CONFIRMED, evidence=found, confirmed=now, reason=""
    )
    return confirmed.note(float(found.fenced), "fenced", by).note(now, "power-off confirmed")


def _sample(failure: Failure, remote: Remote, now: float, rules: Rules) -> Failure:
    """Count how often a host was seen offline, where fencing is not required."""
    if remote.maintenance:
        return dataclasses.replace(failure, samples=0)
    failure = dataclasses.replace(failure, samples=failure.samples + 1)
    if failure.samples < rules.offline_samples:
        return failure
    # nova is not told: a host that may still run must not be called certainly down. The engine
    # waits (evacuation-delay) until nova itself has missed the host's reports.
    failure = dataclasses.replace(failure, phase=Phase.DOWN, confirmed=now, down=now, reason="")
    return failure.note(now, "offline, power-off not confirmed", f"{failure.samples} samples")


def _unseen(host: Host) -> Host:
    """Return the host without what only a look at it being online can tell."""
    return dataclasses.replace(host, is_certain=False, really_online=False, is_watched=False)


def _alive(host: Host, cluster: Cluster, *, is_watched: bool) -> Host:
    spent = {one.completed for one in cluster.events_of(host.name) if one.completed is not None}
    memory = Memory(cluster.at, tuple(sorted(spent)))
    host = dataclasses.replace(
        host, memory=memory, really_online=True, is_certain=False, is_watched=is_watched
    )
    failure = host.failure
    if failure is None or failure.returned is not None:
        return host
    if failure.phase is Phase.LOST and not failure.forced_by_us:
        return dataclasses.replace(host, failure=None)  # gone for a moment, never fenced
    failure = dataclasses.replace(failure, returned=cluster.at).note(cluster.at, "back online")
    if failure.phase in {Phase.LOST, Phase.CONFIRMED, Phase.DOWN}:
        outcome = failure.outcome or Outcome.RETURNED
        failure = dataclasses.replace(failure, phase=Phase.ENDED, outcome=None)
        failure = failure.end(cluster.at, outcome)
    return dataclasses.replace(host, failure=failure)


def _miss(host: Host, now: float) -> Host:
    """Take in that the cluster's configuration no longer has the host."""
    host = _unseen(host)
    failure = host.failure
    if failure is None or failure.phase is Phase.REPORTED:
        return host  # what Masakari has begun is followed to its end all the same
    if failure.absent is None:
        return dataclasses.replace(host, failure=dataclasses.replace(failure, absent=now))
    if now - failure.absent < _REMOVED_AFTER:
        return host
    if failure.is_open and failure.evidence is not None:
        failure = dataclasses.replace(failure, outcome=None).end(now, Outcome.REMOVED)
    return _close(host, failure) if failure.outcome else dataclasses.replace(host, failure=None)


def _close(host: Host, failure: Failure) -> Host:
    former = (*host.former, failure)[-_FORMER_KEPT:]
    return dataclasses.replace(host, failure=None, former=former)
