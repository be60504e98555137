# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the monitor sees of nova and Masakari, and what it asks of them, as values."""

import dataclasses
from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T", covariant=True)


@dataclasses.dataclass(frozen=True)
class Service:
    """A nova-compute service."""

    id: str
    host: str
    up: bool
    enabled: bool
    forced_down: bool
    disabled_reason: str = ""


@dataclasses.dataclass(frozen=True)
class Server:
    """An instance. ``task`` is nova's task state: not empty means that nova is working on it."""

    uuid: str
    name: str
    host: str
    status: str
    task: str = ""
    locked: bool = False


@dataclasses.dataclass(frozen=True)
class SegmentHost:
    """A host as registered in a failover segment."""

    uuid: str
    name: str
    segment: str
    on_maintenance: bool
    reserved: bool = False
    segment_enabled: bool = True
    method: str = "auto"


@dataclasses.dataclass(frozen=True)
class Notification:
    """A COMPUTE_HOST notification; ``generated`` is in seconds since 1970."""

    uuid: str
    host: str
    status: str
    generated: float
    event: str = "STOPPED"


@dataclasses.dataclass(frozen=True)
class Move:
    """What Masakari's engine did about one instance of a failed host."""

    instance: str
    name: str
    status: str
    destination: str = ""
    started: float | None = None
    ended: float | None = None
    message: str = ""


Services = tuple[Service, ...]
Servers = tuple[Server, ...]
SegmentHosts = tuple[SegmentHost, ...]
Notifications = tuple[Notification, ...]
Moves = tuple[Move, ...]


@dataclasses.dataclass(frozen=True)
class Seen(Generic[T]):
    """An answer, and when the question was asked: what changed since then is not in it."""

    asked: float
    value: T


@dataclasses.dataclass(frozen=True)
class World:
    """The newest answer to each question. Keys: host name, instance, host's uuid, notification.

    A server of ``None`` does not exist any more; moves of ``None`` cannot be listed (Masakari
    before microversion 1.3). Keystone's answer to a login is only that there is one.
    """

    login: Seen[None] | None = None
    services: Seen[Services] | None = None
    hosts: Seen[SegmentHosts] | None = None
    servers: Mapping[str, Seen[Servers]] = dataclasses.field(
        default_factory=dict[str, Seen[Servers]]
    )
    server: Mapping[str, Seen[Server | None]] = dataclasses.field(
        default_factory=dict[str, Seen[Server | None]]
    )
    notifications: Mapping[str, Seen[Notifications]] = dataclasses.field(
        default_factory=dict[str, Seen[Notifications]]
    )
    moves: Mapping[str, Seen[Moves | None]] = dataclasses.field(
        default_factory=dict[str, Seen[Moves | None]]
    )

    def service(self, host: str, since: float = 0.0) -> Service | None:
        """Return the nova-compute service of a host, if asked for at ``since`` or later."""
        if self.services is None or self.services.asked < since:
            return None
        return next((one for one in self.services.value if one.host == host), None)

    def segment_host(self, name: str) -> SegmentHost | None:
        """Return a host of a failover segment by its name."""
        hosts = self.hosts.value if self.hosts else ()
        return next((one for one in hosts if one.name == name), None)
