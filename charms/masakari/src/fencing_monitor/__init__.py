# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Reports a hypervisor to Masakari when, and only when, its power-off is confirmed.

The package needs nothing but the standard library and keystoneauth1, and runs with the
distribution's python3 beside Pacemaker, which starts exactly one of it in a cluster.

Read it in this order: ``evidence`` (what counts as confirmed), ``machine`` (what follows from it),
``tracking`` (how a recovery ends), ``loop`` (how observations come in and requests go out).
"""
