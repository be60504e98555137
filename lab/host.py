# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Whether this host can run the lab, and what it is given so that it can."""

from __future__ import annotations

import os

from lab.machines import preflight
from lab.settings import Lab


def problems(lab: Lab) -> list[str]:
    """Return what keeps this host from running the lab, apart from what will be installed."""
    found = preflight.check(lab)
    if os.geteuid() == 0:
        found = [problem for problem in found if not problem.startswith("missing programs:")]
    return found


def packages() -> str:
    """Install the programs that the lab calls, and return which were missing.

    Raises:
        CommandError: apt failed.
    """
    missing = preflight.missing_packages()
    preflight.install_host_packages()
    return f"installed {' '.join(missing)}" if missing else "all there"
