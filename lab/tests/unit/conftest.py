# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Fixtures of the lab's unit tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.tests.juju_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A stand-in for Juju on a cloud of directories."""
    found = World(tmp_path)
    yield found
    found.close()
