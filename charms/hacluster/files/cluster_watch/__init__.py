# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What monitoring asks of a cluster: a check for NRPE, and metrics for Prometheus.

Runs with the distribution's Python, outside the charm: every look at the cluster is one crm_mon.
"""
