# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The fencing monitor on this machine: its code, its unit, its settings. Pacemaker runs it."""

import logging
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

import conf
import templates
from config import Config
from fencing_monitor import evidence
from instance_ha import databag, files, paths, systemd

logger = logging.getLogger(__name__)

UNIT = "masakari-fencing-monitor"
CONF = "/etc/masakari/fencing-monitor.json"
SHARE = pathlib.Path("/usr/share/masakari-fencing-monitor")
_PACKAGE = "fencing_monitor"
_UNIT_FILE = f"/etc/systemd/system/{UNIT}.service"
# The engine's own default stays known: hosts may have been disabled before the option was set.
_REASONS = ("Masakari detected host failed.",)
_SOURCE = pathlib.Path(__file__).parent / _PACKAGE


def ensure_program() -> bool:
    """Install the program and its unit. Return whether anything changed.

    Needed on every unit before the cluster may choose it, so this waits for no relation.
    """
    changed = False
    wanted = {path.relative_to(_SOURCE): path for path in sorted(_SOURCE.rglob("*.py"))}
    for relative, path in wanted.items():
        changed |= files.ensure(SHARE / _PACKAGE / relative, path.read_bytes())
    for path in sorted((SHARE / _PACKAGE).rglob("*.py")):
        if path.relative_to(SHARE / _PACKAGE) not in wanted:
            changed |= files.ensure_absent(path)
    if files.ensure(_UNIT_FILE, templates.render(f"{UNIT}.service", share=SHARE, conf=CONF)):
        systemd.daemon_reload()
        changed = True
    return changed


def ensure_settings(settings: Mapping[str, Any]) -> bool:
    """Write the settings, which hold a password. Return whether they changed."""
    return files.ensure(CONF, databag.encode_json(settings) + "\n", mode=0o640, group="masakari")


def settings(config: Config, services: conf.Services) -> dict[str, Any]:
    """Return what the monitor needs to know (see `fencing_monitor/settings.py`)."""
    identity = services.identity
    internal = config.use_internal_endpoints
    return {
        "auth_url": f"{identity.internal_url if internal else identity.public_url}/v3",
        "username": identity.service_username,
        "password": identity.service_password.get_secret_value(),
        "project_name": identity.service_tenant,
        "user_domain_name": identity.service_domain,
        "project_domain_name": identity.service_domain,
        "region_name": config.region,
        "interface": "internal" if internal else "public",
        "cafile": paths.AUTHORITIES,
        "require_fencing": config.require_fencing,
        "accept_manual_confirmation": config.accept_manual_confirmation,
        "trusted_agents": [*evidence.OURS, *config.trusted_fence_agents],
        # An engine that waits before it begins is not dead; 120 s is what the monitor allows otherwise.
        "engine_patience": 120.0 + config.engine_wait,
        "evacuation_timeout": 30.0 + config.evacuation_timeout,
        "auto_return": config.auto_return,
        "return_after": float(config.auto_return_delay),
        "disabled_reasons": sorted({*_REASONS, config.service_disable_reason}),
    }


def restart() -> None:
    """Let a running monitor take up its new code or settings.

    Under Pacemaker's eyes: between stop and start passes less time than between two of its looks, and if
    one falls into the gap, Pacemaker starts the monitor itself. Where it does not run it is not started.
    """
    systemd.try_restart(UNIT)


def remove() -> None:
    """Take away what we brought."""
    systemd.ensure_stopped([UNIT])
    files.ensure_absent(CONF)
    if files.ensure_absent(_UNIT_FILE):
        systemd.daemon_reload()
    shutil.rmtree(SHARE, ignore_errors=True)
