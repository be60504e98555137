# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the monitor sees of Pacemaker, as values."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class FenceEvent:
    """One attempt to cut a node off, as the fencing history tells it.

    ``completed`` is in whole seconds since 1970: the fraction differs between members and even
    between two reads of one event (seen with Pacemaker 3.0.0).
    """

    target: str
    action: str
    status: str
    delegate: str = ""
    client: str = ""
    completed: int | None = None


@dataclasses.dataclass(frozen=True)
class Operation:
    """One entry of a member's history of the resource that is the connection to a remote."""

    member: str
    name: str
    rc: int
    status: int
    call: int
    changed: int


@dataclasses.dataclass(frozen=True)
class Remote:
    """A hypervisor as the cluster knows it.

    ``node_fenced`` is the second of the last fence, 0 after a real connection, ``None`` when the
    CIB does not say. ``member`` runs the connection, according to crm_mon. A connection that is not
    ``managed`` was given up by ``pause-host``: the cluster does not fence the host.
    """

    name: str
    online: bool
    unclean: bool
    maintenance: bool = False
    managed: bool = True
    node_fenced: int | None = None
    member: str | None = None
    operations: tuple[Operation, ...] = ()

    @property
    def is_watched(self) -> bool:
        """Return whether the cluster fences the host when it loses it."""
        return self.managed and not self.maintenance


@dataclasses.dataclass(frozen=True)
class Device:
    """A fencing device; ``targets`` is ``None`` if it asks its power switch whom it can fence."""

    name: str
    agent: str
    targets: frozenset[str] | None = None


@dataclasses.dataclass(frozen=True)
class Level:
    """A fencing level: all its devices have to succeed, in this order."""

    target: str
    devices: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Cluster:
    """One look at the cluster, taken at ``at`` (seconds since 1970, this machine's clock)."""

    at: float
    quorate: bool
    remotes: tuple[Remote, ...] = ()
    events: tuple[FenceEvent, ...] = ()
    devices: tuple[Device, ...] = ()
    levels: tuple[Level, ...] = ()

    def remote(self, name: str) -> Remote | None:
        """Return the remote of that name, if the cluster has it."""
        return next((remote for remote in self.remotes if remote.name == name), None)

    def events_of(self, name: str) -> tuple[FenceEvent, ...]:
        """Return the fencing history of one node."""
        return tuple(event for event in self.events if event.target == name)
