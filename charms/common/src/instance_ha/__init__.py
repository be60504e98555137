# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the charms of this collection share: small functions and values, no base classes."""
