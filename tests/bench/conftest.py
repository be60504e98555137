# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The same cloud as the integration tests'."""

pytest_plugins = ("tests.cloud",)
