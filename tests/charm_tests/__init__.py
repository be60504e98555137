# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Tests that zaza runs on a Juju of yours (see ``tests/tests.yaml``)."""
