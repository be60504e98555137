# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which hypervisors would not be recovered if they failed now, and why. Pure.

A host that was fenced stays out of service until somebody returns it, and one that was taken out
for an afternoon is forgotten easily. Neither has any protection, and nothing else would say so.
"""

from collections.abc import Iterator

from fencing_monitor.cloud import SegmentHost, Service, World

# How often nova and Masakari are asked while nothing is failing (seconds).
INTERVAL = 60.0


def unprotected(world: World, host: str) -> tuple[str, ...]:
    """Return the reasons why a host would not be recovered, as far as is known; none if it would."""
    if world.services is None or world.hosts is None:
        return ()
    return tuple(_reasons(world.service(host), world.segment_host(host)))


def _reasons(service: Service | None, registered: SegmentHost | None) -> Iterator[str]:
    if service is None:
        yield "not-a-hypervisor"
        return
    if registered is None:
        yield "not-in-a-segment"
    elif registered.on_maintenance:
        yield "on-maintenance"
    elif not registered.segment_enabled:
        yield "segment-disabled"
    if service.forced_down:
        yield "forced-down"
    elif not service.up:
        yield "nova-compute-down"
    # A reserve is kept disabled until it is needed.
    if not service.enabled and not (registered and registered.reserved):
        yield "disabled"
