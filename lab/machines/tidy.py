# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The last touches of a layer: quiet at boot, offline, and mended where the distribution is not."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.machines.recipe import REPAIRS

_FILES = {
    # The machines' only source; trusted because it is part of the image.
    "etc/apt/sources.list": "deb [trusted=yes] file:/srv/packages ./\n",
    "etc/apt/apt.conf.d/90lab": 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n'
    'APT::Sandbox::User "root";\nDpkg::Use-Pty "false";\n',
    "etc/dpkg/dpkg.cfg.d/90lab": "force-unsafe-io\nforce-confold\n",
    "etc/systemd/journald.conf.d/90lab.conf": "[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n"
    "RateLimitIntervalSec=0\n",
    # A hook or a service that hangs must not hold up a lab for the default minute and a half.
    "etc/systemd/system.conf.d/90lab.conf": "[Manager]\nDefaultTimeoutStopSec=20s\n",
    "etc/default/locale": "LANG=C.UTF-8\n",
}

_MASKED = (
    # They have nothing to do in a machine without a console, disks, modules and a clock of its own.
    "console-getty.service",
    "getty.target",
    "systemd-udevd.service",
    "systemd-udev-trigger.service",
    "systemd-modules-load.service",
    "systemd-timesyncd.service",
    "systemd-resolved.service",
    "systemd-logind.service",
    "systemd-networkd.service",
    "systemd-firstboot.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "logrotate.timer",
    "man-db.timer",
)

_ENABLEMENT = ("service", "socket", "timer", "path", "mount")


def quieten(tree: Path) -> list[str]:
    """Disable the services that packages enabled while the layer was built, and name them.

    What a charm installs at run time is not touched by this: it starts as on any machine.
    """
    quiet: list[str] = []
    for kind in _ENABLEMENT:
        for link in sorted((tree / "etc/systemd/system").glob(f"*.*/*.{kind}")):
            if link.is_symlink() and link.parent.suffix in {".wants", ".requires"}:
                quiet.append(link.name)
                link.unlink()
    # Scripts without a unit would be started by systemd-sysv-generator(8).
    for link in sorted((tree / "etc").glob("rc[0-6S].d/[SK]*")):
        quiet.append(link.name)
        link.unlink()
    return quiet


def settle(tree: Path) -> None:
    """Write the files and masks that make a base tree a lab machine."""
    for name, text in _FILES.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("etc/apt/sources.list.d", "var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(tree / name, ignore_errors=True)
        (tree / name).mkdir(parents=True)
    for unit in _MASKED:
        link = tree / "etc/systemd/system" / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")
    for name in ("etc/machine-id", "var/lib/dbus/machine-id", "etc/hostname"):
        (tree / name).unlink(missing_ok=True)
    for name in ("var/lib/juju", "srv/packages"):
        (tree / name).mkdir(parents=True, exist_ok=True)


def drop_caches(tree: Path) -> None:
    """Remove what apt would only have to rebuild: 85 MB in every layer."""
    for path in (tree / "var/cache/apt").glob("*.bin"):
        path.unlink()


def mend(tree: Path) -> list[str]:
    """Put back what a package of the distribution lacks, and name it."""
    mended: list[str] = []
    # Debian's python3-taskflow 5.12.0-3 comes without the directory of its database migrations:
    # `masakari-manage db sync` says "No config file '.../sqlalchemy/alembic/alembic.ini' found".
    backend = tree / "usr/lib/python3/dist-packages/taskflow/persistence/backends/sqlalchemy"
    if backend.is_dir() and not (backend / "alembic/alembic.ini").exists():
        shutil.copytree(REPAIRS / "taskflow", backend / "alembic", dirs_exist_ok=True)
        mended.append("taskflow")
    return mended
