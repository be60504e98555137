# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""Builds the image: layers of files, made once from the distribution's archive and kept."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from lab.machines import archive as archives
from lab.machines import recipe
from lab.machines.archive import Archive
from lab.machines.errors import ImageError
from lab.machines.recipe import Layer
from lab.settings import Lab

Progress = Callable[[str, float], None]
"""Told what begins or has ended, and the seconds since the build began."""

_JOB = (
    # A private mount namespace, and death of everything in it with the job, as of the job with us.
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child",
    "--mount-proc",
)  # fmt: skip
_GRACE_SECONDS = 3600.0
_CHECKOUT = Path(__file__).parents[2]


@dataclasses.dataclass(frozen=True)
class Image:
    """The layers of one suite in the cache."""

    directory: Path
    layers: dict[str, Layer]

    def lowers(self, layer: str) -> list[Path]:
        """Return the directories beneath a machine of this layer, the uppermost first."""
        return [self.path(name) for name in recipe.stack(layer)]

    def path(self, name: str) -> Path:
        """Return the directory of one layer."""
        return self.directory / self.layers[name].directory

    def missing(self, names: Sequence[str] = recipe.LAYERS) -> list[str]:
        """Return those of the layers that are not built.

        Raises:
            ImageError: There is no list of packages for one.
        """
        if absent := [name for name in names if name not in self.layers]:
            raise ImageError(
                f"{self.directory.name} has no layer {', '.join(absent)} (lab/machines/packages)"
            )
        return [name for name in names if not self.path(name).is_dir()]


def image(lab: Lab, archive: Archive | None = None) -> Image:
    """Return the image of this lab's cache, built or not."""
    archive = archive or host_archive()
    return Image(lab.cache / archive.suite, recipe.plan(archive))


def host_archive() -> Archive:
    """Return the archive that the host's sources and the environment name."""
    return archives.choose(
        archives.read_sources(),
        archives.read_os_release(),
        suite=os.environ.get("INSTANCE_HA_LAB_SUITE"),
        uri=os.environ.get("INSTANCE_HA_LAB_ARCHIVE"),
    )


def build(lab: Lab, progress: Progress, names: Sequence[str] = recipe.LAYERS) -> Image:
    """Build what is missing of the image and return it.

    Args:
        lab: Whose cache to fill.
        progress: Told about each step.
        names: The layers that are needed.

    Raises:
        ImageError: A step failed.
    """
    archive = host_archive()
    wanted = image(lab, archive)
    wanted.directory.mkdir(parents=True, exist_ok=True)
    if wanted.missing(names):
        with _only_one(wanted.directory / "lock", progress):
            _Build(wanted, archive, progress).make(wanted.missing(names))
    for name in names:
        # Its time of last use, for tidy_up.
        os.utime(wanted.path(name))
    tidy_up(wanted, progress)
    return wanted


def tidy_up(image: Image, progress: Progress) -> None:
    """Delete layers that no machine stands on and that nobody has asked for of late."""
    current = {layer.directory for layer in image.layers.values()}
    labs = image.directory.parents[1] / "labs"
    for path in image.directory.glob("*-????????????"):
        # Another process may be at it as well, or be ending a lab.
        with contextlib.suppress(FileNotFoundError):
            old = time.time() - path.stat().st_ctime > _GRACE_SECONDS
            # Read each time: a lab may have come up meanwhile.
            used = (record.read_text() for record in labs.glob("*/machines/*/instance.json"))
            if old and path.name not in current and not any(str(path) in text for text in used):
                progress(f"layer {path.name}: no longer used, deleting", 0.0)
                # Without its name first, so that nobody takes half a layer for a whole one.
                path.rename(path.with_name(f"old-{path.name}.gone"))
    if doomed := sorted(map(str, image.directory.glob("old-*"))):
        # Behind our back: a layer has some ten thousand files.
        argv = ["setsid", "--fork", "nice", "-n", "19", "rm", "-rf", "--", *doomed]
        subprocess.run(argv, stdin=subprocess.DEVNULL, check=False)


class _Build:
    """One run over the missing layers."""

    def __init__(self, image: Image, archive: Archive, progress: Progress):
        self._image = image
        self._archive = archive
        self._progress = progress
        self._work = image.directory / "work"
        self._start = time.monotonic()

    def make(self, names: list[str]) -> None:
        # What an interrupted build left is of no use: a layer counts when it has its final name.
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        if "base" in names:
            self._finish({"base": self._begin("bootstrap", "base")})
        upper = [name for name in names if name != "base"]
        if upper:
            self._fetch([name for name in upper if name != "repository"])
            self._finish({name: self._begin(_step(name), name) for name in upper})
        shutil.rmtree(self._work)

    def _fetch(self, names: list[str]) -> None:
        """Download for several layers at once: they share most of what they need."""
        packages = [" ".join(self._image.layers[name].packages) for name in names]
        self._say("packages of the other layers: fetching")
        self._wait("fetch", self._start_job("fetch", self._work / "fetch", packages))

    def _begin(self, step: str, name: str) -> subprocess.Popen[str]:
        self._say(f"layer {name}: building")
        return self._start_job(step, self._work / name, list(self._image.layers[name].packages))

    def _start_job(self, step: str, target: Path, packages: list[str]) -> subprocess.Popen[str]:
        job = {
            "step": step,
            "target": str(target),
            "base": str(self._image.path("base")),
            "work": str(self._work),
            "suite": self._archive.suite,
            "sources": self._archive.lines,
            "keyring": self._archive.keyring,
            "packages": packages,
        }
        process = subprocess.Popen(
            [*_JOB, sys.executable, "-m", "lab.machines.layerjob"],
            cwd=_CHECKOUT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps(job))
        process.stdin.close()
        process.stdin = None
        return process

    def _finish(self, jobs: dict[str, subprocess.Popen[str]]) -> None:
        try:
            for name, process in jobs.items():
                self._wait(name, process)
                (self._work / name).rename(self._image.path(name))
                self._say(f"layer {name}: done")
        finally:
            for process in jobs.values():
                process.kill()
                process.wait()

    def _wait(self, name: str, process: subprocess.Popen[str]) -> None:
        _, errors = process.communicate()
        if process.returncode:
            raise ImageError(f"{name}: {errors.strip()[-600:]}; logs are in {self._work}")

    def _say(self, text: str) -> None:
        self._progress(text, time.monotonic() - self._start)


def _step(name: str) -> str:
    return "repository" if name == "repository" else "install"


@contextlib.contextmanager
def _only_one(path: Path, progress: Progress) -> Generator[None]:
    """Let one process build at a time; a second finds everything done."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process builds the image; waiting for it", 0.0)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
