# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""One machine: its files, the processes it consists of, and how to boot and to kill them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from lab.machines import cgroups, network
from lab.machines.errors import MachineOffError
from lab.machines.instance import Record
from lab.settings import Lab

_LAUNCHER = Path(__file__).parent / "machine.sh"

_GONE_SECONDS = 5.0
"""How long a booting machine may have no process: it may be in the middle of a reboot."""

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class Machine:
    """A systemd-nspawn container that stands for a machine, or a container on one."""

    def __init__(self, lab: Lab, record: Record, directory: Path):
        self.record = record
        self.directory = directory
        self._lab = lab
        self._namespace = lab.namespace(record.id)
        self._watch = f"{record.id}.watch"

    @property
    def agent_dir(self) -> Path:
        """What the machine sees as /var/lib/juju."""
        return self.directory / "juju"

    @property
    def upper(self) -> Path:
        """What the machine has changed of its image."""
        return self.directory / "upper"

    @property
    def console(self) -> Path:
        """What systemd said while it booted."""
        return self.directory / "console.log"

    def _prepare(self) -> None:
        """Lay the files that differ from machine to machine."""
        for path in (self.upper / "etc", self.directory / "work", self.directory / "root"):
            path.mkdir(parents=True, exist_ok=True)
        self.agent_dir.mkdir(exist_ok=True)
        name = f"{self._lab.name}/{self.record.id}"
        identity = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        (self.upper / "etc/hostname").write_text(f"{self.record.id}\n")
        # Without an id systemd would take each boot for the first and enable everything.
        (self.upper / "etc/machine-id").write_text(f"{identity}\n")

    def init(self) -> int | None:
        """Return the machine's first process, as the host numbers it; none while it is off."""
        for group in cgroups.groups(self._lab.name, self.record.id):
            for leaf in (group / "payload/init.scope", group / "payload"):
                for pid in _read_numbers(leaf / "cgroup.procs"):
                    if _number_inside(pid) == 1:
                        return pid
        return None

    def boot_id(self) -> str | None:
        """Return what kernel.random.boot_id says in the machine; none while it is off."""
        init = self.init()
        if init is None:
            return None
        try:
            return Path(f"/proc/{init}/root/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None

    def command(self, cwd: str | None = None, env: dict[str, str] | None = None) -> list[str]:
        """Return the words that run what follows them inside the machine.

        Raises:
            MachineOffError: It is off.
        """
        init = self.init()
        if init is None:
            raise MachineOffError(f"{self.record.id} is off")
        words = ["nsenter", "-t", str(init), "-m", "-u", "-i", "-n", "-p", "-C", "--", "env", "-i"]
        if cwd:
            words += ["-C", cwd]
        return words + [
            f"{name}={value}" for name, value in {**_ENVIRONMENT, **(env or {})}.items()
        ]

    def boot(self, dead: frozenset[str] = frozenset()) -> None:
        """Connect and start it. The caller holds the machine's lock and it is off.

        Args:
            dead: Spaces whose cable carries nothing.
        """
        self._clean()
        self._prepare()
        network.plug(self._lab, self.record.id, self.record.number, dead)
        shutil.rmtree(self.directory / "work/work", ignore_errors=True)
        groups = [path.parent for path in cgroups.make(self._lab.name, self.record.id)]
        watch = [path.parent for path in cgroups.make(self._lab.name, self._watch)]
        with self.console.open("a") as console:
            # It outlives us, so it is no child of ours that somebody would have to reap.
            words = [str(_LAUNCHER), *self._launcher_arguments(groups, watch), *self._nspawn()]
            subprocess.run(
                ["setsid", "--fork", *words], env=_launch_environment(), cwd="/",
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, check=True,
            )  # fmt: skip

    def _launcher_arguments(self, groups: list[Path], watch: list[Path]) -> list[str]:
        overlay = ",".join(
            (
                f"lowerdir={':'.join(self.record.lowers)}",
                f"upperdir={self.upper}",
                f"workdir={self.directory / 'work'}",
                # The files outlive a power cut as long as the host lives, so nobody need sync.
                "volatile",
            )
        )
        ports = " ".join(port.name for port in network.ports(self.record.number))
        return [
            overlay,
            str(self.directory / "root"),
            str(self.directory / "lock"),
            self._lab.switch,
            self._namespace,
            ports,
            " ".join(map(str, watch)),
            " ".join(map(str, groups)),
        ]

    def _nspawn(self) -> list[str]:
        binds = [
            f"--bind={self._lab.root / 'hosts'}:/etc/hosts",
            f"--bind={self.agent_dir}:/var/lib/juju",
            # For qemu's taps.
            "--bind=/dev/net/tun",
        ]
        if self.record.layer == "compute":
            binds.append(f"--bind={self._lab.root / 'instances'}:/var/lib/nova/instances")
        return [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit",
            f"--machine={self._lab.name}-{self.record.id}", f"--hostname={self.record.id}",
            f"--directory={self.directory / 'root'}",
            f"--network-namespace-path=/run/netns/{self._namespace}",
            "--capability=all", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
            "--kill-signal=SIGRTMIN+3", "--console=pipe", *binds,
        ]  # fmt: skip

    def cut(self) -> None:
        """Kill every process of it at once, without waiting for anybody."""
        cgroups.kill(self._lab.name, self._watch)
        cgroups.kill(self._lab.name, self.record.id)

    def kill(self) -> None:
        """End it and wait until it is gone. The caller holds its lock and has pulled its cables."""
        self.cut()
        deadline = time.monotonic() + 10
        while cgroups.processes(self._lab.name, self.record.id) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._clean()

    def _clean(self) -> None:
        """Remove what an ended machine leaves in the kernel."""
        network.unplug(self._lab, [self.record.number])
        network.remove_namespace(self._namespace)
        cgroups.kill(self._lab.name, self._watch)
        cgroups.remove(self._lab.name, self._watch)
        cgroups.remove(self._lab.name, self.record.id)

    def wait_for_init(self, timeout: float = 30.0) -> None:
        """Wait until the machine's first process exists.

        Raises:
            MachineOffError: It does not after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while self.init() is None:
            if time.monotonic() > deadline:
                raise MachineOffError(f"{self.record.id} does not start; see {self.console}")
            time.sleep(0.01)

    def wait(self, timeout: float) -> str:
        """Wait until systemd has finished booting and return what it calls the result.

        Raises:
            MachineOffError: The machine ended, or is not up after ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        seen = time.monotonic()
        while (now := time.monotonic()) < deadline and now - seen < _GONE_SECONDS:
            if self.init() is not None:
                seen = now
                state = self._system_state(deadline - now)
                if state in {"running", "degraded"}:
                    return state
            time.sleep(0.05)
        how = "ended while it booted" if now < deadline else f"is not up after {timeout:.0f} s"
        raise MachineOffError(f"{self.record.id} {how}; see {self.console}")

    def _system_state(self, timeout: float) -> str:
        """Return systemd's word for the state of the machine, when it has finished booting."""
        try:
            asked = subprocess.run(
                [*self.command(), "systemctl", "is-system-running", "--wait"],
                capture_output=True, text=True, check=False, timeout=timeout,
            )  # fmt: skip
        except (MachineOffError, subprocess.TimeoutExpired):
            return ""
        return asked.stdout.strip()


def _launch_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", _ENVIRONMENT["PATH"]),
        # The machine gets a cgroup v2 of its own even where the host is hybrid ...
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
        # ... and may set the sysctls of its own network, as a machine may.
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
    }


def _read_numbers(path: Path) -> list[int]:
    try:
        return [int(word) for word in path.read_text().split()]
    except OSError:
        return []


def _number_inside(pid: int) -> int | None:
    """Return a process's number in its own namespace (see NSpid in proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), None)
