# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What crosses charms: the runners of ``./check``, wire contracts, tools and the lab's scenarios."""
