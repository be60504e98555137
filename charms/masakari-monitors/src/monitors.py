# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari's monitors on this machine: packages, configuration, services."""

import logging
import pathlib
import shutil

import conf
from config import Config
from instance_ha import authorities, command, files, packages, systemd

logger = logging.getLogger(__name__)

INSTANCE = "masakari-instance-monitor"
HOST = "masakari-host-monitor"
PROCESS = "masakari-process-monitor"
INTROSPECTIVE = "masakari-introspective-instance-monitor"
ALL = (INSTANCE, HOST, PROCESS, INTROSPECTIVE)
"""Each is the name of a package and of its service."""

_DIRECTORY = pathlib.Path("/etc/masakarimonitors")
CONF = _DIRECTORY / "masakarimonitors.conf"
PROCESSES = pathlib.Path(conf.PROCESSES)
_DEFAULTS = pathlib.Path("/etc/default")
_OWNER = "masakari-monitors-charm"
APT_CACHE = "/usr/bin/apt-cache"

# Debian 13's monitors read /etc/masakari/masakari.conf, which is the API's and not there. The start
# script sources this file after it has put its arguments together.
_ARGUMENTS = f"""# Written by the masakari-monitors charm.
DAEMON_ARGS="--config-file={CONF}"
"""
# What stands in it is started again; the failure of nova-compute alone makes Masakari act: it disables
# the host in nova.
_PROCESS_LIST = """# Written by the masakari-monitors charm.
- process_name: /usr/bin/nova-compute
  start_command: systemctl start nova-compute
  pre_start_command:
  post_start_command:
  restart_command: systemctl restart nova-compute
  pre_restart_command:
  post_restart_command:
  run_as_root: True
"""


def wanted(config: Config) -> tuple[str, ...]:
    """Return the monitors that should run."""
    options = (
        (HOST, config.host_monitor),
        (PROCESS, config.process_monitor),
        (INTROSPECTIVE, config.introspective_monitor),
    )
    return (INSTANCE, *(name for name, on in options if on))


def missing(names: tuple[str, ...]) -> list[str]:
    """Return those that neither are installed nor can be: not every release packages all of them."""
    absent = [name for name in names if name not in packages.installed(names)]
    if not set(absent) - {INSTANCE, HOST}:
        return []
    policy = command.run(APT_CACHE, "policy", *absent)
    known = {line.rstrip(":") for line in policy.splitlines() if not line.startswith(" ")}
    return [name for name in absent if name not in known]


def install(names: tuple[str, ...]) -> bool:
    """Install what is missing; it starts only once it is configured. Return whether anything was."""
    # The monitors' packages want crm_mon, and that wants pacemaker or pacemaker-remote. The two exclude each
    # other, and the cluster needs hypervisors to have the second; its own charm lets it start.
    return packages.ensure(names, inactive=(*names, "pacemaker_remote"), avoid=["pacemaker"])


def version() -> str | None:
    """Return the upstream version of the installed monitors, or ``None``."""
    found = packages.installed([INSTANCE]).get(INSTANCE)
    return packages.upstream(found) if found else None


def ensure_conf(text: str, trusted: list[str]) -> bool:
    """Write the configuration, which holds a password, and trust authorities. Return whether anything changed."""
    group = systemd.group(INSTANCE)
    changed = authorities.ensure(_OWNER, trusted)
    changed |= files.ensure(PROCESSES, _PROCESS_LIST)
    for name in ALL:
        changed |= files.ensure(_DEFAULTS / name, _ARGUMENTS)
    return files.ensure(CONF, text, mode=0o640, group=group) or changed


def withdraw() -> None:
    """Stop the monitors and forget the credentials they had."""
    if CONF.exists():
        systemd.ensure_stopped(ALL)
        files.ensure_absent(CONF)


def is_paused() -> bool:
    """Return whether "pause" was run: it leaves the monitor masked, as the predecessors' did."""
    return systemd.read(INSTANCE)[INSTANCE].is_masked


def stopped(names: tuple[str, ...]) -> list[str]:
    """Return which of the monitors do not run, or only in short lives."""
    return [name for name, unit in systemd.read(*names).items() if not unit.is_healthy]


def remove() -> None:
    """Take everything away that we brought, credentials first."""
    systemd.ensure_stopped(ALL)
    shutil.rmtree(_DIRECTORY, ignore_errors=True)
    for name in ALL:
        files.ensure_absent(_DEFAULTS / name)
    authorities.ensure(_OWNER, ())
    systemd.unmask(*ALL)
    try:
        packages.purge([*ALL, "masakari-monitors-common", "python3-masakari-monitors"])
    except command.CommandError as error:
        # The unit is going; a package that resists must not keep it from going.
        logger.warning("packages stay: %s", error)
