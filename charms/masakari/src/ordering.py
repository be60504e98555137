# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The task of ours in the engine's recovery flow (``engine/instance_ha_order.py``), where it is wanted."""

import pathlib
import shutil

import templates
from instance_ha import files, systemd

_SOURCE = pathlib.Path(__file__).parent / "engine"
_PLACE = pathlib.Path("/usr/share/masakari-charm/engine")
DROP_IN = pathlib.Path("/etc/systemd/system/masakari-engine.service.d/instance-ha.conf")


def ensure(wanted: bool) -> bool:
    """Let the engine find the task, or not. Return whether anything changed, for it to be restarted."""
    if not wanted:
        changed = files.ensure_absent(DROP_IN)
        shutil.rmtree(_PLACE, ignore_errors=True)
    else:
        changed = False
        for path in sorted(_SOURCE.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                changed |= files.ensure(_PLACE / path.relative_to(_SOURCE), path.read_bytes())
        text = templates.render("masakari-engine.service.d.conf", place=_PLACE)
        changed |= files.ensure(DROP_IN, text)
    if changed:
        systemd.daemon_reload()
    return changed
