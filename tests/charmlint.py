# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""charmlint over the four charms: ``python -m tests.charmlint``.

It needs Python 3.12 and so an environment of its own; pyproject.toml says what it ignores and why.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab.packing import pythons
from tests.environment import ROOT, make

_PYTHONS = ("3.12", "3.13", "3.14")


def main() -> int:
    """Print what charmlint says of each charm; return 1 if it has a complaint about any."""
    python = next(filter(None, map(pythons.find, _PYTHONS)), None)
    if python is None:
        print(f"charmlint skipped: it needs one of the Pythons {', '.join(_PYTHONS)}")
        return 0
    program = make("charmlint", python) / "bin/charmlint"
    complaints = [said for path in sorted(ROOT.glob("charms/*/charmcraft.yaml"))
                  if (said := judge(program, path.parent))]  # fmt: skip
    print("\n".join(complaints) or "charmlint: no complaints")
    return 1 if complaints else 0


def judge(program: Path, charm: Path) -> str:
    """Return charmlint's complaints about a charm, its hints included."""
    config = f"--config={ROOT / 'pyproject.toml'}"
    done = subprocess.run(
        [program, "--quiet", "--no-colour", config, charm],
        capture_output=True,
        text=True,
        check=False,
    )
    said = (done.stdout + done.stderr).strip()
    return f"{charm.relative_to(ROOT)}:\n{said}" if said or done.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
