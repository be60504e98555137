# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What systemd is told of the daemon: where it listens, and what to do around every stop of it.

A stop must not be taken for a lost host; see ``files/pacemaker_remote_watch``, which sees to that. It
is systemd that runs it and not this charm, because packages are upgraded without the charm.
"""

import pathlib

from instance_ha import files, systemd

_NAME = "pacemaker_remote_watch"
PROGRAM = pathlib.Path("/usr/lib/instance-ha") / _NAME
UNIT = pathlib.Path("/etc/systemd/system") / f"{_NAME}.service"
DROP_IN = pathlib.Path("/etc/systemd/system/pacemaker_remote.service.d/instance-ha.conf")


def ensure(source: pathlib.Path, node: str, address: str | None) -> None:
    """Put it in place. A daemon that runs goes on as it was started.

    Args:
        source: The charm's directory of files.
        node: The name that the cluster knows this host by.
        address: The only one that the daemon is to listen on (Pacemaker 2.0.3 or later); ``None`` is
            all of them.
    """
    changed = files.ensure(PROGRAM, (source / _NAME).read_bytes(), mode=0o755)
    changed |= files.ensure(UNIT, _unit(node))
    changed |= files.ensure(DROP_IN, _drop_in(node, address))
    if changed:
        systemd.daemon_reload()


def ensure_absent() -> None:
    """Take it away."""
    changed = files.ensure_absent(DROP_IN)
    changed |= files.ensure_absent(UNIT)
    files.ensure_absent(PROGRAM)
    if changed:
        systemd.daemon_reload()


def _drop_in(node: str, address: str | None) -> str:
    # "-": the daemon stops whatever comes of it.
    unit, service = [f"Wants={UNIT.name}"], [f"ExecStop=-{PROGRAM} leave {node}"]
    if address is not None:
        # The configuration file, /etc/default/pacemaker, is left to people, and what stands there wins.
        service.append(f"Environment=PCMK_remote_address={address}")
        # A daemon that cannot bind to its address ends with 100, which its unit takes for success (seen
        # with 2.1.5): after a boot that is late with the network it would stay down for good.
        unit += ["Wants=network-online.target", "After=network-online.target"]
        # With 2 s or less systemd gives up: five starts in ten seconds.
        service += ["RestartForceExitStatus=100", "RestartSec=3"]
    return "\n".join(["[Unit]", *unit, "", "[Service]", *service, ""])


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
