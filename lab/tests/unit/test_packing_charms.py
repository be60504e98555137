# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest

from lab.packing import charms, stage

CHARMCRAFT = """\
name: toy
platforms: {"ubuntu@24.04:amd64": }
parts:
  charm: {plugin: uv, source: .}
  common: {plugin: dump, source: ../common/src}
"""


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    for place in ("charms/toy", "lab/charms/stand-in"):
        charm = tmp_path / place
        (charm / "src").mkdir(parents=True)
        (charm / "src/charm.py").write_text("")
        (charm / "charmcraft.yaml").write_text(CHARMCRAFT.replace("toy", charm.name))
        (charm.parent / "common/src/shared").mkdir(parents=True)
        (charm.parent / "common/src/shared/module.py").write_text("")
    return tmp_path


def test_ours_come_before_those_of_the_lab(checkout):
    found = charms.find(root=checkout)
    assert [charm.name for charm in found] == ["toy", "stand-in"]
    assert [charm.is_for_the_lab for charm in found] == [False, True]


def test_an_unknown_name_is_answered_with_the_known_ones(checkout):
    with pytest.raises(LookupError, match="no charm is called tow; there are: stand-in, toy"):
        charms.find(["tow"], checkout)


@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("ch:toy", "charms/toy"),
        ("../build/charms/toy_ubuntu@24.04-amd64.charm", "charms/toy"),
        ("../build/charms/stand-in_ubuntu@24.04-amd64.charm", "lab/charms/stand-in"),
        ("ch:stand-in", None),
        ("ch:keystone", None),
    ],
)
def test_a_bundle_means_ours_by_the_name_and_those_of_the_lab_by_the_file(checkout, named, place):
    found = charms.named(named, checkout)
    assert (str(found.place) if found else None) == place


def test_a_file_that_nothing_here_is_packed_into_is_refused(checkout):
    with pytest.raises(LookupError, match="is packed into toy_ubuntu@20"):
        charms.named("./toy_ubuntu@20.04-amd64.charm", checkout)


def test_two_charms_of_one_name_are_told_apart_by_their_directories(checkout):
    other = checkout / "lab/charms/stand-in"
    (other / "charmcraft.yaml").write_text(CHARMCRAFT)
    (charm,) = charms.find(["stand-in"], checkout)
    assert charm.made("ubuntu@24.04") == "toy_ubuntu@24.04-amd64.charm"
    assert charm.filename("ubuntu@24.04") == "stand-in_ubuntu@24.04-amd64.charm"
    assert [found.directory.name for found in charms.find(["toy"], checkout)] == ["toy"]


def test_a_charm_changes_with_its_own_files_and_with_what_it_shares(checkout):
    (charm,) = charms.find(["toy"], checkout)
    before = charms.digest(charm)
    (checkout / "charms/common/src/shared/module.py").write_text("changed = True")
    after = charms.digest(charm)
    (checkout / "charms/toy/src/charm.py").chmod(0o755)
    assert len({before, after, charms.digest(charm)}) == 3


def test_tests_and_the_leavings_of_tools_do_not_change_a_charm(checkout):
    (charm,) = charms.find(["toy"], checkout)
    before = charms.digest(charm)
    for leaving in ("tests/test_charm.py", "src/__pycache__/x.pyc", "uv.lock", "toy_a.charm"):
        path = checkout / "charms/toy" / leaving
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert charms.digest(charm) == before


def test_circumstances_are_part_of_what_a_packed_charm_is(checkout):
    (charm,) = charms.find(["toy"], checkout)
    assert charms.digest(charm, "python3.12") != charms.digest(charm, "python3.13")


def test_the_staged_copy_is_laid_out_as_the_checkout(checkout, tmp_path):
    (charm,) = charms.find(["stand-in"], checkout)
    place = stage.lay_out(charm, tmp_path / "staged", uv="uv")
    assert place == tmp_path / "staged/lab/charms/stand-in"
    assert (place / "../common/src/shared/module.py").exists()


def test_charmcraft_is_told_of_the_base(tmp_path):
    stage.pretend("ubuntu@22.04", tmp_path)
    assert "UBUNTU_CODENAME=jammy" in (tmp_path / "os-release").read_text()


def test_every_charm_of_this_checkout_names_sources_that_exist():
    for charm in charms.find():
        assert all(source.is_dir() for source in charm.sources()), charm.name
