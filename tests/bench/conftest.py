# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The same cloud as the integration tests'."""

import contextlib
from collections.abc import Iterator

import pytest

from lab.story.stage import Stage
from tests.bench.replies import WAITED, waited

pytest_plugins = ("tests.cloud",)


@pytest.fixture
def replies(stage: Stage) -> Iterator[None]:
    """Have nova's services get each other's answers as ``BENCH_REPLIES`` says."""
    with waited(stage) if WAITED else contextlib.nullcontext():
        yield
