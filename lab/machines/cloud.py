# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The cloud of one lab: hands out machines, cuts and restores their power and their network.

It keeps nothing in memory. Every call reads the records and the kernel, under file locks, so the
daemon, the MAAS simulator and a command line can all use it at once, and any of them may be killed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from lab.machines import limits, network
from lab.machines.errors import (
    CloudError,
    ImageError,
    MachineOffError,
    NoMachineError,
    UnknownMachineError,
)
from lab.machines.instance import Instance, Record, Records
from lab.machines.locks import hold
from lab.machines.machine import Machine
from lab.machines.roster import Roster
from lab.settings import SPACES, Lab, Space

__all__ = [
    "Cloud",
    "CloudError",
    "ImageError",
    "Instance",
    "MachineOffError",
    "NoMachineError",
    "UnknownMachineError",
]

_BOOT_SECONDS = 180.0


class Cloud:
    """The machines of a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._records = Records(lab)
        self._roster = Roster(lab, self._records)

    def allocate(
        self,
        *,
        tags: frozenset[str] = frozenset(),
        container_of: str | None = None,
        container_name: str | None = None,
    ) -> Instance:
        """Hand out a machine and boot it; return when its systemd answers.

        Args:
            tags: What a physical machine must have.
            container_of: The machine to put a container beside, instead.
            container_name: The name of that container. One that exists already is returned.

        Raises:
            NoMachineError: None is free.
            ImageError: The image was not built.
        """
        with hold(self.lab.root / "lock"):
            record = self._roster.take(tags, container_of, container_name)
        self.power_on(record.id)
        self._machine(record).wait(_BOOT_SECONDS)
        return record.instance

    def release(self, instance_id: str) -> None:
        """Cut a machine's power and delete it, and the containers on it.

        Raises:
            UnknownMachineError: The lab has no such machine.
        """
        self._records.read(instance_id)
        for record in self._containers(instance_id):
            self.release(record.id)
        self.power_off(instance_id)
        with hold(self.lab.root / "lock"):
            self._roster.forget(instance_id)
            shutil.rmtree(self._records.directory(instance_id), ignore_errors=True)

    def instance(self, instance_id: str) -> Instance:
        """Return a machine.

        Raises:
            UnknownMachineError: The lab has no such machine.
        """
        return self._records.read(instance_id).instance

    def instances(self) -> list[Instance]:
        """Return every machine that is handed out."""
        return [record.instance for record in self._records.all()]

    def is_on(self, instance_id: str) -> bool:
        """Return whether a machine runs; one that was never handed out does not."""
        try:
            return self._find(instance_id).init() is not None
        except UnknownMachineError:
            return False

    def boot_id(self, instance_id: str) -> str | None:
        """Return what identifies the machine's present boot; none while it is off."""
        return self._find(instance_id).boot_id()

    def first_process(self, instance_id: str) -> int | None:
        """Return the machine's init as the host numbers it; none while it is off."""
        return self._find(instance_id).init()

    def power_off(self, instance_id: str) -> None:
        """Cut the power: first the network, as a dead machine answers nothing, then the processes.

        Raises:
            UnknownMachineError: The lab has no such machine.
        """
        affected = [self._records.read(instance_id), *self._containers(instance_id)]
        network.unplug(self.lab, [record.number for record in affected])
        for record in affected:
            self._machine(record).cut()
        for record in affected:
            with self._lock(record.id):
                self._machine(record).kill()

    def power_on(self, instance_id: str) -> None:
        """Boot a machine that is off, and the containers on it; return without waiting for systemd.

        Raises:
            UnknownMachineError: The lab has no such machine.
        """
        record = self._records.read(instance_id)
        limits.raise_limits()
        network.ensure_switch(self.lab)
        with self._lock(record.id):
            machine = self._machine(record)
            if machine.init() is None:
                machine.boot(self._dead_spaces(record))
                machine.wait_for_init()
        for container in self._containers(instance_id):
            self.power_on(container.id)

    def nic(self, instance_id: str, space: str, up: bool) -> None:
        """Switch a NIC. The containers of a machine lose their carrier with its NIC.

        Raises:
            UnknownMachineError: The lab has no such machine.
            CommandError: The machine is off.
        """
        record, wanted = self._records.read(instance_id), _space(space)
        network.set_nic(self.lab.namespace(record.id), wanted, up=up)
        for container in self._containers(instance_id):
            if self.is_on(container.id):
                network.set_port(self.lab, network.Port(container.number, wanted), up=up)

    def command(self, instance_id: str, argv: Sequence[str]) -> list[str]:
        """Return the host command that runs ``argv`` inside a machine.

        Raises:
            MachineOffError: The machine is off.
        """
        return [*self._find(instance_id).command(), *argv]

    def run(
        self,
        instance_id: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        stdin: str | None = None,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside a machine and return its result, whatever it is.

        Raises:
            MachineOffError: The machine is off.
            subprocess.TimeoutExpired: It took longer than ``timeout`` seconds.
        """
        prefix = self._find(instance_id).command(cwd, dict(env or {}))
        return subprocess.run(
            [*prefix, *argv], input=stdin or "", capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip

    def wait(self, instance_id: str, timeout: float = _BOOT_SECONDS) -> str:
        """Wait until a machine's systemd has finished booting and return its word for it.

        Raises:
            MachineOffError: It did not in ``timeout`` seconds.
        """
        return self._find(instance_id).wait(timeout)

    def agent_dir(self, instance_id: str) -> Path:
        """Return the host's directory that the machine sees as /var/lib/juju."""
        return self._find(instance_id).agent_dir

    def _find(self, name: str) -> Machine:
        return self._machine(self._records.read(name))

    def _machine(self, record: Record) -> Machine:
        return Machine(self.lab, record, self._records.directory(record.id))

    def _lock(self, name: str) -> AbstractContextManager[None]:
        return hold(self._records.directory(name) / "lock")

    def _containers(self, host: str) -> list[Record]:
        return [record for record in self._records.all() if record.host == host]

    def _dead_spaces(self, record: Record) -> frozenset[str]:
        if record.host is None:
            return frozenset()
        namespace = self.lab.namespace(record.host)
        if not network.exists(namespace):
            return frozenset(space.name for space in SPACES)
        return frozenset(s.name for s in SPACES if not network.is_nic_up(namespace, s))


def _space(name: str) -> Space:
    return next(space for space in SPACES if space.name == name)
