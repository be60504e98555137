# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charms as people receive them, packed for real machines by `tox -e pack`."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.packing import charms, pythons, ready, stage
from tests.packing import RELEASE

ROOT = charms.ROOT
OURS = [charm for charm in charms.find() if not charm.is_for_the_lab]
PACKS = [(charm, base) for charm in OURS for base in stage.BASES]
# The C libraries of the bases, which decide what binary wheels fit.
PLATFORMS = {"ubuntu@22.04": "x86_64-manylinux_2_35", "ubuntu@24.04": "x86_64-manylinux_2_39"}

IGNORED = (
    # charmcraft 4.5 does not read the path in the dispatch script that it writes itself:
    # "${dispatch_path}/src/charm.py" does not exist for it.
    "entrypoint",
    # Options keep the names that operators' bundles use, beside new ones with hyphens.
    "naming-conventions",
)

each_pack = pytest.mark.parametrize(
    ("charm", "base"), PACKS, ids=[f"{charm.name}-{base}" for charm, base in PACKS]
)


def packed(charm: charms.Charm, base: str) -> Path:
    path = ROOT / RELEASE / charm.filename(base)
    if not path.exists():
        if pythons.find(pythons.OF_BASE[base]) is None:
            pytest.skip(f"not packed: there is no Python {pythons.OF_BASE[base]} on this machine")
        pytest.fail(f"{path.relative_to(ROOT)} is missing: `tox -e pack` makes it")
    return path


def content(path: Path) -> dict[str, tuple[int, bytes]]:
    """Return each file's mode and content, without the moment at which it was packed."""
    found: dict[str, tuple[int, bytes]] = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            data = archive.read(entry)
            if entry.filename == "manifest.yaml":
                data = re.sub(rb"(?m)^charmcraft-started-at: .*$", b"", data)
            found[entry.filename] = (entry.external_attr >> 16, data)
    return found


@each_pack
def test_every_dependency_has_a_wheel_for_the_base(charm: charms.Charm, base: str, tmp_path: Path):
    """A payload built elsewhere fits only if nothing in it is compiled there."""
    argv = [
        *(Path(sys.executable).with_name("uv"), "pip", "install", "--dry-run", "--require-hashes"),
        *("--only-binary=:all:", f"--target={tmp_path}", f"--python-platform={PLATFORMS[base]}"),
        *(
            f"--python-version={pythons.OF_BASE[base]}",
            "-r",
            charm.directory / "requirements.lock",
        ),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@each_pack
def test_the_payload_holds_the_shared_package_and_neither_tests_nor_bytecode(
    charm: charms.Charm, base: str
):
    names = set(content(packed(charm, base)))
    assert {"dispatch", "src/charm.py", "lib/instance_ha/__init__.py", "manifest.yaml"} <= names
    site = f"venv/lib/python{pythons.OF_BASE[base]}/site-packages/"
    assert f"{site}ops/__init__.py" in names
    assert not {name for name in names if name.endswith(".pyc")}
    assert not {name for name in names if not name.startswith("venv/") and "test" in name}


@each_pack
def test_the_payload_imports_on_the_python_of_the_base(
    charm: charms.Charm, base: str, tmp_path: Path
):
    with zipfile.ZipFile(packed(charm, base)) as archive:
        archive.extractall(tmp_path)
    python = pythons.find(pythons.OF_BASE[base])
    assert python is not None
    # As the packed `dispatch` does: a link in the environment, and the charm's own directories.
    link = tmp_path / "venv/bin/python"
    link.unlink(missing_ok=True)
    link.symlink_to(python)
    done = subprocess.run(
        [link, "-c", "import charm, ops, pydantic; print(ops.__file__)"],
        cwd="/",
        env={"PYTHONPATH": f"{tmp_path}/lib:{tmp_path}/src", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


@each_pack
def test_charmcraft_finds_nothing_to_complain_of(charm: charms.Charm, base: str, tmp_path: Path):
    path = packed(charm, base)
    packer = ready.packer(log=tmp_path)
    charmcraft = "/opt/charmcraft/bin/charmcraft"
    argv = [charmcraft, "analyse", f"--ignore={','.join(IGNORED)}", "/release.charm"]
    binds = (f"{path}:/release.charm:ro", f"{packer.builder.charmcraft}:/opt/charmcraft:ro")
    log = tmp_path / "analyse.log"
    assert packer.builder.run(argv, uv=packer.uv, log=log, binds=binds) == 0, log.read_text()


@each_pack
def test_two_packs_of_the_same_sources_differ_only_in_time_stamps(
    charm: charms.Charm, base: str, tmp_path: Path
):
    first = packed(charm, base)
    python = pythons.find(pythons.OF_BASE[base])
    second = tmp_path / "again" / charm.filename(base)
    ready.packer(base, host_python=python, log=tmp_path).craft(charm, second)
    one, other = content(first), content(second)
    assert sorted(name for name in one | other if one.get(name) != other.get(name)) == []
