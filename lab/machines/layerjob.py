# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""One step of building the image, run by ``image`` in a mount namespace of its own.

The namespace is the clean-up: whatever way this process ends, its mounts are gone with it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path

from lab.machines import host, recipe, tidy
from lab.machines.chroot import TOOLS, Chroot
from lab.machines.errors import CommandError

_BOOTSTRAP_OPTIONS = (
    "--variant=minbase",
    "--mode=root",
    "--include=ca-certificates",
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)


@dataclasses.dataclass(frozen=True)
class Job:
    """What one step needs to know; it travels as JSON on standard input."""

    step: str
    target: str
    base: str
    work: str
    suite: str
    sources: list[str]
    keyring: str
    packages: list[str]

    @property
    def log(self) -> Path:
        """Where the packages' own words go."""
        return Path(self.work, f"{self.step}-{Path(self.target).name}.log")

    def scratch(self, name: str) -> Path:
        """A directory that only the build uses."""
        path = Path(self.work, name)
        path.mkdir(parents=True, exist_ok=True)
        return path


def main() -> None:
    """Do the step that standard input describes."""
    job = Job(**json.load(sys.stdin))
    try:
        _STEPS[job.step](job)
    except CommandError as failure:
        sys.exit(str(failure))


def _bootstrap(job: Job) -> None:
    """Make the base: a minimal tree first, then the rest with the tree's own apt."""
    target = Path(job.target)
    host.run(
        "mmdebstrap", *_BOOTSTRAP_OPTIONS, job.suite, str(target), "-",
        stdin="\n".join([*job.sources, ""]), timeout=1800,
    )  # fmt: skip
    tree = Chroot(target, job.log)
    _open(tree, job)
    tree.run("apt-get", "update", "--quiet")
    tree.install(job.packages)
    tree.compile()
    tree.close()
    _unmount(tree.root)
    tidy.quieten(target)
    tidy.settle(target)
    tidy.mend(target)


def _fetch(job: Job) -> None:
    """Download what the layers and the repository need; each argument is one set, ``a b c``."""
    tree = _overlay(job, job.scratch("fetch"))
    tree.run("apt-get", "update", "--quiet")
    for packages in job.packages:
        tree.install(packages.split(), download_only=True)


def _install(job: Job) -> None:
    """Fill a layer over the base."""
    upper = Path(job.target)
    tree = _overlay(job, upper)
    tree.install(job.packages)
    tree.compile()
    tree.close()
    _unmount(tree.root)
    tidy.quieten(upper)
    tidy.drop_caches(upper)
    tidy.mend(upper)
    for name in ("etc/resolv.conf", "etc/hosts"):
        (upper / name).unlink(missing_ok=True)


def _repository(job: Job) -> None:
    """Fill /srv/packages with every package that installing any of the named ones could need.

    Each is resolved by itself against the base, because some exclude each other.
    """
    upper = Path(job.target)
    tree = _overlay(job, upper)
    packages = tree.root / "srv/packages"
    packages.mkdir(parents=True, exist_ok=True)
    # One archive directory for all layers, so the names to copy come from apt, not from a listing.
    files: set[str] = set()
    for package in job.packages:
        uris = tree.run("apt-get", "install", "--yes", "--quiet", "--print-uris", "--reinstall",
                        "-o", "Dir::Cache::archives=/run/none", package)  # fmt: skip
        files |= {line.split()[1] for line in uris.splitlines() if line.startswith("'")}
        # Also what the base has already: a machine may have removed it.
        tree.install(["--reinstall", package], download_only=True)
    for name in sorted(files):
        shutil.copy(tree.root / "var/cache/apt/archives" / name, packages / name)
    index = tree.run("env", "--chdir=/srv/packages", "apt-ftparchive", "packages", ".")
    (packages / "Packages").write_text(index)
    (packages / "Release").write_text(recipe.release(index))
    tree.close()
    _unmount(tree.root)
    _index(job, upper)


def _index(job: Job, upper: Path) -> None:
    """Let the machines' apt know the repository, so that `apt-get update` is not needed first."""
    mounted = _mount_overlay(job, upper)
    host.run("chroot", str(mounted), "apt-get", "update", timeout=120)
    host.run("umount", str(mounted))
    for name in ("etc/resolv.conf", "etc/hosts", "var/cache", "var/log"):
        path = upper / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _overlay(job: Job, upper: Path) -> Chroot:
    tree = Chroot(_mount_overlay(job, upper), job.log)
    _open(tree, job)
    return tree


def _mount_overlay(job: Job, upper: Path) -> Path:
    name = upper.name
    upper.mkdir(parents=True, exist_ok=True)
    work, merged = job.scratch(f"{name}.work"), job.scratch(f"{name}.merged")
    shutil.rmtree(work / "work", ignore_errors=True)
    host.run(
        "mount", "-t", "overlay", "overlay", str(merged),
        "-o", f"lowerdir={job.base},upperdir={upper},workdir={work},volatile",
    )  # fmt: skip
    return merged


def _open(tree: Chroot, job: Job) -> None:
    sources = [line.replace(job.keyring, f"{TOOLS}/keyring.gpg") for line in job.sources]
    tree.open(job.scratch("lists"), job.scratch("archives"), sources, Path(job.keyring))


def _unmount(root: Path) -> None:
    """Take the mounts off a tree before it is tidied as plain files."""
    for name in ("proc", "sys", "run", "dev", "var/lib/apt/lists", "var/cache/apt/archives"):
        host.run("umount", "--recursive", str(root / name))
    if os.path.ismount(root):
        host.run("umount", str(root))


_STEPS = {
    "bootstrap": _bootstrap,
    "fetch": _fetch,
    "install": _install,
    "repository": _repository,
}

if __name__ == "__main__":
    main()
