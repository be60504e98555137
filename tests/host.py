# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Programs on this host that the tools stage lets judge what the charms render."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

from lab.machines import host

# invoke-rc.d asks it before it starts a daemon; 101 forbids
# (https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt).
_POLICY = Path("/usr/sbin/policy-rc.d")
_FORBID = "#!/bin/sh\n# Put here for a moment by instance-ha's tests.\nexit 101\n"


def read_packages(path: Path) -> list[str]:
    """Return the packages of a list; ``#`` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def missing(packages: list[str]) -> list[str]:
    """Return which of the packages are not installed."""
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    present = {line.split()[0] for line in done.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in present]


@contextlib.contextmanager
def no_daemons() -> Generator[None]:
    """Keep packages from starting their daemons while they are installed."""
    if _POLICY.exists():
        # Somebody else's policy; it is theirs to keep.
        yield
        return
    _POLICY.write_text(_FORBID)
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)


def ensure_packages(path: Path) -> None:
    """Install what is missing of a list, without starting any daemon.

    Tests of a program that is still missing afterwards skip, and say so.

    Raises:
        CommandError: apt failed.
    """
    wanted = missing(read_packages(path))
    if not wanted:
        return
    if os.geteuid() != 0:
        print(f"not root, so these stay missing: {' '.join(wanted)}", file=sys.stderr)
        return
    print(f"installing {' '.join(wanted)}", flush=True)
    with no_daemons():
        host.install_packages(wanted)
