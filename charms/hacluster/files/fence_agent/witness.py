# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the storm guard asks of the cluster and of the network. Every question has a time limit.

Asking from inside an agent that Pacemaker runs is safe: neither program waits for the fencing that
is going on. Whoever gets no answer does not cut power.
"""

import concurrent.futures
import dataclasses
import logging
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

from fence_agent import response
from fence_agent.guard import Facts, HeldError, Rule, facts, refusal
from fence_agent.names import same_host
from fence_agent.power import PowerApi
from fence_agent.target import is_lost, last_place, lateness

logger = logging.getLogger(__name__)

CRM_MON = ("/usr/sbin/crm_mon", "--one-shot", "--inactive", "--output-as=xml")
# This member's own copy: it needs nobody's answer, and is part of the vote or Pacemaker would not
# have asked us to fence.
CIBADMIN = ("/usr/sbin/cibadmin", "--query", "--local")
_PINGS = ("/usr/bin/ping", "/bin/ping")

_ANSWER_SECONDS = 5.0
_PING_SECONDS = 2
_FRESH_SECONDS = 5.0
_CONNECT_SECONDS = 2.0
_PARALLEL = 64


class Guard:
    """Stands before the power switch of one host."""

    def __init__(self, rule: Rule, target: str) -> None:
        self._rule = rule
        self._target = target
        self._asked = float("-inf")
        self._late = ""
        self._was_lost: bool | None = None
        self._switched = False
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._response: concurrent.futures.Future[bool] | None = None

    def check(self) -> None:
        """Return if power may be cut; what was found holds for some seconds.

        Raises:
            HeldError: It must not be, or nobody can tell.
        """
        if self._rule.max_hosts is None and not self._rule.monitor_hosts:
            return
        if time.monotonic() - self._asked < _FRESH_SECONDS:
            return
        if self._rule.max_hosts is not None:
            found = listen(ask(self._rule), self._rule, self._target)
            reason = refusal(found, self._rule, self._target)
            if reason:
                raise HeldError(f"{self._target}: {reason}")
            if self._was_lost is None:
                self._was_lost = is_lost(found, self._target)
            self._late = lateness(found, self._target, was_lost=self._was_lost)
            # A dead host takes a second not to answer, in which MAAS is asked.
            place = last_place(found, self._target)
            self._response = place and self._pool.submit(response.responds, place)
        require_network(self._rule.monitor_hosts)
        self._asked = time.monotonic()

    def check_switch(self) -> None:
        """Return if a host that is seen to be on may be switched off.

        One that is off already is what was asked for, whoever else has said so meanwhile.

        Raises:
            HeldError: It must not be, or nobody can tell.
        """
        if self._switched:
            # A second try comes seconds after the first, in which another may have fenced it.
            self._asked = float("-inf")
        self._switched = True
        self.check()
        if self._late:
            raise HeldError(f"{self._target}: {self._late}")
        if self._response and self._response.result():
            raise HeldError(
                f"{self._target}: its pacemaker_remote answers this member: another that lost it has lost its own"
                " way to it. The leader of hacluster has it connected again with its next hook;"
                " release-fencing does so now, and fences it with reconnect=false"
            )


@dataclasses.dataclass(frozen=True)
class GuardedApi:
    """The power switch with the guard before it: the way to it may have been silent for minutes before."""

    api: PowerApi
    guard: Guard

    def power_state(self, machine: str) -> str:
        """Ask the BMC."""
        return self.api.power_state(machine)

    def power(self, machine: str, action: str, comment: str) -> bool:
        """Have a machine switched; false if it cannot be.

        Raises:
            HeldError: Power must not be cut.
        """
        if action == "off":
            self.guard.check_switch()
        return self.api.power(machine, action, comment)


def told(rule: Rule) -> dict[str, Any]:
    """Return what the guard would say now, for whoever wants to know.

    Raises:
        HeldError: The cluster does not answer, or not in time.
    """
    found = listen(ask(rule), rule)
    responding = _all(response.responds, found.missed)
    return {
        "refusal": refusal(found, rule),
        "limit": rule.limit(len(found.remotes)),
        "window": rule.window,
        "remotes": sorted(found.remotes),
        "unclean": sorted(found.unclean),
        "fenced": sorted(found.fenced),
        "silent": sorted(found.silent),
        "alive": sorted({*found.alive, *(name for name, does in responding.items() if does)}),
        "hold": found.hold,
        "released": found.released,
    }


def ask(rule: Rule) -> Facts:
    """Return what the cluster says.

    Raises:
        HeldError: It does not answer, or not in time.
    """
    status = _output(CRM_MON)
    return facts(status, _output(CIBADMIN), rule.window, time.time())


def listen(found: Facts, rule: Rule, target: str = "") -> Facts:
    """Return the facts with those remotes that the cluster calls well and that do not answer.

    That takes a moment if all do, and two seconds otherwise. Nobody is asked when it is decided
    anyway: when the hosts that the cluster calls lost are too many, or more are allowed than there are.
    """
    if refusal(found, rule, target) or rule.limit(len(found.remotes)) >= len(found.remotes):
        return found
    others = {name: place for name, place in found.well.items() if not same_host(name, target)}
    answers = _all(_connects, others)
    silent = frozenset(name for name, answered in answers.items() if not answered)
    return dataclasses.replace(found, silent=silent)


def _all(
    ask: Callable[[tuple[str, int]], bool], places: Mapping[str, tuple[str, int]]
) -> dict[str, bool]:
    """Return everybody's answer to a question, asked of all at once."""
    with concurrent.futures.ThreadPoolExecutor(min(max(len(places), 1), _PARALLEL)) as pool:
        return dict(zip(places, pool.map(ask, places.values()), strict=True))


def _connects(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        # Who refuses is there, and its daemon alone is gone.
        logger.info("%s: %s", place[0], error)
        return isinstance(error, ConnectionRefusedError)
    return True


def require_network(addresses: tuple[str, ...]) -> None:
    """Return if one of the addresses answers, or none is given.

    Raises:
        HeldError: This member is cut off from all of them.
    """
    if not addresses:
        return
    if not any(os.access(each, os.X_OK) for each in _PINGS):
        raise HeldError("monitor_host is set, but ping is not installed (iputils-ping)")
    with concurrent.futures.ThreadPoolExecutor(len(addresses)) as pool:
        if not any(pool.map(_answers, addresses)):
            raise HeldError(
                f"this member reaches none of {', '.join(addresses)} (monitor_host): it may be the"
                " one that is cut off. Another member can fence; repair this one's network"
            )


def _answers(address: str) -> bool:
    program = next((each for each in _PINGS if os.access(each, os.X_OK)), _PINGS[0])
    command = (program, "-n", "-q", "-c", "2", "-i", "0.5", "-w", str(_PING_SECONDS), address)
    try:
        _output(command)
    except HeldError as error:
        logger.info("%s", error)
        return False
    return True


def _output(command: tuple[str, ...]) -> str:
    program = os.path.basename(command[0])
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            # The agent inherits from Pacemaker how its agents should log; that is not for these.
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise HeldError(
            f"{program} does not answer within {_ANSWER_SECONDS:.0f} s; without the cluster's word"
            " no power is cut"
        ) from None
    except OSError as error:
        raise HeldError(
            f"{program}: {error.strerror}; without the cluster's word no power is cut"
        ) from None
    if done.returncode != 0:
        raise HeldError(
            f"{program}: exit code {done.returncode}: {done.stderr.strip()[-200:]}; without the"
            " cluster's word no power is cut"
        )
    return done.stdout
