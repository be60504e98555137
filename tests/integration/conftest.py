# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The tests of this folder are one story, told in the order of their file names.

Each leaves the cloud as the next one expects it.
"""

pytest_plugins = ("tests.cloud",)
