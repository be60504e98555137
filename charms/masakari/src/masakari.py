# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Masakari on this machine: packages, files, services."""

import logging
import os
import pathlib
import shutil
import socket
import time
from collections.abc import Iterable

import conf
import credentials
import engine_parts
import templates
import trust
from instance_ha import command, files, packages, systemd

logger = logging.getLogger(__name__)

PACKAGES = (
    "apache2",
    "haproxy",
    "libapache2-mod-wsgi-py3",
    "masakari-api",
    "masakari-engine",
    "memcached",
    "python3-memcache",
)
# Debian's masakari-api listens on haproxy's port by itself; Ubuntu's puts a site there. Neither is wanted,
# and nothing may start before it has our configuration.
_INACTIVE = ("apache2", "haproxy", "masakari-api", "masakari-engine")

ENGINE = "masakari-engine"
APACHE = "apache2"
HAPROXY = "haproxy"
SERVICES = (APACHE, ENGINE, "memcached")

_CONF = "/etc/masakari/masakari.conf"
_SHARE = "/usr/share/masakari-charm"
_WSGI = f"{_SHARE}/masakari-api.wsgi"
_SITE = "instance-ha-masakari"
_APACHE = pathlib.Path("/etc/apache2")
# Sites of Ubuntu's package, of the predecessors and of apache itself, which listen where we do.
_FOREIGN_SITES = ("masakari-api", "openstack_https_frontend", "000-default")


def install() -> bool:
    """Install what is missing. Return whether anything was."""
    changed = packages.ensure(PACKAGES, inactive=_INACTIVE)
    unit = systemd.read("masakari-api")["masakari-api"]
    if not unit.is_masked:
        systemd.ensure_stopped(["masakari-api"], masked=True)
    return changed


def version() -> str | None:
    """Return the upstream version of the installed Masakari, or ``None``."""
    found = packages.installed(["masakari-api"]).get("masakari-api")
    return packages.upstream(found) if found else None


def release() -> int:
    """Return the major version of the installed Masakari, 0 if there is none."""
    major = (version() or "").partition(".")[0]
    return int(major) if major.isdigit() else 0


def ensure_conf(text: str) -> bool:
    """Write masakari.conf, which holds passwords. Return whether it changed."""
    return files.ensure(_CONF, text, mode=0o640, group="masakari")


def ensure_site(text: str) -> bool:
    """Make apache serve the API and nothing else. Return whether anything changed."""
    changed = files.ensure(_WSGI, templates.render("masakari-api.wsgi"))
    changed |= files.ensure(_APACHE / f"sites-available/{_SITE}.conf", text)
    changed |= files.ensure(_APACHE / "ports.conf", "# The sites say where to listen.\n")
    for name in _FOREIGN_SITES:
        changed |= files.ensure_absent(_APACHE / f"sites-enabled/{name}.conf")
    changed |= _ensure_link(
        _APACHE / f"sites-enabled/{_SITE}.conf", f"../sites-available/{_SITE}.conf"
    )
    return changed


def engine_is_stale() -> bool:
    """Return whether the engine runs since before its files were last changed."""
    unit = systemd.read(ENGINE)[ENGINE]
    if not unit.is_active:
        return False
    paths = (_CONF, *credentials.client_files(), engine_parts.DROP_IN)
    changed = [os.stat(path).st_mtime for path in paths if os.path.exists(path)]
    # A time to come is a clock that was put back, and says nothing.
    return any(0 <= time.time() - moment < unit.age for moment in changed)


def is_paused() -> bool:
    """Return whether "pause" was run: it leaves the engine masked, as the predecessors' did."""
    return systemd.read(ENGINE)[ENGINE].is_masked


def cores() -> int:
    """Return how many cores this machine may use."""
    return len(os.sched_getaffinity(0))


def faults(services: Iterable[str], ports: Iterable[int]) -> list[str]:
    """Return what does not work as it should, as the predecessors' status words it."""
    stopped = [name for name, unit in systemd.read(*services).items() if not unit.is_healthy]
    found = [f"Services not running that should be: {', '.join(stopped)}"] if stopped else []
    closed = [str(port) for port in ports if not _answers(port)]
    if closed and not stopped:
        found.append(f"Ports which should be open, but are not: {', '.join(closed)}")
    return found


def remove() -> None:
    """Stop everything and take away what we brought, passwords first."""
    systemd.ensure_stopped([*SERVICES, HAPROXY])
    trust.remove()
    files.ensure_absent(_CONF)
    files.ensure_absent(_APACHE / f"sites-enabled/{_SITE}.conf")
    files.ensure_absent(_APACHE / f"sites-available/{_SITE}.conf")
    shutil.rmtree(_SHARE, ignore_errors=True)
    try:
        packages.purge(["masakari-api", "masakari-engine", "masakari-common"])
    except command.CommandError as error:
        # The unit is going; a package that resists must not keep it from going.
        logger.warning("packages stay: %s", error)


def _ensure_link(path: pathlib.Path, target: str) -> bool:
    if path.is_symlink() and os.readlink(path) == target:
        return False
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    return True


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2.0).close()
    except OSError:
        return False
    return True


API_PORTS = (conf.API_PORT, conf.PORT)
