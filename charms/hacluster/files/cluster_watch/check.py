# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A check for Nagios: exit code 0, 1, 2 or 3, and one line that says why."""

import argparse
import dataclasses
import subprocess
import sys
from collections.abc import Iterator, Sequence

from cluster_watch.state import COMMAND, State, parse

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
ALERT_TYPES = {"ignore": OK, "warning": WARNING, "critical": CRITICAL}
_TIMEOUT = 30  # seconds
_SUDO = ("/usr/bin/sudo", "--non-interactive")

Finding = tuple[int, str]


@dataclasses.dataclass(frozen=True)
class Limits:
    """From when on what counts as what."""

    failed_actions: int = OK
    """What a failed action is."""
    warn: int = 0
    """Failures of a resource on a node from which on it is a warning; 0 is never."""
    crit: int = 0


def verdict(state: State, limits: Limits) -> Finding:
    """Return the worst of what there is to say, and all of it in one line."""
    found = sorted(_findings(state, limits), reverse=True)
    if not found:
        online = sum(node.online for node in state.nodes)
        return OK, f"{online} of {len(state.nodes)} nodes online, {len(state.resources)} resources"
    return found[0][0], "; ".join(text for _, text in found)


def _findings(state: State, limits: Limits) -> Iterator[Finding]:
    if not state.quorate:
        yield CRITICAL, "no quorum"
    if state.maintenance:
        yield WARNING, "cluster in maintenance mode"
    yield from _nodes(state)
    if not state.maintenance:
        yield from _resources(state)
    for (node, resource), count in sorted(state.fail_counts.items()):
        if limits.crit and count >= limits.crit:
            yield CRITICAL, f"{resource} failed {count} times on {node}"
        elif limits.warn and count >= limits.warn:
            yield WARNING, f"{resource} failed {count} times on {node}"
    if limits.failed_actions != OK:
        for action in state.failed_actions:
            yield limits.failed_actions, f"failed: {action}"


def _nodes(state: State) -> Iterator[Finding]:
    for node in state.nodes:
        if node.unclean:
            how = "online" if node.online else "offline"
            yield CRITICAL, f"{node.kind} {node.name} UNCLEAN ({how})"
        elif not node.online and not node.maintenance:
            yield CRITICAL, f"{node.kind} {node.name} OFFLINE"


def _resources(state: State) -> Iterator[Finding]:
    lost = {node.name for node in state.nodes if not node.online}
    for resource in state.resources:
        if resource.failed or resource.blocked:
            if resource.name not in lost:  # the connection to a lost host; said already
                yield CRITICAL, f"{resource.name} {'failed' if resource.failed else 'blocked'}"
        elif not resource.running and resource.wanted and resource.name not in lost:
            yield CRITICAL, f"{resource.name} stopped"
        elif not resource.managed:
            yield WARNING, f"{resource.name} unmanaged"


def ask() -> State:
    """Return the cluster's state, asked as root: it is for nobody else to see.

    Raises:
        ValueError: It cannot be had.
    """
    try:
        done = subprocess.run(
            (*_SUDO, *COMMAND), capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"crm_mon cannot be run: {error}") from None
    if done.returncode != 0:
        raise ValueError(f"Pacemaker does not answer: {done.stderr.strip()[-200:]}")
    return parse(done.stdout)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line, and return what Nagios makes of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-s", "--standby", action="store_true", help="accepted; standby is fine")
    parser.add_argument("--failedactions", choices=sorted(ALERT_TYPES), default="ignore")
    parser.add_argument("--failcount-warn", type=int, default=0)
    parser.add_argument("--failcount-crit", type=int, default=0)
    given = parser.parse_args(arguments)
    limits = Limits(ALERT_TYPES[given.failedactions], given.failcount_warn, given.failcount_crit)
    try:
        code, text = verdict(ask(), limits)
    except ValueError as error:
        code, text = CRITICAL, str(error)
    print(f"CRM {_WORDS[code]}: {text}")
    return code


if __name__ == "__main__":
    sys.exit(main())
