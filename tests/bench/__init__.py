# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Speed, measured on the lab, all sides in one run."""
