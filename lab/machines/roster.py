# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which machines are handed out, and what all machines of a lab must know of each other."""

from __future__ import annotations

import os
from pathlib import Path

from lab import kinds
from lab.machines import instance, recipe
from lab.machines.errors import ImageError
from lab.machines.image import image
from lab.machines.instance import Record, Records
from lab.settings import Lab


class Roster:
    """The records of a lab with the files that follow from them. The caller holds the lab's lock."""

    def __init__(self, lab: Lab, records: Records):
        self._lab = lab
        self._records = records
        self._ipv6 = kinds.of(lab).ipv6

    def take(
        self, tags: frozenset[str], container_of: str | None, container_name: str | None
    ) -> Record:
        """Write down one more machine; a container that exists already is returned as it is.

        Raises:
            NoMachineError: None is free.
            UnknownMachineError: There is no machine to put the container beside.
            ImageError: The image is not built.
        """
        record = (
            self._physical(tags)
            if container_of is None
            else self._container(container_of, container_name)
        )
        self._records.write(record)
        self._write_hosts()
        self._share_instances(record)
        return record

    def forget(self, name: str) -> None:
        """Strike a machine off."""
        self._records.forget(name)
        self._write_hosts()

    def _physical(self, tags: frozenset[str]) -> Record:
        chosen = instance.choose(tags, {record.id for record in self._records.all()})
        return Record(
            chosen.hostname,
            chosen.number,
            chosen.layer,
            self._lowers(chosen.layer),
            ipv6=self._ipv6,
        )

    def _container(self, host: str, name: str | None) -> Record:
        self._records.read(host)
        known = self._records.all()
        number = instance.next_number({record.number for record in known})
        name = name or f"juju-000000-{host}-lxd-{number}"
        for record in known:
            if record.id == name:
                return record
        return Record(name, number, "base", self._lowers("base"), host, self._ipv6)

    def _lowers(self, layer: str) -> tuple[str, ...]:
        built = image(self._lab)
        if missing := built.missing(recipe.stack(layer)):
            raise ImageError(f"the image lacks {', '.join(missing)}; build it first")
        return tuple(str(path) for path in built.lowers(layer))

    def _write_hosts(self) -> None:
        # In place, because every machine has this very file mounted.
        path = self._lab.root / "hosts"
        path.touch()
        with path.open("r+") as hosts:
            hosts.write(instance.render_hosts(self._records.all(), ipv6=self._ipv6))
            hosts.truncate()

    def _share_instances(self, record: Record) -> None:
        """Make the directory that stands for the hypervisors' shared storage; nova owns it."""
        shared = self._lab.root / "instances"
        shared.mkdir(exist_ok=True)
        for lower in record.lowers:
            owned = Path(lower, "var/lib/nova/instances")
            if owned.is_dir():
                status = owned.stat()
                os.chown(shared, status.st_uid, status.st_gid)
                return
