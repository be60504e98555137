# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Pythons of this host, by version: those on the PATH, and those that version managers keep beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

OF_BASE = {"ubuntu@22.04": "3.10", "ubuntu@24.04": "3.12"}
"""The Python that a base's machines have, and that a charm's payload is therefore for."""


def find(version: str, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return a Python of a version such as ``3.12``, or ``None`` if this host has none that runs."""
    return next(
        (path.resolve() for path in _candidates(version, environ) if _runs(path, version)), None
    )


def _candidates(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    for directory in map(Path, environ.get("PATH", "").split(os.pathsep)):
        yield directory / f"python{version}"
        # pyenv's shims refuse to run what is not chosen for the directory one is in.
        if directory.name == "shims":
            yield from _newest(directory.parent / "versions", f"{version}.*", version)
    home = Path(environ.get("HOME", "/root"))
    data = Path(environ.get("XDG_DATA_HOME", home / ".local/share"))
    kept = Path(environ.get("UV_PYTHON_INSTALL_DIR", data / "uv/python"))
    yield from _newest(kept, f"cpython-{version}.*", version)


def _newest(directory: Path, pattern: str, version: str) -> list[Path]:
    found = [path / "bin" / f"python{version}" for path in directory.glob(pattern)]
    return sorted(found, key=str, reverse=True)


def _runs(path: Path, version: str) -> bool:
    if not path.is_file():
        return False
    script = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    argv = [str(path), "-I", "-c", script]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version
