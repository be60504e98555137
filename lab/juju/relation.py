# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A relation between two applications, or among the units of one, with its data."""

import dataclasses

from lab.juju.entities import Life


@dataclasses.dataclass(frozen=True)
class RelationEnd:
    """One end of a relation; ``implicit`` when the charm does not declare the endpoint."""

    app: str
    endpoint: str
    role: str
    interface: str
    implicit: bool = False

    def __str__(self) -> str:
        """Return ``application:endpoint``."""
        return f"{self.app}:{self.endpoint}"


@dataclasses.dataclass
class Relation:
    """A relation with its data; ``bags`` and ``versions`` are keyed by unit or application."""

    id: int
    ends: tuple[RelationEnd, ...]
    container: bool = False
    life: Life = Life.ALIVE
    bags: dict[str, dict[str, str]] = dataclasses.field(default_factory=dict[str, dict[str, str]])
    versions: dict[str, int] = dataclasses.field(default_factory=dict[str, int])
    members: list[str] = dataclasses.field(default_factory=list[str])

    @property
    def peer(self) -> bool:
        """Return whether the relation is among the units of one application."""
        return len(self.ends) == 1

    def end(self, app: str) -> RelationEnd:
        """Return the application's own end."""
        return next(end for end in self.ends if end.app == app)

    def other(self, app: str) -> RelationEnd:
        """Return the end that the application sees: the other one, or its own among peers."""
        return next((end for end in self.ends if end.app != app), self.ends[0])

    def joins(self, app: str) -> bool:
        """Return whether the application is at one of the ends."""
        return any(end.app == app for end in self.ends)

    def write(self, owner: str, changes: dict[str, str]) -> None:
        """Change a bag; an empty value deletes. Equal values are no change, so nobody is told."""
        bag = self.bags.setdefault(owner, {})
        new = {key: value for key, value in {**bag, **changes}.items() if value != ""}
        if new != bag:
            self.bags[owner] = new
            self.versions[owner] = self.versions.get(owner, 0) + 1
