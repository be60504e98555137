# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Environments for tools whose demands do not fit with everybody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def make(name: str, python: Path) -> Path:
    """Return an environment of a Python with the pins of ``requirements/NAME.lock``."""
    directory = ROOT / "build" / name
    pins = ROOT / "requirements" / f"{name}.lock"
    uv = str(Path(sys.executable).with_name("uv"))
    if not (directory / "bin/python").exists():
        directory.parent.mkdir(exist_ok=True)
        venv = ["venv", "--quiet", "--clear", "--python", python, directory]
        subprocess.run([uv, *venv], check=True)
    sync = ["pip", "sync", "--quiet", "--require-hashes", "--python", directory, pins]
    subprocess.run([uv, *sync], check=True)
    return directory
