# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The loop: looks at the cluster, carries requests to the edges, keeps the journal.

The cluster is looked at in this thread, at a steady pace; nova and Masakari are asked in a few
others, so that an API that hangs delays nothing but itself. Only this thread changes the state.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fencing_monitor import journal, machine, timeline, wants
from fencing_monitor.cluster import Cluster
from fencing_monitor.failure import Failure, Host
from fencing_monitor.machine import State
from fencing_monitor.pacemaker import PacemakerError
from fencing_monitor.requests import Answer, Request, Wanted
from fencing_monitor.rules import Rules

logger = logging.getLogger(__name__)

_WORKERS = 4
_BACKOFF_MAX = 30.0
# How old what is known of the CIB may be while crm_mon shows no change (seconds): with every host
# alive, and with hosts that are only waited for to come back.
_CIB_QUIET, _CIB_WAITING = 30.0, 5.0
# How many times longer the pace is while nothing is failing.
_LEISURE = 2.0
# A look at the cluster that is older than this makes the monitor unhealthy (seconds).
_BLIND_AFTER = 30.0


class Backoff:
    """How long to leave an API alone that does not answer: doubling, with jitter."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0.0

    def failed(self, now: float) -> None:
        """Take in that the API did not answer."""
        self.failures += 1
        ceiling = min(_BACKOFF_MAX, 2.0 ** min(self.failures - 1, 10))
        # Jitter so that several monitors do not fall upon an API at once; no secret depends on it.
        self.until = now + ceiling * random.uniform(0.5, 1.0)  # noqa: S311

    def answered(self) -> None:
        """Take in that the API answered."""
        self.failures, self.until = 0, 0.0


class Loop:
    """One monitor at work."""

    def __init__(
        self,
        *,
        look: Callable[[float, float], Cluster],
        ask: Callable[[Request], Answer],
        memory: journal.Journal,
        rules: Rules,
        interval: float = 1.0,
        clock: Callable[[], float] = time.time,
    ):
        self._look, self._ask, self._memory = look, ask, memory
        self._rules, self._interval, self._clock = rules, interval, clock
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._under_way: set[Request] = set()
        self._last: dict[Request, float] = {}
        self._backoff: dict[str, Backoff] = {}
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="api")
        self._stop = threading.Event()
        self._wake = threading.Event()
        self.counters: dict[str, float] = {}
        self.problem = ""
        self.started = clock()
        self.state = State(hosts=memory.read())

    def run(self) -> None:
        """Work until stopped."""
        next_look = time.monotonic()
        while not self._stop.is_set():
            if time.monotonic() >= next_look:
                self._see()
                next_look = time.monotonic() + self._pause()
            self._hear()
            self._dispatch()
            self._wake.wait(max(0.0, next_look - time.monotonic()))
            self._wake.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def settle(self, timeout: float) -> None:
        """Work until nothing is under way and nothing more is wanted at once, then stop."""
        end = time.monotonic() + timeout
        self._see()
        while time.monotonic() < end:
            self._hear()
            self._dispatch()
            if not self._under_way and self._answers.empty():
                break
            self._wake.wait(0.2)
            self._wake.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def stop(self) -> None:
        """Make ``run`` return."""
        self._stop.set()
        self._wake.set()

    def document(self) -> dict[str, Any]:
        """Return the timeline document."""
        facts = {"started": self.started, "problem": self.problem, "waiting": self._waiting()}
        return timeline.render(self.state, facts)

    def metrics(self) -> str:
        """Return the metrics page."""
        return timeline.metrics(self.state, dict(self.counters))

    def health(self) -> tuple[bool, str]:
        """Return whether the cluster is being watched, and a sentence."""
        seen = self.state.cluster.at if self.state.cluster else 0.0
        age = self._clock() - seen
        if age > _BLIND_AFTER:
            return False, self.problem or "the cluster has not been seen yet"
        return True, f"the cluster was seen {age:.1f} s ago"

    def _pause(self) -> float:
        """Return how long to leave the cluster alone: a loss comes some seconds before a fence."""
        if any(failure.is_open for failure in self._failures()):
            return self._interval
        return self._interval * _LEISURE

    def _failures(self) -> list[Failure]:
        return [host.failure for host in self.state.hosts.values() if host.failure is not None]

    def _see(self) -> None:
        failures, cib_every = self._failures(), _CIB_QUIET
        if failures:
            cib_every = 0.0 if any(one.is_open for one in failures) else _CIB_WAITING
        try:
            cluster = self._look(self._clock(), cib_every)
        except PacemakerError as error:
            self._count("cluster_errors_total")
            if str(error) != self.problem:
                logger.warning("cannot see the cluster: %s", error)
            self.problem = str(error)
            return
        self.problem = ""
        self._become(machine.see(self.state, cluster, self._rules))

    def _hear(self) -> None:
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return
            self._under_way.discard(answer.request)
            self._last[answer.request] = self._clock()
            self._judge(answer)
            self._become(machine.hear(self.state, answer, self._rules))

    def _judge(self, answer: Answer) -> None:
        """Keep count of an API's failures; a refusal (4xx) is an answer."""
        api, problem = answer.request.api, answer.problem
        backoff = self._backoff.setdefault(api, Backoff())
        if problem is None or problem.refused:
            backoff.answered()
            if problem is not None and problem.code in {401, 403}:
                logger.warning("%s refuses: %s", api, problem.message)
            return
        backoff.failed(self._clock())
        self._count(f'api_errors_total{{api="{api}"}}')
        if backoff.failures == 1 or backoff.failures % 20 == 0:
            logger.warning("%s does not answer (%d): %s", api, backoff.failures, problem.message)

    def _dispatch(self) -> None:
        now = self._clock()
        chosen = wants.wanted(self.state, self._rules, now)
        for one in chosen:
            if self._may_send(one, now):
                self._under_way.add(one.request)
                if one.request.changes:
                    logger.info("ordering %s", one.request)
                self._pool.submit(self._carry, one.request)
        if not chosen:
            self._last.clear()

    def _may_send(self, wanted: Wanted, now: float) -> bool:
        request = wanted.request
        last = self._last.get(request)
        backoff = self._backoff.get(request.api)
        if request in self._under_way or (backoff is not None and now < backoff.until):
            return False
        # A clock that was set back must not silence the monitor.
        return last is None or not 0 <= now - last < wanted.every

    def _carry(self, request: Request) -> None:
        self._answers.put(self._ask(request))
        self._wake.set()

    def _become(self, state: State) -> None:
        """Take on a new state, once the journal has what is worth keeping of it."""
        before = self.state.hosts
        changed = [
            host
            for name, host in state.hosts.items()
            if host is not before.get(name) and journal.worth_writing(before.get(name), host)
        ]
        try:
            self._memory.write(*changed)
        except OSError as error:
            # What was reported is found again in Masakari; a full disk must not stop a recovery.
            self._count("journal_errors_total")
            logger.error("cannot write the journal: %s", error)
        for host in changed:
            self._log(before.get(host.name), host)
        self.state = state

    def _log(self, before: Host | None, after: Host) -> None:
        newest = after.failure or (after.former[-1] if after.former else None)
        if newest is None:
            return
        known = (
            before.failure
            if before and before.failure and before.failure.id == newest.id
            else None
        )
        for moment in newest.moments[len(known.moments) if known else 0 :]:
            detail = f" ({moment.detail})" if moment.detail else ""
            logger.info("%s: %s%s", newest.host, moment.what, detail)

    def _waiting(self) -> dict[str, float]:
        now = self._clock()
        return {
            api: round(one.until - now, 1) for api, one in self._backoff.items() if one.until > now
        }

    def _count(self, name: str) -> None:
        self.counters[name] = self.counters.get(name, 0.0) + 1
