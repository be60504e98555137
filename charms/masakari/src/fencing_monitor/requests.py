# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the monitor may ask others to tell or to do, as values, and what they answer.

A request is the same however often it is wanted; the loop has at most one of each under way.
"""

import dataclasses
from typing import Any, ClassVar


@dataclasses.dataclass(frozen=True)
class Request:
    """A question or an order for one of the edges; ``api`` names which."""

    api: ClassVar[str]
    changes: ClassVar[bool] = False


@dataclasses.dataclass(frozen=True)
class LogIn(Request):
    """Ask keystone for a new token, as whoever has none must."""

    api: ClassVar[str] = "keystone"


@dataclasses.dataclass(frozen=True)
class ReadServices(Request):
    """List the nova-compute services."""

    api: ClassVar[str] = "nova"


@dataclasses.dataclass(frozen=True)
class ReadServers(Request):
    """List the instances of a host."""

    api: ClassVar[str] = "nova"
    host: str


@dataclasses.dataclass(frozen=True)
class ReadServer(Request):
    """Show one instance."""

    api: ClassVar[str] = "nova"
    uuid: str


@dataclasses.dataclass(frozen=True)
class SetForcedDown(Request):
    """Tell nova that a nova-compute is certainly down (or no longer)."""

    api: ClassVar[str] = "nova"
    changes: ClassVar[bool] = True
    host: str
    service: str
    down: bool


@dataclasses.dataclass(frozen=True)
class SetEnabled(Request):
    """Let the scheduler use a host, or keep it from it and say why."""

    api: ClassVar[str] = "nova"
    changes: ClassVar[bool] = True
    host: str
    service: str
    enabled: bool
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class CountEvacuations(Request):
    """Count the evacuations from a host that its nova-compute has not cleaned up after."""

    api: ClassVar[str] = "nova"
    host: str


@dataclasses.dataclass(frozen=True)
class ReadHosts(Request):
    """List the hosts of all failover segments."""

    api: ClassVar[str] = "masakari"


@dataclasses.dataclass(frozen=True)
class ReadNotifications(Request):
    """List the COMPUTE_HOST notifications of a host, by its uuid in Masakari."""

    api: ClassVar[str] = "masakari"
    uuid: str


@dataclasses.dataclass(frozen=True)
class ReadMoves(Request):
    """List what the engine did about each instance."""

    api: ClassVar[str] = "masakari"
    notification: str


@dataclasses.dataclass(frozen=True)
class Report(Request):
    """Post the COMPUTE_HOST/STOPPED notification of a host."""

    api: ClassVar[str] = "masakari"
    changes: ClassVar[bool] = True
    host: str


@dataclasses.dataclass(frozen=True)
class SetMaintenance(Request):
    """Set or clear a host's on_maintenance, which makes Masakari refuse its notifications."""

    api: ClassVar[str] = "masakari"
    changes: ClassVar[bool] = True
    host: str
    uuid: str
    segment: str
    on: bool


@dataclasses.dataclass(frozen=True)
class Evacuate(Request):
    """Start one instance of a host that is off on another host, of nova's choice."""

    api: ClassVar[str] = "nova"
    changes: ClassVar[bool] = True
    host: str
    uuid: str


@dataclasses.dataclass(frozen=True)
class Unlock(Request):
    """Take the lock off an instance that an engine locked and did not live to unlock."""

    api: ClassVar[str] = "nova"
    changes: ClassVar[bool] = True
    host: str
    uuid: str


@dataclasses.dataclass(frozen=True)
class GiveUp(Request):
    """Have a notification counted as failed that no engine works on, so that it can be repeated."""

    api: ClassVar[str] = "database"
    changes: ClassVar[bool] = True
    host: str
    notification: str
    status: str


@dataclasses.dataclass(frozen=True)
class ReturnHost(Request):
    """Put a host back into service that a recovery took out of it (``hosts.restore_host``)."""

    api: ClassVar[str] = "return"
    changes: ClassVar[bool] = True
    host: str


@dataclasses.dataclass(frozen=True)
class SyncHistory(Request):
    """Ask the other members for their fencing history: a restarted fencer has none."""

    api: ClassVar[str] = "pacemaker"
    host: str


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A request, and how many seconds to leave between two of it."""

    request: Request
    every: float


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a request failed. ``code`` is the HTTP status, ``None`` if nobody answered.

    Without a code, or with one of 500 and above, an order may have been carried out all the same.
    """

    message: str
    code: int | None = None

    @property
    def refused(self) -> bool:
        """Whether the other side understood and said no."""
        return self.code is not None and self.code < 500


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came of a request: its value (whose type belongs to the request) or a Problem."""

    request: Request
    asked: float
    at: float
    value: Any = None
    problem: Problem | None = None
