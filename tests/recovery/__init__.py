# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What recovery itself survives: parts of it killed in each of its phases, and what it stands on gone."""
