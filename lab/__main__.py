# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab``."""

import sys

from lab import cli

if __name__ == "__main__":
    sys.exit(cli.main())
