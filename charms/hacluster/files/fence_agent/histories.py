# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Who had a connection to a host, and until when, as the members' histories tell. All pure.

A member that is cut off loses the connections that it holds, and writes that down as failures of
the hosts. The others connect to those hosts meanwhile. When it is back its history counts again,
and Pacemaker wants a healthy host fenced for it, "remote connection is unrecoverable": seen with
Pacemaker 3.0.0, members without a network for a minute. Pacemaker keeps such a failure until the
host has been fenced, so the charm's leader has to make it forget (losses.py).
"""

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterable

_OPENS = frozenset({"start", "migrate_from", "monitor"})
_CLOSES = frozenset({"stop", "migrate_to"})
_NOT_RUNNING = 7  # what a look at a connection answers that is not open
_PENDING = "-1"


@dataclasses.dataclass(frozen=True)
class History:
    """What one member has done about one host. Moments are seconds since the epoch."""

    member: str
    opened: float | None
    """When it last found the connection open; ``None`` if it never did."""
    closed: float | None
    """When it last closed it."""
    failed: float | None
    """When it last failed."""

    @property
    def end(self) -> float:
        """Until when this member has had the connection; that is still open if it has not ended."""
        if self.opened is None:
            return float("-inf")
        ends = [at for at in (self.closed, self.failed) if at is not None and at >= self.opened]
        return min(ends, default=float("inf"))


def witnesses(cib: ET.Element) -> dict[str, str]:
    """Return which member has had a connection to a host after every failure that was told of it.

    Args:
        cib: The whole of it.

    Returns:
        The members by the hosts' names, without hosts to which nobody has had one, or of which no failure was
        told: then it is something else for which they are to be fenced.
    """
    histories: dict[str, list[History]] = {}
    # Once through all of it: with hundreds of hosts a search for each would take more than a second.
    for state in cib.iterfind("status/node_state"):
        for resource in state.iterfind("lrm/lrm_resources/lrm_resource"):
            told = _history(state.get("uname", ""), resource)
            histories.setdefault(resource.get("id", ""), []).append(told)
    return {host: member for host, told in histories.items() if (member := _witness(told))}


def _witness(histories: list[History]) -> str:
    failures = [(each.member, each.failed) for each in histories if each.failed is not None]
    witness = ""
    for teller, at in failures:
        outlasting = [each.member for each in histories if each.member != teller and each.end > at]
        if not outlasting:
            return ""
        witness = outlasting[0]
    return witness


def _history(member: str, resource: ET.Element) -> History:
    operations = resource.findall("lrm_rsc_op")
    good = [each for each in operations if each.get("rc-code") == "0"]
    return History(
        member=member,
        opened=_last(each for each in good if each.get("operation") in _OPENS),
        closed=_last(each for each in good if each.get("operation") in _CLOSES),
        failed=_last(each for each in operations if _is_failure(each)),
    )


def _is_failure(operation: ET.Element) -> bool:
    if operation.get("op-status") == _PENDING or operation.get("rc-code") == "0":
        return False
    probe = operation.get("operation") == "monitor" and operation.get("interval") == "0"
    return not (probe and operation.get("rc-code") == str(_NOT_RUNNING))


def _last(operations: Iterable[ET.Element]) -> float | None:
    # Of an operation that is repeated: when its result became what it is.
    return max((float(each.get("last-rc-change") or 0) for each in operations), default=None)
