# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A packer with all it needs: the image's layer for packing, and charmcraft in it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from lab.machines import image, recipe
from lab.packing import builder, pack
from lab.settings import Lab


def packer(
    base: str = "ubuntu@24.04",
    *,
    host_python: Path | None = None,
    output: Path = pack.OUTPUT,
    log: Path = pack.LOGS,
    say: image.Progress = lambda _text, _seconds: None,
) -> pack.Packer:
    """Return a packer that is ready to pack.

    Args:
        base: The base that the files are for.
        host_python: A Python of this host to pack with, instead of that of the lab's machines.
        output: Directory of the packed charms.
        log: Directory of the logs.
        say: Told of each step, if the image has to be built first.

    Raises:
        BuilderError: charmcraft could not be installed.
        ImageError: The image could not be built.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise builder.BuilderError(
            "there is no uv on the PATH; ./check makes an environment that has it"
        )
    place = _place(host_python, say)
    place.prepare(_real(uv), log / "charmcraft.log")
    return pack.Packer(place, base, _real(uv), output, log)


def _place(python: Path | None, say: image.Progress) -> builder.Builder:
    """Return the place to pack in: the lab's image, unless the Python is part of the host's system."""
    cache = Lab().cache
    if python and python.is_relative_to("/usr") and not python.is_relative_to("/usr/local"):
        return builder.Builder((Path("/"),), cache, python.parent)
    layers = tuple(image.build(Lab(), say, recipe.stack(recipe.BUILDER)).lowers("builder"))
    if python:
        return builder.Builder(layers, cache, python.parent, python.parent.parent)
    return builder.Builder(layers, cache)


def _real(uv: str) -> str:
    # A shim or a script of a version manager does not work elsewhere; the program next to it does.
    here = Path(sys.executable).parent / "uv"
    return str(here if here.exists() else Path(uv).resolve())
