# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A renewed certificate of the API, taken up by one unit after the other (see ``api_reload.py``)."""

import pathlib

import monitor
import templates
from instance_ha import files, systemd

UNIT = "masakari-api-reload"
_PROGRAM = pathlib.Path("/usr/share/masakari-charm/api_reload.py")
_UNIT_FILE = pathlib.Path(f"/etc/systemd/system/{UNIT}.service")


def begin(name: str) -> None:
    """Begin to take it up, without waiting for the other units.

    Args:
        name: What haproxy calls this unit.
    """
    source = pathlib.Path(__file__).with_name("api_reload.py")
    files.ensure(_PROGRAM, source.read_bytes(), mode=0o755)
    text = templates.render(f"{UNIT}.service", program=_PROGRAM, server=name, share=monitor.SHARE)
    if files.ensure(_UNIT_FILE, text):
        systemd.daemon_reload()
    systemd.begin(UNIT)


def has_failed() -> bool:
    """Return whether the last one was not taken up."""
    return systemd.read(UNIT)[UNIT].active == "failed"


def remove() -> None:
    """Take away what we brought."""
    if files.ensure_absent(_UNIT_FILE):
        systemd.daemon_reload()
