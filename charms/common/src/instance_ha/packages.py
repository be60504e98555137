# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Packages of the distribution: installed if missing, with no daemon started on packaged settings."""

import logging
import re
from collections.abc import Iterable, Sequence

from instance_ha import command

logger = logging.getLogger(__name__)

APT_GET = "/usr/bin/apt-get"
APT_CACHE = "/usr/bin/apt-cache"
DPKG_QUERY = "/usr/bin/dpkg-query"
SYSTEMCTL = "/usr/bin/systemctl"

# Another package operation on the machine (unattended-upgrades, another unit) may hold the lock for minutes.
_APT_OPTIONS = (
    "--quiet=2",
    "--option=DPkg::Lock::Timeout=300",
    # Files that the charm has written stay as they are when their package changes.
    "--option=Dpkg::Options::=--force-confdef",
    "--option=Dpkg::Options::=--force-confold",
)
_APT_TIMEOUT = 1800.0  # seconds; a release upgrade on a slow mirror


def ensure(
    names: Iterable[str], *, inactive: Sequence[str] = (), avoid: Iterable[str] = ()
) -> bool:
    """Install the packages that are missing. Return whether there were any.

    Args:
        names: Names of packages.
        inactive: Units that must not start during the installation: the packages would start
            them with settings that are not ours, some on a port that is ours.
        avoid: Packages not to bring along where a dependency leaves a choice. If they are there
            already, they stay.

    Raises:
        CommandError: They could not be installed.
    """
    missing = sorted(set(names) - installed(names).keys())
    if not missing:
        return False
    avoided = sorted(set(avoid) - installed(avoid).keys())
    update()
    # A run-time mask is gone after a reboot and is not mistaken for one that somebody meant to last.
    if inactive:
        command.run(SYSTEMCTL, "mask", "--runtime", *inactive)
    try:
        # See apt-get(8): a minus after a name means that it must not be installed.
        _apt_get("--no-install-recommends", "install", *missing, *(f"{name}-" for name in avoided))
    finally:
        if inactive:
            command.run(SYSTEMCTL, "unmask", "--runtime", *inactive)
    logger.info("installed %s", " ".join(missing))
    return True


def installed(names: Iterable[str]) -> dict[str, str]:
    """Return the version of each of the packages that is installed."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    # dpkg-query exits with 1 when it does not know one of them, and still tells about the others.
    answer = command.attempt(
        DPKG_QUERY, "--show", "--showformat=${Package} ${db:Status-Status} ${Version}\\n", *wanted
    )
    rows = (line.split() for line in answer.stdout.splitlines())
    return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] == "installed"}


def available(names: Iterable[str]) -> frozenset[str]:
    """Return those of the packages that the machine's sources have, as far as apt's lists are up to date."""
    wanted = sorted(set(names))
    found: set[str] = set()
    name = ""
    for line in command.run(APT_CACHE, "policy", *wanted).splitlines() if wanted else ():
        if not line.startswith(" "):
            name = line.rstrip(":")
        elif line.strip().startswith("Candidate:") and not line.strip().endswith("(none)"):
            found.add(name)
    return frozenset(found)


def purge(names: Iterable[str]) -> bool:
    """Remove packages together with their configuration. Return whether there were any."""
    there = sorted(installed(names))
    if there:
        _apt_get("purge", *there)
        logger.info("purged %s", " ".join(there))
    return bool(there)


def update() -> None:
    """Fetch the lists of packages."""
    _apt_get("update")


def upgrade(names: Iterable[str]) -> dict[str, str]:
    """Upgrade those of the packages that are installed. Return the new versions of what changed."""
    before = installed(names)
    update()
    _apt_get("--only-upgrade", "install", *sorted(before))
    now = installed(names)
    return {name: version for name, version in now.items() if before.get(name) != version}


def upgrade_all(names: Iterable[str]) -> dict[str, str]:
    """Upgrade everything on the machine, for what moves from one release to the next as a whole.

    Returns:
        The new versions of those of the packages that changed.
    """
    before = installed(names)
    update()
    _apt_get("dist-upgrade")
    now = installed(names)
    return {name: version for name, version in now.items() if before.get(name) != version}


def upstream(version: str) -> str:
    """Return the upstream part of a Debian version: without epoch, revision and repacking mark.

    See https://www.debian.org/doc/debian-policy/ch-controlfields.html#version.
    """
    without_epoch = version.partition(":")[2] or version
    without_revision = without_epoch.rpartition("-")[0] or without_epoch
    return re.sub(r"[+~.](dfsg|ds|git).*$", "", without_revision)


def _apt_get(*arguments: str) -> None:
    command.run(APT_GET, *_APT_OPTIONS, "--yes", *arguments, timeout=_APT_TIMEOUT)
