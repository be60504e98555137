# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""zaza's own look at the files that are written for it: ``tox -e zaza-check``."""

from __future__ import annotations

import os
import subprocess
import sys

from lab.packing import pythons
from tests.environment import ROOT, make

# zaza's pins hold what has no wheels for newer ones.
_PYTHONS = ("3.10", "3.11", "3.12")


def main() -> int:
    """Have zaza read, render and import; return 1 if it does not take something."""
    python = next(filter(None, map(pythons.find, _PYTHONS)), None)
    if python is None:
        print(f"skipped: zaza needs one of the Pythons {', '.join(_PYTHONS)}")
        return 0
    directory = make("zaza", python)
    argv = [directory / "bin/python", "-W", "ignore", "-m", "tests.charm_tests.reads"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(argv, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
