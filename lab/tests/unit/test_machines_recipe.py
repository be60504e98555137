# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The keys of the image's layers, and the package lists that they are made from."""

import json
from pathlib import Path

import pytest

from lab.machines import image as images
from lab.machines import recipe
from lab.machines.archive import Archive
from lab.machines.errors import ImageError
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


def test_the_machines_repository_can_be_made_anew_alone(
    lists: Path, monkeypatch: pytest.MonkeyPatch
):
    before = keys(lists)
    monkeypatch.setattr(recipe, "REPOSITORY", "another")
    after = keys(lists)
    assert {name for name in before if before[name] != after[name]} == {"repository"}


def test_the_release_names_the_index_by_its_digest():
    # sha256sum of the three bytes "ä\n"
    assert recipe.release("ä\n").endswith(
        "\nSHA256:\n ac6f010e65c9ea739dbdaa21427edd5ef60c6d461ef4d619c003e3ab62453a56 3 Packages\n"
    )


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


@pytest.mark.parametrize("place", [recipe.PACKAGES, recipe.PACKAGES / "bookworm"])
def test_what_the_charms_install_is_not_in_the_base_already(place: Path):
    lists = {path.stem: recipe.read_packages(path.read_text()) for path in place.glob("*.txt")}
    assert not set(lists["base"]) & set(lists["repository"])
    assert {"pacemaker", "pacemaker-remote", "haproxy"} <= set(lists["repository"])


def test_no_list_names_a_package_that_would_decide_between_node_and_remote():
    for path in recipe.PACKAGES.rglob("*.txt"):
        if path.stem != "repository":
            names = recipe.read_packages(path.read_text())
            assert not {"corosync", "pacemaker", "pacemaker-remote"} & set(names)


def test_a_suite_with_lists_of_its_own_has_those_layers_alone(lists: Path):
    own = lists / "bookworm"
    own.mkdir()
    (own / "base.txt").write_text("little\n")
    archive = Archive("http://mirror.example/debian", "/k.gpg", "bookworm", ("main",))
    made = recipe.plan(archive, lists, lists / "none")
    assert set(made) == {"base", "builder"}
    assert made["base"].packages == ("little",)
    with pytest.raises(ImageError, match="bookworm has no layer control"):
        Image(lists / "bookworm", made).missing(["base", "control"])


def test_layers_that_nobody_uses_go_and_others_stay(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(images, "_GRACE_SECONDS", -1.0)
    image = Image(tmp_path / "cache/trixie", recipe.plan(ARCHIVE))
    image.path("base").mkdir(parents=True)
    stood_on, unused = (image.directory / f"base-{letter * 12}" for letter in "ab")
    for path in (stood_on, unused):
        path.mkdir()
    record = tmp_path / "labs/x/machines/m/instance.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"lowers": [str(stood_on)]}))
    images.tidy_up(image, lambda *_: None)
    left = [path for path in image.directory.iterdir() if not path.name.startswith("old-")]
    assert sorted(left) == sorted([image.path("base"), stood_on])


def test_layers_that_were_asked_for_of_late_stay(tmp_path: Path):
    image = Image(tmp_path / "cache/trixie", recipe.plan(ARCHIVE))
    other = image.directory / f"base-{'a' * 12}"
    other.mkdir(parents=True)
    images.tidy_up(image, lambda *_: None)
    assert other.is_dir()
