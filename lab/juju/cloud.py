# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the stand-in needs of a cloud, and the cloud that is only a directory of this host."""

import dataclasses
import pathlib
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Protocol


class Instance(Protocol):
    """A machine as the cloud describes it."""

    @property
    def id(self) -> str:
        """Its name in the cloud."""
        ...

    @property
    def fqdn(self) -> str:
        """Its full host name."""
        ...

    @property
    def addresses(self) -> Mapping[str, str]:
        """Its address in each space."""
        ...

    @property
    def others(self) -> Mapping[str, str]:
        """Its address of the other family in each space, if it has one."""
        ...

    @property
    def nics(self) -> Mapping[str, str]:
        """The name of its interface in each space."""
        ...

    @property
    def host(self) -> str | None:
        """The machine that it is a container of."""
        ...


class Cloud(Protocol):
    """The part of ``lab.machines.cloud.Cloud`` that the stand-in uses."""

    def allocate(
        self,
        *,
        tags: frozenset[str] = frozenset(),
        container_of: str | None = None,
        container_name: str | None = None,
    ) -> Instance:
        """Create and boot a machine; return when it can run programs."""
        ...

    def release(self, instance_id: str) -> None:
        """Power a machine off and give it back."""
        ...

    def instance(self, instance_id: str) -> Instance:
        """Describe a machine."""
        ...

    def instances(self) -> Sequence[Instance]:
        """Describe all machines that were handed out."""
        ...

    def is_on(self, instance_id: str) -> bool:
        """Return whether a machine has power."""
        ...

    def boot_id(self, instance_id: str) -> str | None:
        """Return what changes with every boot; nothing while it is off."""
        ...

    def wait(self, instance_id: str, timeout: float) -> str:
        """Wait until a machine has finished booting."""
        ...

    def command(self, instance_id: str, argv: Sequence[str]) -> list[str]:
        """Return the command that runs ``argv`` inside a machine."""
        ...

    def agent_dir(self, instance_id: str) -> pathlib.Path:
        """Return the host's directory that a machine sees as /var/lib/juju."""
        ...


@dataclasses.dataclass(frozen=True)
class LocalInstance:
    """A machine that is only a directory."""

    id: str
    fqdn: str
    addresses: Mapping[str, str]
    nics: Mapping[str, str]
    host: str | None = None
    others: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


class LocalCloud:
    """Machines that are directories: charms run on this host, as whoever runs this.

    For unit tests and for charms that touch nothing outside their own directory. Power is a flag;
    ``power_off`` kills nothing.
    """

    def __init__(self, root: pathlib.Path):
        self._root = root
        self._lock = threading.Lock()
        self._instances: dict[str, LocalInstance] = {}
        self._boots: dict[str, int] = {}
        self._off: set[str] = set()

    def allocate(
        self,
        *,
        tags: frozenset[str] = frozenset(),
        container_of: str | None = None,
        container_name: str | None = None,
    ) -> LocalInstance:
        """Make a directory."""
        with self._lock:
            index = len(self._boots) + 1
            name = container_name or "-".join(["local", *sorted(tags), str(index)])
            spaces = ("oam", "public", "admin", "internal", "storage")
            addresses = {space: f"10.77.{n}.{index + 9}" for n, space in enumerate(spaces)}
            nics = {space: f"eth{n}" for n, space in enumerate(spaces)}
            instance = LocalInstance(name, f"{name}.local", addresses, nics, container_of)
            self.agent_dir(name).mkdir(parents=True, exist_ok=True)
            self._instances[name] = instance
            self._boots[name] = 1
            return instance

    def release(self, instance_id: str) -> None:
        """Forget a machine; its directory stays, to be looked at."""
        with self._lock:
            self._instances.pop(instance_id, None)
            self._off.discard(instance_id)

    def instance(self, instance_id: str) -> LocalInstance:
        """Describe a machine."""
        return self._instances[instance_id]

    def instances(self) -> list[LocalInstance]:
        """Return all machines."""
        return list(self._instances.values())

    def is_on(self, instance_id: str) -> bool:
        """Return whether a machine counts as powered on."""
        return instance_id in self._instances and instance_id not in self._off

    def boot_id(self, instance_id: str) -> str | None:
        """Return the number of the machine's boot."""
        return str(self._boots[instance_id]) if self.is_on(instance_id) else None

    def power_off(self, instance_id: str) -> None:
        """Count a machine as off."""
        self._off.add(instance_id)

    def power_on(self, instance_id: str) -> None:
        """Count a machine as booted anew."""
        self._boots[instance_id] += 1
        self._off.discard(instance_id)

    def wait(self, instance_id: str, timeout: float) -> str:
        """Return at once: a directory does not boot."""
        return "running"

    def command(self, instance_id: str, argv: Sequence[str]) -> list[str]:
        """Return the command as it is: the machine is this host."""
        return list(argv)

    def run(self, instance_id: str, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command on this host."""
        return subprocess.run(list(argv), capture_output=True, text=True, check=False)

    def agent_dir(self, instance_id: str) -> pathlib.Path:
        """Return the machine's directory."""
        return self._root / instance_id
