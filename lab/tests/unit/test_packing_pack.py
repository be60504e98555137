# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import concurrent.futures
import threading
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lab.packing import charms, pack

NAME = "toy_ubuntu@24.04-amd64.charm"


class Builder:
    """A place where charmcraft writes an archive in two steps, the second when it is let."""

    version = "python3.13"
    charmcraft = Path("/opt/charmcraft/one")

    def __init__(self, home: Path):
        self.cache = home / "cache"
        self.runs: list[Path] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def run(
        self,
        argv: Sequence[str],
        *,
        uv: str,
        log: Path,
        binds: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> int:
        staged = Path(binds[0].partition(":")[0])
        self.runs.append(staged)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("Packing...\n")
        with zipfile.ZipFile(staged / "charms/toy" / NAME, "w") as archive:
            archive.writestr("dispatch", "x" * 1000)
            self.begun.set()
            assert self.go_on.wait(30)
            archive.writestr("metadata.yaml", "name: toy")
        return 0


@pytest.fixture
def toy(tmp_path: Path) -> charms.Charm:
    directory = tmp_path / "checkout/charms/toy"
    directory.mkdir(parents=True)
    (directory / "charmcraft.yaml").write_text("name: toy\nparts: {charm: {source: .}}\n")
    return charms.Charm(directory, "toy")


@pytest.fixture
def place(tmp_path: Path) -> Builder:
    return Builder(tmp_path)


def packer(place: Builder, home: Path) -> pack.Packer:
    output, logs = home / "charms", home / "logs"
    return pack.Packer(place, "ubuntu@24.04", "uv", output, logs)  # type: ignore[arg-type]


def members(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_who_packs_a_charm_that_is_being_packed_waits_for_it(
    toy: charms.Charm, place: Builder, tmp_path: Path
):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        first = pool.submit(packer(place, tmp_path / "one").pack, toy)
        assert place.begun.wait(30)
        second = pool.submit(packer(place, tmp_path / "two").pack, toy)
        # It has nothing to show as long as the first has half an archive.
        assert not concurrent.futures.wait([second], timeout=0.2).done
        place.go_on.set()
        done = [first.result(30), second.result(30)]
    assert [packed.cached for packed in done] == [False, True]
    assert len(place.runs) == 1
    assert [members(packed.path) for packed in done] == [["dispatch", "metadata.yaml"]] * 2


def test_nothing_of_the_work_is_left_behind(toy: charms.Charm, place: Builder, tmp_path: Path):
    place.go_on.set()
    packer(place, tmp_path).pack(toy)
    assert [path.name for path in (tmp_path / "charms").iterdir()] == [NAME]
    assert not list((tmp_path / "pack").iterdir())


def test_every_packing_has_a_place_of_its_own(toy: charms.Charm, place: Builder, tmp_path: Path):
    place.go_on.set()
    packer(place, tmp_path).pack(toy)
    (toy.directory / "more.txt").write_text("changed")
    packer(place, tmp_path).pack(toy)
    assert len(set(place.runs)) == 2


def test_half_an_archive_in_the_cache_is_packed_again(
    toy: charms.Charm, place: Builder, tmp_path: Path
):
    place.go_on.set()
    packer(place, tmp_path).pack(toy)
    (kept,) = (tmp_path / "cache/charms").rglob(NAME)
    kept.write_bytes(kept.read_bytes()[:500])
    again = packer(place, tmp_path).pack(toy)
    assert not again.cached
    assert members(again.path) == ["dispatch", "metadata.yaml"]
