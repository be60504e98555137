# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Places on a machine that configuration files name."""

AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
"""Every authority that the machine trusts, ours among them; what programs are told to verify with."""
