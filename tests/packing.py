# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Everything that is packed: ``tox -e pack``; with arguments, ``python -m lab.packing`` and no more.

The charms of this collection and of the lab for the lab's machines, this collection's for the real
machines of each base whose Python this host has, and tests of the latter.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lab.packing import __main__ as packing
from lab.packing import charms, pythons, stage
from tests import suites

RELEASE = Path("build/release")


def main(arguments: Sequence[str]) -> int:
    """Pack, and examine what was packed."""
    if arguments:
        return packing.main(arguments)
    failed = packing.main([])
    ours = [charm.name for charm in charms.find() if not charm.is_for_the_lab]
    for base in stage.BASES:
        print(f"for machines of {base}:", flush=True)
        version = pythons.OF_BASE[base]
        if pythons.find(version) is None:
            print(f"not packed: there is no Python {version} on this machine", flush=True)
            continue
        failed |= packing.main(["--real", "--base", base, "--output", str(RELEASE), *ours])
    return failed | suites.main(["pack"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
