# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Making Masakari's segments what the option says, and remembering what was done."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping
from typing import Literal

import pydantic

import api
import openstack
import segment_plan
from instance_ha import status
from inventory import Inventory
from segment_plan import Add, Change, Create, Delete, Move, Record, Remove, Reserve, Update
from segments import Segment, SegmentsError, resolve

logger = logging.getLogger(__name__)

KEY = "segments"
"""Of the application's peer data, written by the leader."""


class Memory(pydantic.BaseModel):
    """What the leader knows after it has looked at the segments, for it and for its successor.

    ``level`` and ``message`` are its last word about them for the status.
    """

    model_config = pydantic.ConfigDict(frozen=True)

    owned: tuple[str, ...] = ()
    reserved: dict[str, bool] = {}
    level: Literal["active", "waiting", "blocked"] = "active"
    message: str = ""

    @classmethod
    def read(cls, content: Mapping[str, str]) -> "Memory":
        """Return what the application's peer data holds."""
        return cls.model_validate_json(content.get(KEY) or "{}")

    def write(self) -> dict[str, str]:
        """Return the memory as peer data; equal memories are equal text."""
        return {KEY: self.model_dump_json()}

    def note(self) -> list[str]:
        """Return what is to be added to the status of a unit that is ready.

        Raises:
            NotReadyError: It is more than an addition.
        """
        said = f"segments: {self.message}"
        if self.level == "blocked":
            raise status.blocked(said)
        if self.level == "waiting":
            raise status.waiting(said)
        return [said] if self.message else []

    @property
    def record(self) -> Record:
        """Return what the plan needs to know."""
        return Record(frozenset(self.owned), self.reserved)


@dataclasses.dataclass
class _Work:
    """The changes under way: where things are by now, and what became of them."""

    segments: dict[str, str]
    owned: set[str]
    reserved: dict[str, bool]
    refused: list[str] = dataclasses.field(default_factory=list[str])
    done: list[str] = dataclasses.field(default_factory=list[str])

    def memory(
        self, message: str = "", level: Literal["active", "waiting", "blocked"] = "active"
    ) -> Memory:
        reserved = dict(sorted(self.reserved.items()))
        owned = tuple(sorted(self.owned))
        return Memory(owned=owned, reserved=reserved, level=level, message=message)


def reconcile(listed: Iterable[Segment], before: Memory) -> Memory:
    """Bring Masakari's segments to what the option lists, as far as it can be done now.

    What Masakari refuses while it recovers is left for the next time. Nothing is changed when any
    part of the option cannot be carried out. Whatever happens is in the memory that is returned.
    """
    work = _Work({}, set(before.owned), dict(before.reserved))
    try:
        present = openstack.read()
        wanted = resolve(listed, present)
        changes = segment_plan.plan(wanted, present, before.record)
        notes = segment_plan.drift(wanted, present, before.record)
        work.segments = {one.name: one.uuid for one in present.segments}
        work.owned &= {one.uuid for one in present.segments}
        _carry_out(changes, present, work)
    except SegmentsError as error:
        return work.memory(str(error), "blocked")
    except api.ApiError as error:
        return work.memory(str(error), "blocked" if error.is_refusal else "waiting")
    _remember_reserves(work, changes, {one: one in w.reserved for w in wanted for one in w.hosts})
    if work.refused:
        count = len(work.refused)
        head = f"{count} {'change waits' if count == 1 else 'changes wait'} for Masakari"
        notes = [f"{head} ({work.refused[0]})", *notes]
    return work.memory("; ".join(notes))


def _remember_reserves(work: _Work, changes: list[Change], wanted: Mapping[str, bool]) -> None:
    """Forget hosts that are wanted no more; what needed no change is as good as done."""
    open_ = {one.name for one in changes if isinstance(one, Add | Reserve)}
    settled = {name: flag for name, flag in wanted.items() if name not in open_}
    kept = {name: flag for name, flag in work.reserved.items() if name in wanted}
    work.reserved = kept | settled


def _carry_out(changes: list[Change], present: Inventory, work: _Work) -> None:
    """Do the changes in order; one that Masakari refuses for now keeps no other from being done.

    Raises:
        ApiError: Another problem; the changes before it have been made.
    """
    for change in changes:
        try:
            _apply(change, present, work)
        except api.ApiError as error:
            if not error.is_conflict:
                raise
            logger.warning("%s: refused for now: %s", change, error)
            work.refused.append(f"{change}: {error}")
        else:
            logger.info("%s: done", change)
            work.done.append(str(change))


def _apply(change: Change, present: Inventory, work: _Work) -> None:
    if isinstance(change, Create):
        uuid = openstack.create_segment(change.wanted)
        work.owned.add(uuid)
        work.segments[change.wanted.name] = uuid
    elif isinstance(change, Update):
        openstack.update_segment(change.segment.uuid, dict(change.fields))
    elif isinstance(change, Delete):
        openstack.delete_segment(change.segment.uuid)
        work.owned.discard(change.segment.uuid)
    elif isinstance(change, Remove):
        openstack.remove_host(change.segment.uuid, change.host.uuid)
    else:
        _apply_to_host(change, present, work)


def _apply_to_host(change: Add | Move | Reserve, present: Inventory, work: _Work) -> None:
    if isinstance(change, Add):
        _add(change, present, work)
    elif isinstance(change, Move):
        target = _target(change.segment, work)
        openstack.move_host(change.source.uuid, target, change.host)
    else:
        service = present.service(change.name)
        # Read again: a move has given the host another uuid.
        home = openstack.read().home(change.name)
        if service and home:
            openstack.set_reserved(home[0].uuid, home[1], service, reserved=change.reserved)
            work.reserved[change.name] = change.reserved


def _add(change: Add, present: Inventory, work: _Work) -> None:
    target = _target(change.segment, work)
    service = present.service(change.name)
    if change.reserved and service:
        openstack.disable(service)
    openstack.add_host(target, change.name, reserved=change.reserved)
    work.reserved[change.name] = change.reserved


def _target(name: str, work: _Work) -> str:
    """Return the uuid of a segment; without one, what needs it waits as its creation does."""
    if name not in work.segments:
        raise api.ApiError(f"segment {name} is not there yet", 409)
    return work.segments[name]
