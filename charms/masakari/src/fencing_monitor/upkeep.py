# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Telling the cluster to leave a host alone during planned work, and to watch it again.

The connection to the host is made *unmanaged*: when it breaks, the host counts as offline and is
not fenced. The node attribute ``maintenance`` does not do that: with Pacemaker 3.0 a remote that
is cut off is fenced all the same (seen on the lab).
"""

import dataclasses
import socket
import xml.etree.ElementTree as ET
from collections.abc import Callable

from fencing_monitor import pacemaker
from fencing_monitor.cluster import Cluster

_PORT = 3121  # pacemaker_remoted's, unless the resource says otherwise
_CONNECT = 3.0


def is_watched(host: str) -> bool:
    """Return whether the cluster fences the host when it loses it.

    Raises:
        PacemakerError: The cluster could not be asked, or has no such remote.
    """
    values = _values(host, "meta_attributes")
    return values.get("is-managed", "true").lower() in ("true", "yes", "on", "1", "y")


def set_watched(host: str, watched: bool) -> None:
    """Have the cluster watch a host, or leave it alone.

    Raises:
        PacemakerError: The cluster did not take it.
    """
    change = (
        ("--delete-parameter", "is-managed")
        if watched
        else ("--set-parameter", "is-managed", "--parameter-value", "false")
    )
    pacemaker.run("crm_resource", "--resource", host, "--meta", *change)


def answers(host: str) -> bool:
    """Return whether something listens where the cluster connects to.

    A cluster that is told to watch a host that is not up yet would power it off.

    Raises:
        PacemakerError: The cluster could not be asked, or has no such remote.
    """
    values = _values(host, "instance_attributes")
    address = values.get("server") or values.get("addr") or host
    try:
        socket.create_connection((address, int(values.get("port", _PORT))), _CONNECT).close()
    except OSError:
        return False
    return True


def _values(host: str, kind: str) -> dict[str, str]:
    """Return the attributes of the resource that is the connection to a host."""
    resources = ET.fromstring(pacemaker.run("cibadmin", "--query", "--local", "--scope=resources"))
    found = next((one for one in resources.iter("primitive") if one.get("id") == host), None)
    if found is None:
        raise pacemaker.PacemakerError(f"the cluster has no remote named {host}")
    return {one.attrib["name"]: one.get("value", "") for one in found.iterfind(f"{kind}/nvpair")}


@dataclasses.dataclass(frozen=True)
class Keeper:
    """The cluster, which watches hosts or leaves them alone."""

    look: Callable[[], Cluster]
    is_watched: Callable[[str], bool] = is_watched
    set_watched: Callable[[str, bool], None] = set_watched
    answers: Callable[[str], bool] = answers
