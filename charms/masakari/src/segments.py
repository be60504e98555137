# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The option ``segments``: what it may say, and which hypervisors it means."""

import dataclasses
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias, cast

import pydantic
import yaml

from inventory import Inventory

RecoveryMethod: TypeAlias = Literal["auto", "reserved_host", "auto_priority", "rh_priority"]
HostName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
# Masakari takes what can be printed, without blanks at the ends.
SegmentName = Annotated[str, pydantic.Field(min_length=1, max_length=255, pattern=r"^\S(.*\S)?$")]
Description = Annotated[str, pydantic.Field(max_length=255)]


class SegmentsError(Exception):
    """The option cannot be carried out as it stands; the message names what is wrong."""


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


class Selector(_Strict):
    """Hypervisors by what nova says of them: exactly one of three."""

    all: Literal[True] | None = None
    availability_zone: str | None = pydantic.Field(default=None, alias="availability-zone")
    aggregate: str | None = None

    @pydantic.model_validator(mode="after")
    def _one(self) -> "Selector":
        if (
            sum(value is not None for value in (self.all, self.availability_zone, self.aggregate))
            != 1
        ):
            raise ValueError("say one of all, availability-zone, aggregate")
        return self


class Segment(_Strict):
    """A segment as the operator wants it. A description that is not given is left alone."""

    name: SegmentName
    recovery_method: RecoveryMethod = pydantic.Field(default="auto", alias="recovery-method")
    hosts: list[HostName] | None = None
    selector: Selector | None = None
    reserved: list[HostName] = []
    enabled: bool = True
    description: Description | None = None

    @pydantic.model_validator(mode="after")
    def _hosts_or_selector(self) -> "Segment":
        if (self.hosts is None) == (self.selector is None):
            raise ValueError("say one of hosts, selector")
        return self


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A segment whose hypervisors are known by name."""

    name: str
    hosts: frozenset[str]
    reserved: frozenset[str] = frozenset()
    recovery_method: str = "auto"
    enabled: bool = True
    description: str | None = None


def parse(text: object) -> object:
    """Return the segments that a YAML text lists; what is no text is left to others.

    Raises:
        ValueError: Not YAML, not a list, or an entry that is not understood; the message names it.
    """
    if not isinstance(text, str):
        return text
    try:
        content: object = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())[:200]}") from None
    if content is None:
        return ()
    if not isinstance(content, list):
        raise ValueError("expected a list of segments")
    entries = cast("list[object]", content)
    found = tuple(_entry(number, entry) for number, entry in enumerate(entries, start=1))
    names = [one.name for one in found]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"there are two segments {', '.join(repeated)}")
    return found


def _entry(number: int, entry: object) -> Segment:
    try:
        return Segment.model_validate(entry)
    except pydantic.ValidationError as error:
        name: Any = cast("dict[str, Any]", entry).get("name") if isinstance(entry, dict) else None
        detail = error.errors()[0]
        where = ".".join(str(part) for part in detail["loc"])
        said = detail["msg"].removeprefix("Value error, ")
        label = name if isinstance(name, str) else f"number {number}"
        raise ValueError(f"segment {label}: {where + ': ' if where else ''}{said}") from None


def resolve(listed: Iterable[Segment], inventory: Inventory) -> list[Wanted]:
    """Return the segments with the hypervisors that they mean.

    Raises:
        SegmentsError: A hypervisor, zone or aggregate that nova does not know, or a hypervisor in
            two segments.
    """
    known = {service.host for service in inventory.services}
    homes: dict[str, str] = {}
    found: list[Wanted] = []
    for one in listed:
        hosts = _selected(one, inventory) | frozenset(one.reserved)
        if unknown := sorted(hosts - known):
            raise SegmentsError(f"{one.name}: nova has no hypervisor {', '.join(unknown)}")
        for host in sorted(hosts):
            if other := homes.get(host):
                raise SegmentsError(f"{host} is wanted in two segments, {other} and {one.name}")
            homes[host] = one.name
        found.append(
            Wanted(
                name=one.name,
                hosts=hosts,
                reserved=frozenset(one.reserved),
                recovery_method=one.recovery_method,
                enabled=one.enabled,
                description=one.description,
            )
        )
    return found


def _selected(segment: Segment, inventory: Inventory) -> frozenset[str]:
    selector = segment.selector
    if selector is None:
        return frozenset(segment.hosts or ())
    if selector.aggregate is not None:
        hosts = inventory.aggregates.get(selector.aggregate, frozenset())
        means = f"aggregate {selector.aggregate}"
    elif selector.availability_zone is not None:
        zone = selector.availability_zone
        hosts = frozenset(one.host for one in inventory.services if one.zone == zone)
        means = f"availability zone {zone}"
    else:
        hosts = frozenset(one.host for one in inventory.services)
        means = "nova"
    # Nothing at all is a typing error, or a nova that does not tell; not the wish to protect none.
    if not hosts:
        raise SegmentsError(f"{segment.name}: {means} has no hypervisor")
    return hosts
