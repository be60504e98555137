# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The same cloud as the integration tests', with an authority and TLS for everything."""

import pytest

from lab import kinds

pytest_plugins = ("tests.cloud",)


@pytest.fixture(scope="session")
def kind() -> kinds.Kind:
    """What the lab is brought up as."""
    return kinds.TLS
