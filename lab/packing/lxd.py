# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Packing as charmcraft does by itself, in a container of the base, on a host that has LXD."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from lab.packing import charms, pack, pins


def pack_with_lxd(charm: charms.Charm, base: str, output: Path) -> pack.Packed:
    """Pack one charm where it lies in the checkout.

    Raises:
        PackError: There is no charmcraft, or it refused.
        PinError: The charm's pins do not fit.
    """
    charmcraft, uv = shutil.which("charmcraft"), shutil.which("uv")
    if not charmcraft or not uv:
        raise pack.PackError(
            "--lxd needs uv, and `snap install charmcraft --classic`, `snap install lxd`, `lxd init --auto`"
        )
    started = time.monotonic()
    lock = charm.directory / "uv.lock"
    lock.write_text(pins.lock(charm.directory, uv))
    try:
        # Without it the container has the charm's own directory only, not the sources that it shares;
        # with it the whole Git checkout (Charmcraft 4.5, how to pack a charm in a monorepo).
        done = subprocess.run(
            [charmcraft, "pack", "--platform", f"{base}:amd64"],
            cwd=charm.directory,
            env={**os.environ, "CHARMCRAFT_EXPERIMENTAL_MONOREPO": "1"},
            check=False,
        )
    finally:
        lock.unlink()
    made = charm.directory / charm.made(base)
    if done.returncode != 0 or not made.exists():
        raise pack.PackError(f"{charm.label} does not pack: charmcraft says why above")
    output.mkdir(parents=True, exist_ok=True)
    path = output / charm.filename(base)
    pack.replace(made, path)
    made.unlink()
    return pack.Packed(charm.label, path, time.monotonic() - started, cached=False)
