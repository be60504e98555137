# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The same cloud as the integration tests'."""

# The second imports the first, which pytest wants to have seen before.
pytest_plugins = ("tests.cloud", "tests.recovery.patients")
