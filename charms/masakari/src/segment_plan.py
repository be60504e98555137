# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""From the segments that are wanted and those that there are to the changes between them. Pure."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from inventory import Host, Inventory, Segment
from segments import SegmentsError, Wanted


@dataclasses.dataclass(frozen=True)
class Record:
    """What the charm did before.

    Attributes:
        owned: The uuids of the segments that it created: only those does it delete.
        reserved: For each host the flag that it set last. Recovery clears the flag of a reserve
            that it uses; a flag that was set once is therefore not set again by itself.
    """

    owned: frozenset[str] = frozenset()
    reserved: Mapping[str, bool] = dataclasses.field(default_factory=dict[str, bool])


@dataclasses.dataclass(frozen=True)
class Create:
    """Create a segment."""

    wanted: Wanted

    def __str__(self) -> str:
        return f"create segment {self.wanted.name}"


@dataclasses.dataclass(frozen=True)
class Update:
    """Change what is different about a segment."""

    segment: Segment
    fields: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.fields)
        return f"update segment {self.segment.name}: {said}"


@dataclasses.dataclass(frozen=True)
class Delete:
    """Delete a segment of ours, and the hosts that are still in it."""

    segment: Segment

    def __str__(self) -> str:
        return f"delete segment {self.segment.name}"


@dataclasses.dataclass(frozen=True)
class Add:
    """Register a host in a segment."""

    name: str
    segment: str
    reserved: bool = False

    def __str__(self) -> str:
        return f"add {self.name} to {self.segment}"


@dataclasses.dataclass(frozen=True)
class Move:
    """Take a host out of one segment and register it in another; Masakari cannot do that in one."""

    host: Host
    source: Segment
    segment: str

    def __str__(self) -> str:
        return f"move {self.host.name} from {self.source.name} to {self.segment}"


@dataclasses.dataclass(frozen=True)
class Remove:
    """Take a host out of its segment."""

    host: Host
    segment: Segment

    def __str__(self) -> str:
        return f"remove {self.host.name} from {self.segment.name}"


@dataclasses.dataclass(frozen=True)
class Reserve:
    """Set or clear the reserved flag of a host, in whatever segment it is by then."""

    name: str
    reserved: bool

    def __str__(self) -> str:
        return f"{'make' if self.reserved else 'no longer keep'} {self.name} a reserve"


Change = Create | Update | Delete | Add | Move | Remove | Reserve


def plan(wanted: Iterable[Wanted], present: Inventory, record: Record) -> list[Change]:
    """Return what turns ``present`` into ``wanted``, in the order in which it can be done.

    Segments come first and hosts are moved before anything is removed, so that no host is
    without a segment for longer than it must be. What we did not create is deleted by nobody.

    Raises:
        SegmentsError: A host is in a segment that is neither wanted nor ours.
    """
    wanted = list(wanted)
    ours = {one.name for one in wanted}
    ours |= {one.name for one in present.segments if one.uuid in record.owned}
    changes: list[Change] = []
    for one in wanted:
        changes += _shape(one, present.segment(one.name))
    for one in wanted:
        for name in sorted(one.hosts):
            changes += _place(name, one, present, record, ours)
    changes += _removals(wanted, present, record)
    return changes


def drift(wanted: Iterable[Wanted], present: Inventory, record: Record) -> list[str]:
    """Return what differs and is left to the operator: reserves that recovery has used."""
    return [
        f"{name} is no reserve any more, used or failed; set-reserved makes it one again"
        for one in wanted
        for name in sorted(one.reserved)
        if (home := present.home(name))
        and not home[1].reserved
        and record.reserved.get(name) is True
    ]


def _shape(wanted: Wanted, present: Segment | None) -> Iterator[Change]:
    if present is None:
        yield Create(wanted)
        return
    pairs: list[tuple[str, object, object]] = [
        ("recovery_method", wanted.recovery_method, present.recovery_method),
        ("enabled", wanted.enabled, present.enabled),
    ]
    if wanted.description is not None:
        pairs.append(("description", wanted.description, present.description))
    fields = tuple((name, value) for name, value, there in pairs if value != there)
    if fields:
        yield Update(present, fields)


def _place(
    name: str, wanted: Wanted, present: Inventory, record: Record, ours: set[str]
) -> Iterator[Change]:
    home, reserved = present.home(name), name in wanted.reserved
    if home is None:
        yield Add(name, wanted.name, reserved)
        return
    segment, host = home
    if segment.name != wanted.name:
        if segment.name not in ours:
            raise SegmentsError(
                f"{name} is in the segment {segment.name}, which the option does not name"
            )
        yield Move(host, segment, wanted.name)
    if host.reserved != reserved and record.reserved.get(name) is not reserved:
        yield Reserve(name, reserved)


def _removals(wanted: list[Wanted], present: Inventory, record: Record) -> Iterator[Change]:
    hosts = frozenset[str]().union(*(one.hosts for one in wanted))
    named = {one.name for one in wanted}
    for segment, host in present.registered():
        if segment.name in named and host.name not in hosts:
            yield Remove(host, segment)
    for segment in present.segments:
        if segment.name not in named and segment.uuid in record.owned:
            yield Delete(segment)
