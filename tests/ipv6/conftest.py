# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster of the fault tests, over IPv6: any of those can be run on this lab, too."""

import pytest

from lab import kinds

pytest_plugins = ("tests.faults.conftest",)


@pytest.fixture(scope="session")
def kind() -> kinds.Kind:
    """What the lab is brought up as."""
    return kinds.IPV6
