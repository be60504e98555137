# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""A machine that the cloud has handed out, and how it is written down."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from lab.machines.errors import NoMachineError, UnknownMachineError
from lab.settings import DOMAIN, FIRST_CONTAINER, INVENTORY, LAST_CONTAINER, SPACES, Lab, Physical


@dataclasses.dataclass(frozen=True)
class Instance:
    """A machine as its users see it."""

    id: str
    fqdn: str
    addresses: dict[str, str]
    nics: dict[str, str]
    host: str | None
    others: dict[str, str] = dataclasses.field(default_factory=dict[str, str])
    """Where ``addresses`` are those of IPv6, those of IPv4."""


@dataclasses.dataclass(frozen=True)
class Record:
    """A machine as the cloud remembers it."""

    id: str
    number: int
    layer: str
    lowers: tuple[str, ...]
    """The image's directories beneath it: a newer image does not change a machine that exists."""
    host: str | None = None
    ipv6: bool = False

    @property
    def instance(self) -> Instance:
        """What its users see."""
        ipv4 = {space.name: space.address(self.number) for space in SPACES}
        ipv6 = {space.name: space.address6(self.number) for space in SPACES}
        return Instance(
            self.id,
            f"{self.id}.{DOMAIN}",
            ipv6 if self.ipv6 else ipv4,
            {space.name: space.nic for space in SPACES},
            self.host,
            ipv4 if self.ipv6 else {},
        )


def choose(tags: frozenset[str], taken: Collection[str]) -> Physical:
    """Return the first free machine of the inventory that has all the tags.

    Raises:
        NoMachineError: There is none.
    """
    for machine in INVENTORY:
        if tags <= machine.tags and machine.hostname not in taken:
            return machine
    raise NoMachineError(f"no machine is free with tags {', '.join(sorted(tags)) or '(any)'}")


def next_number(taken: Collection[int]) -> int:
    """Return the lowest host number that is free for a container.

    Raises:
        NoMachineError: All are taken.
    """
    for number in range(FIRST_CONTAINER, LAST_CONTAINER + 1):
        if number not in taken:
            return number
    raise NoMachineError("no address is left for one more container")


def render_hosts(records: Iterable[Record], *, ipv6: bool = False) -> str:
    """Return hosts(5) for all machines: those of the inventory, used or not, then containers."""
    oam = SPACES[0]
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    names = {machine.number: machine.hostname for machine in INVENTORY}
    names |= {record.number: record.id for record in records}
    # The full name comes first: that is what getfqdn() and `hostname -f` answer.
    families = (oam.address6, oam.address) if ipv6 else (oam.address,)
    lines += [
        f"{address(number)} {name}.{DOMAIN} {name}"
        for number, name in sorted(names.items())
        for address in families
    ]
    return "\n".join([*lines, ""])


class Records:
    """The records of a lab, one file each."""

    def __init__(self, lab: Lab):
        self._top = lab.root / "machines"

    def directory(self, name: str) -> Path:
        """Everything of one machine."""
        return self._top / name

    def read(self, name: str) -> Record:
        """Return a record.

        Raises:
            UnknownMachineError: There is none of this name.
        """
        try:
            text = (self.directory(name) / "instance.json").read_text()
        except FileNotFoundError as missing:
            raise UnknownMachineError(f"the lab has no machine {name}") from missing
        fields: dict[str, Any] = json.loads(text)
        fields["lowers"] = tuple(fields["lowers"])
        return Record(**fields)

    def all(self) -> list[Record]:
        """Return every record, in the order of the host numbers."""
        names = [path.parent.name for path in self._top.glob("*/instance.json")]
        found: list[Record] = []
        for name in names:
            try:
                found.append(self.read(name))
            except UnknownMachineError:
                continue  # Released meanwhile.
        return sorted(found, key=lambda record: record.number)

    def write(self, record: Record) -> None:
        """Keep a record, whole or not at all."""
        directory = self.directory(record.id)
        directory.mkdir(parents=True, exist_ok=True)
        new = directory / "instance.json.new"
        new.write_text(json.dumps(dataclasses.asdict(record), indent=1))
        new.rename(directory / "instance.json")

    def forget(self, name: str) -> None:
        """Remove a record."""
        (self.directory(name) / "instance.json").unlink(missing_ok=True)
