# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""Locks that hold between processes and between threads, and vanish with their holder."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Generator
from pathlib import Path


@contextlib.contextmanager
def hold(path: Path) -> Generator[None]:
    """Hold the lock of this file; wait for it if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
