# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine: packages, files, and two daemons that restart whenever a file has changed."""

import base64
import pathlib
import socket
import time

import crm
import ring
from lab_charm import command, files
from lab_charm.command import CommandError

# Without what the lab's repository does not have and nothing of this needs: ipmitool, netaddr, libmaas.
_PACKAGES = ("crmsh", "corosync", "pacemaker", "pacemaker-cli-utils", "resource-agents")
_PLUGIN = "/usr/lib/stonith/plugins/external/maas"
_REMOTE_KEY = "/etc/pacemaker/authkey"
_DROP_IN = "/etc/systemd/system/{}.service.d/overrides.conf"
_DAEMONS = ("corosync", "pacemaker")


def install(plugin: pathlib.Path, address: str, unit: str) -> None:
    """Install the daemons; a ring of this member alone is there before they first start.

    Args:
        plugin: The fencing device's program.
        address: This member's.
        unit: Its name.
    """
    files.ensure(ring.CONF, ring.render({ring.node_id(unit): address}))
    # With what they recommend, as far as it is there: python3-pacemaker runs devices of cluster-glue.
    options = ("--yes", "--quiet", "--install-recommends")
    command.run("apt-get", "install", *options, *_PACKAGES, timeout=900)
    files.ensure(_PLUGIN, plugin.read_bytes(), mode=0o755)


def ensure(conf: str, ring_key: str, remote_key: str, limits: tuple[int, int]) -> None:
    """Write the files, and restart the daemons if one of them has changed.

    Args:
        conf: corosync.conf.
        ring_key: In base64.
        remote_key: In base64.
        limits: Seconds that the daemons may take to start and to stop.
    """
    start, stop = limits
    for daemon in _DAEMONS:
        text = f"[Service]\nTimeoutStartSec={start}\nTimeoutStopSec={stop}\n"
        files.ensure(_DROP_IN.format(daemon), text)
    command.run("systemctl", "daemon-reload")
    changed = files.ensure(ring.DEFAULTS, ring.DEFAULTS_TEXT)
    changed |= files.ensure(ring.ACCESS, ring.ACCESS_TEXT)
    changed |= files.ensure(ring.AUTHKEY, base64.b64decode(ring_key), mode=0o400)
    changed |= files.ensure(ring.CONF, conf)
    files.ensure(_REMOTE_KEY, base64.b64decode(remote_key), mode=0o440, group="haclient")
    if changed:
        command.run("systemctl", "stop", "pacemaker", timeout=700)
        command.run("systemctl", "restart", "corosync", timeout=700)
        command.run("systemctl", "start", "pacemaker", timeout=200)
    _await_pacemaker()


def _await_pacemaker(timeout: float = 240.0) -> None:
    me = socket.gethostname()
    deadline = time.monotonic() + timeout
    while me not in _members():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Pacemaker does not know {me} after {timeout:.0f} s")
        time.sleep(2)


def _members() -> list[str]:
    try:
        return crm.members(command.run("crm_node", "--list"))
    except CommandError:
        return []  # It is still starting.
