# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine as a remote of a cluster: the daemon, its key, and whether the cluster holds on to it."""

import logging
import pathlib
import time
from collections.abc import Iterator

import sockets
import watch
from instance_ha import command, files, packages, systemd
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

SERVICE = "pacemaker_remote"
PORT = 3121
AUTHKEY = pathlib.Path("/etc/pacemaker/authkey")
CRM_RESOURCE = "/usr/sbin/crm_resource"

# The last for crm_resource, with which a host asks to be left alone.
_PACKAGES = ("pacemaker-remote", "resource-agents", "pacemaker-cli-utils")
# resource-agents may bring corosync, which has no business on a remote.
_FOREIGN = "corosync"
_GROUP = "haclient"
_SOCKETS = (pathlib.Path("/proc/net/tcp"), pathlib.Path("/proc/net/tcp6"))
_MANAGED = "is-managed"
_CLUSTER_TIMEOUT = 15.0  # seconds; the cluster answers in less than one


def install(source: pathlib.Path, node: str, address: str | None) -> None:
    """Install the daemon; it waits for its key.

    Args:
        source: The charm's directory of files.
        node: The name that the cluster knows this host by.
        address: The only one that the daemon is to listen on, from its next start; ``None`` is all.
    """
    # First, because it covers a daemon that the installation of a package restarts.
    watch.ensure(source, node, address)
    packages.ensure(_PACKAGES, inactive=[f"{_FOREIGN}.service", f"{SERVICE}.service"])
    systemd.ensure_stopped((_FOREIGN,))


def workload_version() -> str:
    """Return the daemon's version; empty if it is not installed."""
    version = packages.installed(["pacemaker-remote"]).get("pacemaker-remote", "")
    return packages.upstream(version) if version else ""


def serve(key: bytes) -> None:
    """Let the daemon serve clusters that have this key.

    It does not restart for another key: a cluster of Pacemaker 2.1 fences a host whose daemon
    restarts, and the daemon reads the key again with the next connection (but not within 60 s).
    """
    if files.ensure(AUTHKEY, key, mode=0o640, group=_GROUP):
        logger.info("the key is another, or its mode was")
    systemd.ensure_running((SERVICE,))


def is_serving() -> bool:
    """Return whether the daemon runs."""
    return systemd.read(SERVICE)[SERVICE].is_active


def ensure_reachable(source: pathlib.Path, node: str, address: str | None) -> bool:
    """Have the daemon listen where the cluster is about to be told. Return whether it restarted.

    It restarts only if nobody could connect to it there. Then it is open to all addresses until its
    next start: the cluster knows it by the one that it had, and has to find it before and after.

    Args:
        source: The charm's directory of files.
        node: The name that the cluster knows this host by.
        address: The only one that the daemon is to listen on; ``None`` is all.
    """
    found = {each for table in _tables() for each in sockets.listeners(table, PORT)}
    if not found or any(each.is_unspecified or str(each) == address for each in found):
        return False
    logger.warning("%s listens where nobody will look for it; restarting it", SERVICE)
    watch.ensure(source, node, None)
    systemd.restart(SERVICE)
    watch.ensure(source, node, address)
    return True


def is_connected() -> bool:
    """Return whether a cluster holds a connection to the daemon."""
    return any(sockets.has_connection(table, PORT) for table in _tables())


def _tables() -> Iterator[str]:
    return (table.read_text() for table in _SOCKETS if table.exists())


def wait_until_released(*, timeout: float) -> bool:
    """Wait for the cluster to let go of this host. Return whether it has.

    Args:
        timeout: Seconds.
    """
    end = time.monotonic() + timeout
    while is_connected():
        if time.monotonic() > end:
            return False
        time.sleep(1)
    return True


def stop_serving() -> None:
    """Stop the daemon and remove its key.

    Never while a cluster holds a connection: it would take that for the loss of the host.
    """
    systemd.ensure_stopped((SERVICE,))
    watch.ensure_absent()
    files.ensure_absent(AUTHKEY)


def set_paused(node: str, *, paused: bool) -> None:
    """Tell the cluster to leave this host alone, or to look after it again.

    The cluster does not manage the connection then: when it breaks, the host counts as offline and
    is not powered off. The node attribute ``maintenance`` does not do that: with Pacemaker 3.0 a
    remote that is cut off is fenced all the same.

    Raises:
        CommandError: The cluster cannot be told.
    """
    change = (
        ("--set-parameter", _MANAGED, "--parameter-value", "false")
        if paused
        else ("--delete-parameter", _MANAGED)
    )
    command.run(*_connection(node), *change, timeout=_CLUSTER_TIMEOUT)


def is_paused(node: str) -> bool:
    """Return whether the cluster was told to leave this host alone, as far as it answers."""
    try:
        answer = command.attempt(
            *_connection(node), "--get-parameter", _MANAGED, timeout=_CLUSTER_TIMEOUT
        )
    except CommandError as error:
        logger.info("the cluster cannot be asked: %s", error)
        return False
    return answer.stdout.strip().lower() == "false"


def _connection(node: str) -> tuple[str, ...]:
    # The cluster's resource for a remote has the remote's name.
    return (CRM_RESOURCE, "--resource", node, "--meta")
