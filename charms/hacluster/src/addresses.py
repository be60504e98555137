# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The service that removes virtual addresses which stayed here when the cluster stopped them."""

import pathlib
import shutil

from instance_ha import files, systemd

SERVICE = "hacluster-addresses"

_LIBRARY = pathlib.Path("/usr/share/hacluster")
_PACKAGE = "address_watch"
_UNIT = pathlib.Path(f"/etc/systemd/system/{SERVICE}.service")
_CONTENT = f"""\
# Written by the hacluster charm; changes are overwritten.
[Unit]
Description=Removal of virtual addresses that the cluster has stopped here

[Service]
Environment=PYTHONPATH={_LIBRARY} PYTHONDONTWRITEBYTECODE=1
ExecStart=/usr/bin/python3 -m {_PACKAGE}.watch
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


def ensure(sources: pathlib.Path) -> None:
    """Have it run, in the form that came with the charm.

    Args:
        sources: The charm's directory of files for the machine.
    """
    changed = False
    for source in sorted((sources / _PACKAGE).glob("*.py")):
        changed |= files.ensure(_LIBRARY / _PACKAGE / source.name, source.read_bytes())
    if files.ensure(_UNIT, _CONTENT):
        systemd.daemon_reload()
        changed = True
    if not systemd.ensure_running((SERVICE,)) and changed:
        systemd.try_restart(SERVICE)


def forget() -> None:
    """Stop it, and leave nothing of it on the machine."""
    systemd.ensure_stopped((SERVICE,))
    if files.ensure_absent(_UNIT):
        systemd.daemon_reload()
    shutil.rmtree(_LIBRARY / _PACKAGE, ignore_errors=True)
