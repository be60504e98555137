# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The lab's machines: an image, a network, power, and the cloud that hands them out."""
