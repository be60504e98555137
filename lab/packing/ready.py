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
    log: Path = pack.LOGS,
    say: image.Progress = lambda _text, _seconds: None,
) -> pack.Packer:
    """Return a packer that is ready to pack.

    Args:
        base: The base that the files are for.
        host_python: Pack in a copy of this host, with the ``python3`` of this directory, instead of in
            the lab's image.
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
    cache = Lab().cache
    if host_python:
        place = builder.Builder((Path("/"),), cache, host_python)
    else:
        layers = image.build(Lab(), say, recipe.stack(recipe.BUILDER)).lowers("builder")
        place = builder.Builder(tuple(layers), cache)
    place.prepare(_real(uv), log / "charmcraft.log")
    return pack.Packer(place, base, _real(uv), logs=log)


def _real(uv: str) -> str:
    # A shim or a script of a version manager does not work elsewhere; the program next to it does.
    here = Path(sys.executable).parent / "uv"
    return str(here if here.exists() else Path(uv).resolve())
