# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""``python -m lab.packing``: pack charms for the lab, or with ``--real`` for a real Juju."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from lab import host
from lab.machines import image
from lab.machines.errors import CommandError
from lab.packing import builder, charms, lxd, pack, pins, pythons, stage
from lab.packing.ready import packer


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return what a command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m lab.packing", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="CHARM", help="charms to pack; all if none is named"
    )
    parser.add_argument("--base", choices=stage.BASES, default="ubuntu@24.04")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--real", action="store_true", help="for a real Juju: the payload is for the base's Python"
    )
    how.add_argument(
        "--lxd", action="store_true", help="the same, with charmcraft and LXD of this host"
    )
    parser.add_argument("--python", type=Path, help="with --real: a Python of the base's version")
    parser.add_argument("--output", type=Path, default=pack.OUTPUT, help="a directory")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack the charms that are asked for."""
    given = parse(arguments)
    started = time.monotonic()
    try:
        done = _pack(given)
    except (
        LookupError, CommandError, image.ImageError, builder.BuilderError, pack.PackError, pins.PinError
    ) as error:  # fmt: skip
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{len(done)} charms in {time.monotonic() - started:.1f} s, in {given.output}")
    return 0


def _pack(given: argparse.Namespace) -> list[pack.Packed]:
    wanted = charms.find(given.names)
    output = given.output.absolute()
    if given.lxd:
        return [_told(lxd.pack_with_lxd(charm, given.base, output)) for charm in wanted]
    print(f"programs of this host: {host.packages()}", flush=True)
    python = _python(given.base, given.python) if given.real else None
    ready = packer(given.base, host_python=python, output=output, say=_say)
    return ready.pack_all(wanted, lambda it: print(it, flush=True))


def _told(packed: pack.Packed) -> pack.Packed:
    print(packed, flush=True)
    return packed


def _say(text: str, seconds: float) -> None:
    print(f"{seconds:6.1f} s  image: {text}", flush=True)


def _python(base: str, chosen: Path | None) -> Path:
    version = pythons.OF_BASE[base]
    python = chosen or pythons.find(version)
    if python is None or not (python.parent / "python3").exists():
        raise builder.BuilderError(
            f"charms for {base} are packed with Python {version}, which this host does not have; install"
            " it, or name one with --python, or leave --real out to pack for the lab"
        )
    return python.parent / "python3"


if __name__ == "__main__":
    sys.exit(main())
