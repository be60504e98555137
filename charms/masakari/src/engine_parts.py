# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What of ours runs inside Masakari's engine (``engine/``), and how the engine comes to find it."""

import pathlib
import shutil

import templates
from instance_ha import files, systemd

SOURCE = pathlib.Path(__file__).parent / "engine"
PLACE = pathlib.Path("/usr/share/masakari-charm/engine")
LOGIN = "instance_ha_password"
"""As ``engine/instance_ha_engine-1.dist-info`` calls it."""
DROP_IN = pathlib.Path("/etc/systemd/system/masakari-engine.service.d/instance-ha.conf")


def ensure() -> bool:
    """Let the engine find them. Return whether anything changed, for it to be restarted."""
    changed = False
    for path in sorted(SOURCE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            changed |= files.ensure(PLACE / path.relative_to(SOURCE), path.read_bytes())
    text = templates.render("masakari-engine.service.d.conf", place=PLACE, login=LOGIN)
    changed |= files.ensure(DROP_IN, text)
    if changed:
        systemd.daemon_reload()
    return changed


def remove() -> None:
    """Leave nothing of them."""
    shutil.rmtree(PLACE, ignore_errors=True)
    if files.ensure_absent(DROP_IN):
        systemd.daemon_reload()
