# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Overrides of Masakari's policies: what a zip of them is made of, and when they are in use."""

import io
import zipfile

from lab.story.openstack import wait_for
from lab.story.stage import Stage

OPTION = "use-policyd-override"
RESOURCE = "policyd-override"
IN_USE = "active: Unit is ready; policy overrides are in use"


def zipped(**texts: str) -> bytes:
    """Return YAML files in a zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.yaml", text)
    return content.getvalue()


def say(stage: Stage, text: str, *, without: str = "") -> None:
    """Wait until every unit says something, and nothing of what it is to be without."""

    def everybody() -> bool:
        units = stage.juju.status().get_units("masakari").values()
        said = [f"{u.workload_status.current}: {u.workload_status.message}" for u in units]
        return all(text in one and not (without and without in one) for one in said)

    # Well below the five minutes after which units look at themselves: attaching tells them.
    wait_for(f"every unit to say {text}", everybody, timeout=150, every=2)
