# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Another OpenStack release on this unit: its sources, its packages, and what Masakari says of the step."""

import logging
from collections.abc import Mapping

import masakari
import origin
import recoveries
import sources
from instance_ha import command, packages, status, systemd
from origin import Origin

logger = logging.getLogger(__name__)

CHECK = "/usr/bin/masakari-status"


def is_pending(wanted: Origin) -> bool:
    """Return whether the option has not been applied to this unit yet.

    A unit of the predecessors has noted nothing: there the option is applied if the release that it
    names is the one that is installed.
    """
    if sources.is_noted():
        return not sources.is_applied(wanted)
    return origin.RELEASES.get(wanted.release, masakari.release()) != masakari.release()


def examine(wanted: Origin) -> None:
    """Make sure that the machine's sources carry what is wanted, and nothing older than what is installed.

    Raises:
        NotReadyError: They do not, or the machine cannot use them.
    """
    sources.check(wanted)
    installed, offered = masakari.release(), sources.candidate()
    if offered < installed:
        raise status.blocked(
            f"openstack-origin: offers {origin.name(offered)}, but {origin.name(installed)} is installed"
        )


def check() -> None:
    """Make sure that nothing is taken away from an engine at work.

    Raises:
        NotReadyError: A recovery runs; the status names it.
    """
    if found := recoveries.running():
        raise status.waiting(f"the upgrade waits for a recovery: {', '.join(found)}")


def run(wanted: Origin) -> dict[str, str]:
    """Bring this unit to the release that its sources then carry. Return the new versions.

    Raises:
        NotReadyError: The sources cannot be had, or carry an older release than the installed one.
        CommandError: The packages could not be upgraded; the next try goes on.
    """
    sources.apply(wanted)
    examine(wanted)
    before, offered = masakari.release(), sources.candidate()
    changed: dict[str, str] = {}
    if offered != before:
        logger.info("upgrading from %s to %s", origin.name(before), origin.name(offered))
        systemd.ensure_stopped([masakari.ENGINE])
        changed = packages.upgrade_all(masakari.PACKAGES)
    sources.remember(wanted)
    return changed


def outcome(changed: Mapping[str, str]) -> str:
    """Return what was upgraded, in words; nothing for nothing."""
    names = ", ".join(f"{name} {version}" for name, version in sorted(changed.items()))
    return f"upgraded {names}" if names else ""


def advice() -> str:
    """Return what ``masakari-status upgrade check`` says; its exit code is 0, 1 or 2 by how grave it is."""
    try:
        said = command.attempt(CHECK, "upgrade", "check", timeout=120.0)
    except command.CommandError as error:
        return str(error)
    return (said.stdout or said.stderr).strip()[-2000:]
