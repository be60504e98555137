# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a model consists of.

These are the only things that are kept in the model's file. They change only under the engine's
lock, in ``topology``, ``lifecycle``, ``leadership``, ``secrets`` and ``commit``.
"""

import dataclasses
import enum
from typing import Any

from lab.juju import moment
from lab.juju.assets import Resource


class Life(str, enum.Enum):
    """Juju's three stages (state/life.go): a dying entity is cleaning up, a dead one only waits."""

    ALIVE = "alive"
    DYING = "dying"
    DEAD = "dead"


@dataclasses.dataclass
class Status:
    """A status with its message, as ``juju status`` shows it."""

    current: str
    message: str = ""
    since: str = dataclasses.field(default_factory=moment.now)
    data: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])


@dataclasses.dataclass
class Machine:
    """A machine of the model; ``instance`` is its name in the cloud once it has one.

    ``container`` is the name that a container is asked for by, again and again until it is there.
    """

    id: str
    tags: list[str] = dataclasses.field(default_factory=list[str])
    constraints: str = ""
    life: Life = Life.ALIVE
    instance: str | None = None
    container: str | None = None
    status: Status = dataclasses.field(default_factory=lambda: Status("pending"))
    boot_id: str | None = None

    @property
    def parent(self) -> str | None:
        """Return the machine that a container (``1/lxd/0``) is placed on."""
        return self.id.rsplit("/", 2)[0] if "/" in self.id else None


@dataclasses.dataclass
class Application:
    """An application; ``config`` holds only what was set, ``status`` only what its charm set.

    ``modified`` grows when a resource changes (state/resources.go, CharmModifiedVersion).
    """

    name: str
    charm: str
    base: str = "ubuntu@24.04"
    subordinate: bool = False
    config: dict[str, str | int | float | bool] = dataclasses.field(
        default_factory=dict[str, str | int | float | bool]
    )
    bindings: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    tags: list[str] = dataclasses.field(default_factory=list[str])
    constraints: str = ""
    trust: bool = False
    exposed: bool = False
    life: Life = Life.ALIVE
    next_unit: int = 0
    leader: str | None = None
    status: Status | None = None
    version: str = ""
    resources: dict[str, Resource] = dataclasses.field(default_factory=dict[str, Resource])
    modified: int = 0


@dataclasses.dataclass(frozen=True)
class Hook:
    """One hook to run, with all that its environment needs.

    ``version`` is that of what it tells: of a remote's data, or of the application's resources.
    """

    name: str
    kind: str
    relation: int | None = None
    remote_unit: str = ""
    remote_app: str = ""
    departing: str = ""
    version: int = 0
    secret: str = ""
    revision: int = 0
    label: str = ""
    config_hash: str = ""


@dataclasses.dataclass
class LocalRelation:
    """What a unit's charm has been told of a relation; the difference to reality makes hooks."""

    created: bool = False
    members: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    apps: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    changed_pending: str = ""


@dataclasses.dataclass
class Tracked:
    """The revision of a secret that a unit follows, and the newest that its charm was told of."""

    revision: int
    label: str = ""
    notified: int = 0


@dataclasses.dataclass
class Unit:
    """A unit with its agent's memory.

    ``pending`` is the hook that is running, was interrupted, or (with ``failed``) waits for a retry;
    ``queued`` comes before everything that the resolver would choose.
    """

    name: str
    app: str
    machine: str
    principal: str | None = None
    life: Life = Life.ALIVE
    charm: str | None = None
    modified: int = 0
    installed: bool = False
    started: bool = False
    stopped: bool = False
    leader: bool = False
    config_hash: str = ""
    queued: Hook | None = None
    pending: Hook | None = None
    failed: bool = False
    retries: int = 0
    retry_at: float = 0.0
    resolved: str = ""
    rebooted: bool = False
    forced_charm: bool = False
    updated_at: float = 0.0
    relations: dict[int, LocalRelation] = dataclasses.field(
        default_factory=dict[int, LocalRelation]
    )
    tracked: dict[str, Tracked] = dataclasses.field(default_factory=dict[str, Tracked])
    obsolete: dict[str, list[int]] = dataclasses.field(default_factory=dict[str, list[int]])
    ports: list[str] = dataclasses.field(default_factory=list[str])
    state: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    version: str = ""
    status: Status = dataclasses.field(
        default_factory=lambda: Status("waiting", "waiting for machine")
    )
    agent: Status = dataclasses.field(default_factory=lambda: Status("allocating"))

    @property
    def scope(self) -> str:
        """Return the name that all units share that see each other in container relations."""
        return self.principal or self.name
