# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's monitors on this machine: packages, configuration, services."""

import logging
import pathlib
import shutil

from instance_ha import command, files, packages, systemd

logger = logging.getLogger(__name__)

INSTANCE = "masakari-instance-monitor"
"""Package and service."""
HOST = "masakari-host-monitor"
"""Package and service."""

_DIRECTORY = pathlib.Path("/etc/masakarimonitors")
CONF = _DIRECTORY / "masakarimonitors.conf"
AUTHORITIES = _DIRECTORY / "authorities.pem"
_DEFAULTS = pathlib.Path("/etc/default")

# Debian 13's monitors read /etc/masakari/masakari.conf, which is the API's and not there. The start
# script sources this file after it has put its arguments together.
_ARGUMENTS = f"""# Written by the masakari-monitors charm.
DAEMON_ARGS="--config-file={CONF}"
"""


def wanted(*, host_monitor: bool) -> tuple[str, ...]:
    """Return the monitors that should run."""
    return (INSTANCE, HOST) if host_monitor else (INSTANCE,)


def install(names: tuple[str, ...]) -> bool:
    """Install what is missing; it starts only once it is configured. Return whether anything was."""
    # The monitors' packages want crm_mon, and that wants pacemaker or pacemaker-remote. The two exclude each
    # other, and the cluster needs hypervisors to have the second; its own charm lets it start.
    return packages.ensure(names, inactive=(*names, "pacemaker_remote"), avoid=["pacemaker"])


def version() -> str | None:
    """Return the upstream version of the installed monitors, or ``None``."""
    found = packages.installed([INSTANCE]).get(INSTANCE)
    return packages.upstream(found) if found else None


def ensure_conf(text: str, authorities: str | None) -> bool:
    """Write the configuration, which holds a password. Return whether it changed."""
    group = systemd.group(INSTANCE)
    if authorities:
        changed = files.ensure(AUTHORITIES, authorities, mode=0o644)
    else:
        changed = files.ensure_absent(AUTHORITIES)
    for name in (INSTANCE, HOST):
        changed |= files.ensure(_DEFAULTS / name, _ARGUMENTS)
    return files.ensure(CONF, text, mode=0o640, group=group) or changed


def withdraw() -> None:
    """Stop the monitors and forget the credentials they had."""
    if CONF.exists():
        systemd.ensure_stopped([INSTANCE, HOST])
        files.ensure_absent(CONF)


def is_paused() -> bool:
    """Return whether "pause" was run: it leaves the monitor masked, as the predecessors' did."""
    return systemd.read(INSTANCE)[INSTANCE].is_masked


def stopped(names: tuple[str, ...]) -> list[str]:
    """Return which of the monitors do not run, or only in short lives."""
    return [name for name, unit in systemd.read(*names).items() if not unit.is_healthy]


def remove() -> None:
    """Take everything away that we brought, credentials first."""
    systemd.ensure_stopped([INSTANCE, HOST])
    shutil.rmtree(_DIRECTORY, ignore_errors=True)
    for name in (INSTANCE, HOST):
        files.ensure_absent(_DEFAULTS / name)
    systemd.unmask(INSTANCE, HOST)
    try:
        packages.purge([INSTANCE, HOST, "masakari-monitors-common", "python3-masakari-monitors"])
    except command.CommandError as error:
        # The unit is going; a package that resists must not keep it from going.
        logger.warning("packages stay: %s", error)
