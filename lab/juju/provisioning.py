# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Getting a machine from the cloud, giving it back, and noticing its power."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING

from lab.juju import runner
from lab.juju.cloud import Cloud
from lab.juju.entities import Machine, Status
from lab.juju.tools import TOOLS
from lab.juju.toolserver import ToolServer
from lab.machines.errors import CloudError

if TYPE_CHECKING:
    from lab.juju.engine import Engine

logger = logging.getLogger(__name__)

_POWER_SECONDS = 1.0
_RETRY_SECONDS = 10.0
_BOOT_SECONDS = 60.0
_HERE = pathlib.Path(__file__).parent
LOST = "agent is not communicating with the server"


class Provisioner:
    """Keeps one machine of the model and its instance in step."""

    def __init__(self, engine: Engine, machine: str):
        self._engine = engine
        self._id = machine
        self._tools: ToolServer | None = None
        self._looked = 0.0
        self._tried = 0.0

    def ready(self, machine: Machine) -> bool:
        """Return whether the machine has an instance that is up; ask the cloud for one if it has none.

        Runs without the lock: the cloud takes its time.
        """
        if machine.instance is None and not self._allocate(machine):
            return False
        if time.monotonic() - self._looked >= _POWER_SECONDS:
            self.look(machine)
        return self.up(machine)

    def up(self, machine: Machine) -> bool:
        """Return whether the machine was on when last looked at."""
        return machine.instance is not None and machine.status.current == "started"

    def look(self, machine: Machine) -> None:
        """Notice whether the machine is on, and whether it has booted since."""
        instance = machine.instance
        if instance is None:
            return
        boot = boot_id(self._engine.cloud, instance)
        self._looked = time.monotonic()
        if boot is not None and self._tools is None:
            self._serve_tools(instance)
        if boot is None:
            if machine.status.current != "down":
                with self._engine.change():
                    machine.status = Status("down", LOST)
            return
        if boot == machine.boot_id and machine.status.current == "started":
            return
        self._await_boot(instance)
        with self._engine.change() as model:
            if machine.boot_id is not None and boot != machine.boot_id:
                for unit in model.units_on(self._id):
                    # start runs again after a reboot (worker/uniter/reboot/resolver.go).
                    unit.rebooted = unit.started and not unit.stopped
                    # An agent that starts takes the resources as known (uniter.go, charmState).
                    unit.modified = model.applications[unit.app].modified
            machine.boot_id = boot
            machine.status = Status("started")

    def release(self, machine: Machine) -> bool:
        """Give the instance back and forget the machine."""
        if any(True for _ in self._engine.model.containers_on(self._id)):
            return False
        self.close()
        if machine.instance is not None:
            self._engine.cloud.release(machine.instance)
        with self._engine.change() as model:
            del model.machines[self._id]
        return True

    def close(self) -> None:
        """Stop serving the machine's hook tools."""
        if self._tools is not None:
            self._tools.close()
            self._tools = None

    def _allocate(self, machine: Machine) -> bool:
        engine, parent = self._engine, machine.parent
        if self._tried and time.monotonic() - self._tried < _RETRY_SECONDS:
            return False
        if not engine.turns.take(self._id, engine.model):
            return False
        host: str | None = None
        if parent is not None:
            above = engine.model.machines.get(parent)
            if above is None or above.status.current != "started":
                return False
            host = above.instance
        with engine.change(durable=True):
            if host is not None and machine.container is None:
                machine.container = f"juju-{secrets.token_hex(3)}-{self._id.replace('/', '-')}"
            machine.status = Status("pending", "waiting for a machine of the cloud")
        try:
            instance = engine.cloud.allocate(
                tags=frozenset(machine.tags),
                container_of=host,
                container_name=machine.container,
            )
        except (CloudError, OSError) as error:
            # Juju too tries again, for the reason may pass: a machine may be given back.
            self._tried = time.monotonic()
            engine.log(self._id, "ERROR", "juju.provisioner", f"cannot start instance: {error}")
            with engine.change():
                machine.status = Status("provisioning error", str(error))
            return False
        self._serve_tools(instance.id)
        boot = engine.cloud.boot_id(instance.id)
        with engine.change():
            engine.forget_network(instance.id)
            machine.instance = instance.id
            machine.boot_id = boot
            machine.status = Status("started")
        engine.log(self._id, "INFO", "juju.provisioner", f"started machine {instance.id}")
        return True

    def _await_boot(self, instance: str) -> None:
        """Wait until the machine's services are up, as a Juju agent is one of them.

        Not for ever: a service that hangs does not keep an agent from its work.
        """
        with contextlib.suppress(CloudError, subprocess.SubprocessError):
            self._engine.cloud.wait(instance, _BOOT_SECONDS)

    def _serve_tools(self, instance: str) -> None:
        directory = self._engine.cloud.agent_dir(instance)
        install_tools(directory / "tools")
        self._tools = ToolServer(directory, self._engine.call_tool)


def boot_id(cloud: Cloud, instance: str) -> str | None:
    """Return what changes with a machine's boots; nothing while it is off or no more there."""
    try:
        return cloud.boot_id(instance)
    except CloudError:
        return None


def install_tools(directory: pathlib.Path) -> None:
    """Put the hook tools into a machine: one program under all their names."""
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "hooktool"
    if not program.exists():
        partial = directory / f".{os.getpid()}-{secrets.token_hex(4)}"
        partial.write_bytes(_program())
        partial.chmod(0o755)
        partial.replace(program)
    for name in TOOLS:
        link = directory / name
        if not link.is_symlink():
            link.symlink_to(program.name)


@functools.cache
def _program() -> bytes:
    """Compile the program, static so that it runs under any libc; or take the one in Python."""
    compiler = shutil.which("gcc")
    if compiler is not None:
        with tempfile.TemporaryDirectory() as directory:
            target = pathlib.Path(directory, "hooktool")
            source = str(_HERE / "hooktool.c")
            built = runner.run([compiler, "-O2", "-static", "-o", str(target), source])
            if built.code == 0:
                return target.read_bytes()
        logger.warning("cannot compile hooktool.c: %s", built.stderr.strip())
    return (_HERE / "hooktool.py").read_bytes()
