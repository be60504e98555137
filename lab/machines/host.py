# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The one door to the host: commands, with their failures made readable."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from lab.machines.errors import CommandError

# A mirror that hiccups is asked again, and who holds dpkg's lock (a fresh Ubuntu upgrades itself) is
# waited for.
_APT = (
    *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get"),
    *("-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"),
)


def run(*argv: str, stdin: str | None = None, timeout: float = 60.0) -> str:
    """Run a command of the host and return what it printed.

    Raises:
        CommandError: It failed, or took longer than ``timeout`` seconds.
    """
    try:
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
    except FileNotFoundError as missing:
        raise CommandError(f"{argv[0]} is not installed on this host") from missing
    except subprocess.TimeoutExpired as late:
        raise CommandError(f"{argv[0]} took longer than {timeout:.0f} s") from late
    if done.returncode:
        raise CommandError(f"{_shorten(argv)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def install_packages(packages: Sequence[str]) -> None:
    """Install packages with the host's own apt, whatever it takes to reach its archive.

    Raises:
        CommandError: apt failed.
    """
    run(*_APT, "update", "--quiet", timeout=600)
    run(*_APT, "install", "--yes", "--quiet", "--no-install-recommends", *packages, timeout=1800)


def succeeds(*argv: str, stdin: str | None = None) -> bool:
    """Run a command whose failure is an answer and not a problem."""
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
    return done.returncode == 0


def _shorten(argv: Sequence[str]) -> str:
    text = " ".join(argv)
    return text if len(text) <= 120 else f"{text[:117]}..."
