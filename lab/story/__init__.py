# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What an operator does with the cloud: shared by the demo and by the integration tests."""
