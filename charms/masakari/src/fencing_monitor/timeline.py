# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The timelines and metrics as others read them: JSON and Prometheus' text. Pure."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from fencing_monitor import census
from fencing_monitor.failure import Failure, Host, Instance, Outcome, Phase
from fencing_monitor.machine import State


def render(state: State, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return everything worth telling as a JSON document, newest failure first.

    Args:
        state: The monitor's state.
        facts: What the loop knows of itself (start time, problems with the APIs).
    """
    failures = [(failure, host) for host in state.hosts.values() for failure in _failures(host)]
    failures.sort(key=lambda pair: pair[0].lost, reverse=True)
    cluster = state.cluster
    return {
        "monitor": dict(facts),
        "cluster": {
            "seen": _time(cluster.at) if cluster else None,
            "quorate": bool(cluster and cluster.quorate),
        },
        "hosts": [_host(state.hosts[name], state) for name in sorted(state.hosts)],
        "failures": [_failure(failure) for failure, _ in failures],
    }


def metrics(state: State, counters: Mapping[str, float]) -> str:
    """Return the state as Prometheus' text format."""
    hosts = state.hosts.values()
    present = [host.failure for host in hosts if host.failure is not None]
    lines = _samples("gauge", "here", [("", True)])
    lines += _samples(
        "gauge", "host_online", ((f'host="{h.name}"', h.really_online) for h in hosts)
    )
    without = (
        (f'host="{h.name}",reason="{reason}"', 1)
        for h in hosts
        for reason in census.unprotected(state.world, h.name)
    )
    lines += _samples("gauge", "host_unprotected", without)
    lines += _samples("gauge", "host_failed", ((_labels(one), 1) for one in present))
    phases = ((f'phase="{one.value}"', _count(present, one)) for one in Phase)
    lines += _samples("gauge", "failures_present", phases)
    every = [failure for host in hosts for failure in _failures(host)]
    outcomes = (
        (f'outcome="{one.value}"', sum(1 for failure in every if failure.outcome is one))
        for one in Outcome
    )
    lines += _samples("gauge", "failures_remembered", outcomes)
    lines += _samples("gauge", "phase_seconds", _durations(every))
    cluster = state.cluster
    lines += _samples("gauge", "quorate", [("", bool(cluster and cluster.quorate))])
    lines += _samples("gauge", "cluster_seen_seconds", [("", cluster.at if cluster else 0.0)])
    for name, value in sorted(counters.items()):
        family, _, labels = name.partition("{")
        lines += [f"{_PREFIX}{family}{'{' + labels if labels else ''} {_number(value)}"]
    return "\n".join(lines) + "\n"


_PREFIX = "masakari_fencing_monitor_"


def _samples(kind: str, name: str, values: Iterable[tuple[str, float]]) -> list[str]:
    full = _PREFIX + name
    samples = [
        f"{full}{{{labels}}} {_number(value)}" if labels else f"{full} {_number(value)}"
        for labels, value in values
    ]
    return [f"# TYPE {full} {kind}", *samples]


def _number(value: float) -> str:
    # Of a time the six digits that "g" alone would leave are hours.
    return f"{value:.15g}"


def _labels(failure: Failure) -> str:
    outcome = failure.outcome.value if failure.outcome else ""
    return f'host="{failure.host}",phase="{failure.phase.value}",outcome="{outcome}"'


def _durations(failures: Iterable[Failure]) -> Iterable[tuple[str, float]]:
    """Yield how long each phase of the newest failure of each host took."""
    newest = {failure.host: failure for failure in sorted(failures, key=lambda one: one.lost)}
    for failure in newest.values():
        fenced = float(failure.evidence.fenced) if failure.evidence else None
        begun = [one.started for one in failure.instances if one.started is not None]
        steps = {
            "fence-start": (failure.lost, failure.fencing),
            "fence": (failure.lost, fenced),
            "notice": (fenced, failure.confirmed),
            "force-down": (failure.confirmed, failure.down),
            "report": (failure.down, failure.attempted),
            "engine-start": (failure.attempted, min(begun, default=None)),
            "recovery": (failure.attempted, _ended(failure)),
            "return": (failure.lost, failure.returned),
        }
        for name, (start, end) in steps.items():
            if start is not None and end is not None:
                yield f'host="{failure.host}",phase="{name}"', round(max(0.0, end - start), 3)


def _ended(failure: Failure) -> float | None:
    settled = [one.ended for one in failure.instances if one.ended is not None]
    return max(settled, default=None) if failure.phase is Phase.ENDED else None


def _count(failures: Iterable[Failure], phase: Phase) -> int:
    return sum(1 for failure in failures if failure.phase is phase)


def _failures(host: Host) -> tuple[Failure, ...]:
    return (*host.former, host.failure) if host.failure else host.former


def _host(host: Host, state: State) -> dict[str, Any]:
    failure = host.failure
    return {
        "name": host.name,
        "online": host.really_online,
        "last_alive": _time(host.memory.last_alive),
        "phase": failure.phase.value if failure else None,
        "failure": failure.id if failure else None,
        "unprotected": list(census.unprotected(state.world, host.name)),
        "why_not_confirmed": failure.reason if failure and failure.phase is Phase.LOST else "",
    }


def _failure(failure: Failure) -> dict[str, Any]:
    evidence = failure.evidence
    return {
        "id": failure.id,
        "host": failure.host,
        "phase": failure.phase.value,
        "outcome": failure.outcome.value if failure.outcome else None,
        "lost": _time(failure.lost),
        "fencing": _time(failure.fencing),
        "fenced": _time(evidence.fenced) if evidence else None,
        "confirmed": _time(failure.confirmed),
        "forced_down": _time(failure.down),
        "reported": _time(failure.attempted),
        "returned": _time(failure.returned),
        "homecoming": failure.homecoming or None,
        "evidence": {
            "delegate": evidence.delegate,
            "client": evidence.client,
            "devices": list(evidence.devices),
        }
        if evidence
        else None,
        "notifications": list(failure.notifications),
        "status": failure.status,
        "stalled": failure.stalled,
        "instances": [_instance(one) for one in failure.instances],
        "timeline": [
            {
                "at": _time(moment.at),
                "after_seconds": round(moment.at - failure.lost, 3),
                "what": moment.what,
                "detail": moment.detail,
            }
            for moment in sorted(failure.moments, key=lambda one: one.at)
        ],
    }


def _instance(instance: Instance) -> dict[str, Any]:
    return {
        "uuid": instance.uuid,
        "name": instance.name,
        "outcome": instance.outcome or None,
        "move": instance.move or None,
        "destination": instance.destination or None,
        "started": _time(instance.started),
        "ended": _time(instance.ended),
        "detail": instance.detail,
    }


def _time(moment: float | None) -> str | None:
    if moment is None:
        return None
    found = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
