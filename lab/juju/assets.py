# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an application has beside its units: secrets, resources, tasks that an operator asked for."""

import dataclasses
from typing import Any

from lab.juju import moment


@dataclasses.dataclass
class SecretRevision:
    """One revision of a secret's content."""

    content: dict[str, str]
    created: str = dataclasses.field(default_factory=moment.now)
    expires: str = ""


@dataclasses.dataclass
class Secret:
    """A secret; ``owner`` is ``application:NAME``, ``unit:NAME`` or ``model`` (a user's)."""

    id: str
    owner: str
    label: str = ""
    description: str = ""
    rotation: str = "never"
    created: str = dataclasses.field(default_factory=moment.now)
    updated: str = dataclasses.field(default_factory=moment.now)
    revisions: dict[int, SecretRevision] = dataclasses.field(
        default_factory=dict[int, SecretRevision]
    )
    # Who may read it (application or unit) -> relation id of the grant as text, "" for a user's.
    grants: dict[str, str] = dataclasses.field(default_factory=dict[str, str])

    @property
    def latest(self) -> int:
        """Return the number of the newest revision."""
        return max(self.revisions)


@dataclasses.dataclass
class Resource:
    """A file that an operator has attached; the store knows it by its fingerprint, Juju's SHA-384."""

    fingerprint: str
    size: int
    attached: str = dataclasses.field(default_factory=moment.now)


@dataclasses.dataclass
class Task:
    """An action or a command for a unit or a machine, and what came of it."""

    id: str
    target: str
    name: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    command: str = ""
    status: str = "pending"
    message: str = ""
    results: dict[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    log: list[str] = dataclasses.field(default_factory=list[str])
    enqueued: str = dataclasses.field(default_factory=moment.now)
    started: str = ""
    completed: str = ""

    @property
    def done(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.status not in ("pending", "running", "failing")
