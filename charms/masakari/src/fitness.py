# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether a hypervisor can stand in for another. Pure.

Masakari itself takes any host that has the flag: the engine enables it in nova, whatever it was
disabled for, and sends it the instances of the failed one.
"""

from collections.abc import Iterator

from inventory import Service

RESERVE_REASON = "Reserve of instance recovery."
# Nova's command gives no reason unless it is told one; the guide's does not.
_OURS = (RESERVE_REASON, "")


def is_kept(service: Service, *, reserved: bool) -> bool:
    """Return whether a host is disabled for being a reserve, or for having been one until now."""
    if service.enabled:
        return False
    return service.reason == RESERVE_REASON or (reserved and service.reason in _OURS)


def faults(service: Service | None, instances: int, state: str | None) -> Iterator[str]:
    """Yield why a host cannot be a reserve.

    Args:
        service: Its nova-compute.
        instances: How many it has: a reserve is empty.
        state: What the cluster calls it; ``None`` where nobody was asked. A host that the cluster does
            not have at all is another problem.
    """
    if service is None:
        yield "nova does not know it"
        return
    if service.forced_down or not service.up:
        yield "forced down in nova" if service.forced_down else "down in nova"
    if not service.enabled and service.reason not in _OURS:
        yield f"disabled in nova for another reason ({service.reason})"
    if instances:
        yield f"instances are on it: {instances}"
    if state not in (None, "online", "absent"):
        yield f"{state} in the cluster"
