# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Refresh the pins: ``tox -e lock`` (all), ``tox -e lock -- --keep`` (only what is new or gone).

One resolution for everything: what the tools need and what every charm depends on are pinned
together, and each charm's own file takes its versions from there. So tests run against what is
packed. The files hold versions and hashes and no address, wherever the packages came from.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lab.packing import charms

ROOT = charms.ROOT
PINS = ROOT / "requirements"
DEV = PINS / "dev.lock"

# The oldest Python that any charm or host of the lab has (Ubuntu 22.04).
FLOOR = "3.10"
# charmlint's, which therefore has pins of its own.
CHARMLINT_FLOOR = "3.12"


def compile_pins(sources: Sequence[str], output: Path, *options: str, python: str = FLOOR) -> None:
    """Resolve the sources into a file of pins with hashes, for every platform and newer Python."""
    subprocess.run(
        [
            "uv",
            "pip",
            "compile",
            "--quiet",
            "--universal",
            f"--python-version={python}",
            "--generate-hashes",
            "--no-emit-index-url",
            "--custom-compile-command=tox -e lock",
            *options,
            *sources,
            f"--output-file={output.relative_to(ROOT)}",
        ],
        cwd=ROOT,
        check=True,
    )
    print(output.relative_to(ROOT))


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh every file of pins."""
    parser = argparse.ArgumentParser(prog="tox -e lock --", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the versions that still fit")
    upgrade = [] if parser.parse_args(arguments).keep else ["--upgrade"]
    projects = [
        str(directory.relative_to(ROOT) / "pyproject.toml") for directory in charms.everywhere()
    ]
    try:
        compile_pins(["pyproject.toml", *projects], DEV, "--group=dev", *upgrade)
        constraint = f"--constraint={DEV.relative_to(ROOT)}"
        for project in projects:
            output = (ROOT / project).with_name("requirements.lock")
            compile_pins([project], output, constraint, *upgrade)
        compile_pins([str(PINS / "bootstrap.in")], PINS / "bootstrap.lock", constraint, *upgrade)
        compile_pins([str(PINS / "charmcraft.in")], PINS / "charmcraft.lock", *upgrade)
        for tool in ("openstack", "zaza"):
            compile_pins([str(PINS / f"{tool}.in")], PINS / f"{tool}.lock", *upgrade)
        charmlint = (str(PINS / "charmlint.in"),)
        compile_pins(charmlint, PINS / "charmlint.lock", *upgrade, python=CHARMLINT_FLOOR)
    except subprocess.CalledProcessError as error:
        print(f"uv could not resolve the pins (exit code {error.returncode})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
