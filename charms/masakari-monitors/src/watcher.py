# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The timer that looks after the instance monitor's ears (see ``watch.py``, which it runs)."""

import pathlib

from instance_ha import files, systemd

TIMER = "masakari-monitors-watch.timer"
_PROGRAM = pathlib.Path("/usr/share/masakari-monitors-charm/watch.py")
_UNITS = pathlib.Path("/etc/systemd/system")
_HEAD = "# Written by the masakari-monitors charm.\n"
_SERVICE = f"""{_HEAD}[Unit]
Description=Look whether Masakari's instance monitor hears libvirt

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {_PROGRAM}
TimeoutStartSec=120
Nice=5
"""
_TIMER = f"""{_HEAD}[Unit]
Description=Look twice a minute whether Masakari's instance monitor hears libvirt

[Timer]
OnActiveSec=30
OnUnitInactiveSec=30
AccuracySec=1

[Install]
WantedBy=timers.target
"""


def ensure() -> None:
    """Install the watch and let it run."""
    source = pathlib.Path(__file__).with_name("watch.py")
    files.ensure(_PROGRAM, source.read_bytes(), mode=0o755)
    changed = files.ensure(_UNITS / "masakari-monitors-watch.service", _SERVICE)
    changed |= files.ensure(_UNITS / TIMER, _TIMER)
    if changed:
        systemd.daemon_reload()
    systemd.ensure_running([TIMER])


def stop() -> None:
    """Let nobody restart a monitor that is to stand still."""
    systemd.ensure_stopped([TIMER])


def remove() -> None:
    """Take the watch away."""
    stop()
    files.ensure_absent(_PROGRAM)
    for name in ("masakari-monitors-watch.service", TIMER):
        files.ensure_absent(_UNITS / name)
    systemd.daemon_reload()
