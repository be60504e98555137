# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""A lab that runs the charms on one machine: light machines, a stand-in for Juju, a MAAS simulator."""
