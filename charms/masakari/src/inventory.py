# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What nova and Masakari know of hypervisors and segments, as values."""

import dataclasses
from collections.abc import Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Host:
    """A hypervisor as registered in a segment."""

    uuid: str
    name: str
    reserved: bool = False
    on_maintenance: bool = False


@dataclasses.dataclass(frozen=True)
class Segment:
    """A failover segment with its hosts."""

    uuid: str
    name: str
    recovery_method: str = "auto"
    description: str = ""
    enabled: bool = True
    hosts: tuple[Host, ...] = ()


@dataclasses.dataclass(frozen=True)
class Service:
    """A nova-compute service."""

    id: str
    host: str
    zone: str
    up: bool = True
    enabled: bool = True
    forced_down: bool = False
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Hypervisor:
    """What nova counts on a hypervisor; memory in MiB, disk in GiB."""

    host: str
    memory: int
    memory_used: int
    disk: int
    instances: int


@dataclasses.dataclass(frozen=True)
class Inventory:
    """Everything at one moment."""

    segments: tuple[Segment, ...] = ()
    services: tuple[Service, ...] = ()
    aggregates: Mapping[str, frozenset[str]] = dataclasses.field(
        default_factory=dict[str, frozenset[str]]
    )

    def segment(self, name: str) -> Segment | None:
        """Return a segment by its name."""
        return next((one for one in self.segments if one.name == name), None)

    def service(self, host: str) -> Service | None:
        """Return the nova-compute of a host."""
        return next((one for one in self.services if one.host == host), None)

    def registered(self) -> Iterator[tuple[Segment, Host]]:
        """Yield every host of a segment."""
        return ((segment, host) for segment in self.segments for host in segment.hosts)

    def home(self, name: str) -> tuple[Segment, Host] | None:
        """Return the segment that a host is in, and its row there."""
        return next((pair for pair in self.registered() if pair[1].name == name), None)
