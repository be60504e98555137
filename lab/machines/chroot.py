# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""A tree being filled: mounts and commands, inside the mount namespace of a layer job."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.machines import host
from lab.machines.errors import CommandError

TOOLS = "/run/lab-build"
"""Inside the tree while it is built: on a tmpfs, so nothing of it stays."""

_PATH = f"{TOOLS}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_APT = """\
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::Etc::sourcelist "{tools}/sources.list";
Dir::Etc::sourceparts "-";
DPkg::Path "{path}";
Dpkg::Use-Pty "false";
{proxies}
"""

_ENVIRONMENT = {
    "PATH": _PATH,
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_CONFIG": f"{TOOLS}/apt.conf",
}


class Chroot:
    """A tree that can run its own commands. Lives in a mount namespace that dies with the job."""

    def __init__(self, root: Path, log: Path):
        self.root = root
        self.log = log

    def open(self, lists: Path, archives: Path, sources: Sequence[str], keyring: Path) -> None:
        """Mount what apt and the maintainer scripts need.

        Args:
            lists: The package indexes, shared by all layers.
            archives: The downloaded packages, shared by all layers.
            sources: The source lines, naming ``TOOLS/keyring.gpg`` as the key.
            keyring: The host's file with the archive's keys.
        """
        for kind, where in (("proc", "proc"), ("sysfs", "sys"), ("tmpfs", "run")):
            host.run("mount", "-t", kind, kind, str(self.root / where))
        for source, where in (
            (Path("/dev"), "dev"),
            (lists, "var/lib/apt/lists"),
            (archives, "var/cache/apt/archives"),
        ):
            (self.root / where).mkdir(parents=True, exist_ok=True)
            host.run("mount", "--rbind", str(source), str(self.root / where))
        self._lay_tools(sources, keyring)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        shutil.copy("/etc/hosts", self.root / "etc/hosts")
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)

    def _lay_tools(self, sources: Sequence[str], keyring: Path) -> None:
        tools = self.root / TOOLS.lstrip("/")
        (tools / "bin").mkdir(parents=True)
        # Every Python package compiles itself in its own process; compile() does it once, for all.
        (tools / "bin/py3compile").symlink_to("/bin/true")
        shutil.copy(keyring, tools / "keyring.gpg")
        (tools / "sources.list").write_text("\n".join([*sources, ""]))
        config = host.run("apt-config", "dump", "Acquire")
        proxies = [line for line in config.splitlines() if "::Proxy" in line]
        (tools / "apt.conf").write_text(
            _APT.format(tools=TOOLS, path=_PATH, proxies="\n".join(proxies))
        )

    def close(self) -> None:
        """Remove what was only for the build; the mounts go with the namespace."""
        (self.root / "usr/sbin/policy-rc.d").unlink()
        (self.root / "etc/resolv.conf").write_text("# A lab has no name server.\n")

    def run(self, *argv: str, may_fail: bool = False) -> str:
        """Run a command in the tree; what it says on standard error goes to the layer's log.

        Raises:
            CommandError: It failed, and may not.
        """
        with self.log.open("a") as log:
            print(f"+ {' '.join(argv)[:2000]}", file=log, flush=True)
            done = subprocess.run(
                ["chroot", str(self.root), *argv],
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                check=False,
            )
            log.write(done.stdout)
        if done.returncode and not may_fail:
            raise CommandError(f"{argv[0]} failed while building the image; see {self.log}")
        return done.stdout

    def install(self, packages: Iterable[str], *, download_only: bool = False) -> None:
        """Install packages, or only fetch what installing them would need."""
        options = ["--download-only"] if download_only else []
        self.run("apt-get", "install", "--yes", "--quiet", *options, *packages)

    def compile(self) -> None:
        """Compile the Python modules that the packages brought."""
        # Modules for other versions of Python do not compile; that is no failure of the image.
        modules = "/usr/lib/python3/dist-packages"
        self.run("python3", "-m", "compileall", "-q", "-j", "2", modules, may_fail=True)
