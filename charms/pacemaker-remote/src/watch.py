# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What systemd does around every stop of the daemon, so that no stop is taken for a lost host.

See ``files/pacemaker_remote_watch``, which does it. It is systemd that runs it and not this charm,
because packages are upgraded without the charm.
"""

import pathlib

from instance_ha import files, systemd

_NAME = "pacemaker_remote_watch"
PROGRAM = pathlib.Path("/usr/lib/instance-ha") / _NAME
UNIT = pathlib.Path("/etc/systemd/system") / f"{_NAME}.service"
DROP_IN = pathlib.Path("/etc/systemd/system/pacemaker_remote.service.d/instance-ha.conf")


def ensure(source: pathlib.Path, node: str) -> None:
    """Put it in place.

    Args:
        source: The charm's directory of files.
        node: The name that the cluster knows this host by.
    """
    changed = files.ensure(PROGRAM, (source / _NAME).read_bytes(), mode=0o755)
    changed |= files.ensure(UNIT, _unit(node))
    changed |= files.ensure(DROP_IN, _drop_in(node))
    if changed:
        systemd.daemon_reload()


def ensure_absent() -> None:
    """Take it away."""
    changed = files.ensure_absent(DROP_IN)
    changed |= files.ensure_absent(UNIT)
    files.ensure_absent(PROGRAM)
    if changed:
        systemd.daemon_reload()


def _drop_in(node: str) -> str:
    # "-": the daemon stops whatever comes of it.
    return f"[Unit]\nWants={UNIT.name}\n\n[Service]\nExecStop=-{PROGRAM} leave {node}\n"


def _unit(node: str) -> str:
    return (
        "[Unit]\n"
        "Description=End of the maintenance in which pacemaker_remote was restarted\n"
        "After=pacemaker_remote.service\n"
        "PartOf=pacemaker_remote.service\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        # As long as the cluster takes to connect; nothing waits for it.
        "TimeoutStartSec=infinity\n"
        f"ExecStart={PROGRAM} return {node}\n"
    )
