# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab.packing``: pack charms for the lab, or with ``--host`` for a real Juju."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import host
from lab.machines import image
from lab.machines.errors import CommandError
from lab.packing import builder, charms, pack, stage
from lab.packing.ready import packer

# The Python of each base, which a host must have to pack for real machines of it.
_PYTHONS = {"ubuntu@22.04": "python3.10", "ubuntu@24.04": "python3.12"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack the charms that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m lab.packing", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="CHARM", help="charms to pack; all if none is named"
    )
    parser.add_argument("--base", choices=stage.BASES, default="ubuntu@24.04")
    parser.add_argument(
        "--host", action="store_true", help="pack in a copy of this host, for a real Juju"
    )
    parser.add_argument("--python", help="with --host: the payload's Python, as a path")
    given = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        wanted = charms.find(given.names)
        print(f"programs of this host: {host.packages()}", flush=True)
        python = _host_python(given.base, given.python) if given.host else None
        done = packer(given.base, host_python=python, say=_say).pack_all(
            wanted, lambda it: print(it, flush=True)
        )
    except (
        LookupError, CommandError, image.ImageError, builder.BuilderError, pack.PackError
    ) as error:  # fmt: skip
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(
        f"{len(done)} charms in {time.monotonic() - started:.1f} s, in {pack.OUTPUT.relative_to(charms.ROOT)}"
    )
    return 0


def _say(text: str, seconds: float) -> None:
    print(f"{seconds:6.1f} s  image: {text}", flush=True)


def _host_python(base: str, chosen: str | None) -> Path:
    name = chosen or shutil.which(_PYTHONS[base]) or ""
    if not name or not Path(name).exists():
        raise builder.BuilderError(
            f"charms for {base} are packed with {_PYTHONS[base]}, which this host does not have; "
            "name one with --python, or leave --host out to pack for the lab"
        )
    directory = Path(name).resolve().parent
    if not (directory / "python3").exists():
        raise builder.BuilderError(f"there is no python3 beside {name}")
    return directory


if __name__ == "__main__":
    sys.exit(main())
