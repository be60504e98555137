# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The keys of the image's layers, and the package lists that they are made from."""

from pathlib import Path

import pytest

from lab.machines import recipe
from lab.machines.archive import Archive
from lab.machines.image import Image

ARCHIVE = Archive("http://mirror.example/debian", "/k.gpg", "trixie", ("main",))
LISTS = ("base", "repository", "control", "compute")


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    for name in LISTS:
        (tmp_path / f"{name}.txt").write_text(f"{name}-package\n")
    return tmp_path


def keys(lists: Path, archive: Archive = ARCHIVE) -> dict[str, str]:
    made = recipe.plan(archive, lists, lists / "none")
    return {name: layer.key for name, layer in made.items()}


def test_comments_and_order_do_not_change_a_list():
    assert recipe.read_packages("b # why\n# a remark\n\na\nb\n") == ("a", "b")


def test_the_same_lists_give_the_same_keys(lists: Path):
    assert keys(lists) == keys(lists)


def test_a_change_of_an_upper_list_leaves_the_other_layers_alone(lists: Path):
    before = keys(lists)
    (lists / "control.txt").write_text("another\n")
    after = keys(lists)
    assert {name for name in before if before[name] != after[name]} == {"control"}


def test_a_change_of_the_base_changes_everything(lists: Path):
    before = keys(lists)
    (lists / "base.txt").write_text("another\n")
    assert not set(before.values()) & set(keys(lists).values())


def test_another_archive_is_another_image(lists: Path):
    other = Archive("http://mirror.example/debian", "/k.gpg", "forky", ("main",))
    assert not set(keys(lists).values()) & set(keys(lists, other).values())


def test_a_machine_stands_on_its_layer_the_repository_and_the_base(lists: Path):
    image = Image(lists, recipe.plan(ARCHIVE, lists, lists / "none"))
    names = [path.name.rpartition("-")[0] for path in image.lowers("compute")]
    assert names == ["compute", "repository", "base"]
    assert len(image.lowers("base")) == 2


def test_a_layer_counts_when_it_has_its_name(lists: Path):
    image = Image(lists, recipe.plan(ARCHIVE, lists, lists / "none"))
    image.path("base").mkdir()
    assert image.missing() == ["repository", "control", "compute"]


def test_what_the_charms_install_is_not_in_the_base_already():
    lists = {
        path.stem: recipe.read_packages(path.read_text()) for path in recipe.PACKAGES.glob("*")
    }
    assert not set(lists["base"]) & set(lists["repository"])
    assert {"pacemaker", "pacemaker-remote", "masakari-api"} <= set(lists["repository"])


def test_no_list_names_a_package_that_would_decide_between_node_and_remote():
    lists = {
        path.stem: recipe.read_packages(path.read_text()) for path in recipe.PACKAGES.glob("*")
    }
    for name in ("base", "control", "compute"):
        assert not {"corosync", "pacemaker", "pacemaker-remote"} & set(lists[name])
