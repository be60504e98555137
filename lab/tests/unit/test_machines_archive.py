# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which archive the image comes from, for the shapes that apt sources have."""

from pathlib import Path

import pytest

from lab.machines import archive
from lab.machines.archive import Archive, ArchiveError, Source

DEBIAN = {"ID": "debian", "VERSION_CODENAME": "bookworm"}
UBUNTU = {"ID": "ubuntu", "VERSION_CODENAME": "jammy"}
KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"

DEB822 = f"""\
Types: deb deb-src
# a remark between two fields
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: {KEY}

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://mirror.example/off
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror.example/one
 http://mirror.example/two
Suites: stable
Components: contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
"""


def test_a_deb822_file_yields_each_enabled_uri():
    found = list(archive.parse_deb822(DEB822))
    assert found[0] == Source(
        "http://mirror.example/debian", ("bookworm", "bookworm-updates"), ("main",), KEY
    )
    assert [source.uri.rpartition("/")[2] for source in found[1:]] == ["security", "one", "two"]


def test_a_key_inside_a_deb822_file_is_not_taken_for_a_path():
    assert list(archive.parse_deb822(DEB822))[-1].signed_by == ""


def test_a_one_line_file_yields_its_entries_with_or_without_options():
    text = """\
# deb http://mirror.example/commented bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/a bookworm main contrib # why
deb-src http://mirror.example/a bookworm main
deb http://mirror.example/b jammy main
"""
    assert list(archive.parse_one_line(text)) == [
        Source("http://mirror.example/a", ("bookworm",), ("main", "contrib"), "/k.gpg"),
        Source("http://mirror.example/b", ("jammy",), ("main",)),
    ]


def test_sources_of_both_forms_are_read_and_other_files_are_not(tmp_path: Path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://mirror.example/a jammy main\n")
    (tmp_path / "sources.list.d/x.sources").write_text(DEB822)
    (tmp_path / "sources.list.d/x.list.save").write_text(
        "deb http://mirror.example/z jammy main\n"
    )
    assert len(archive.read_sources(tmp_path)) == 5


def test_a_debian_host_gets_trixie_from_its_own_archive():
    chosen = archive.choose(archive.parse_deb822(DEB822), DEBIAN)
    assert chosen == Archive("http://mirror.example/debian", KEY, "trixie", ("main",))
    assert chosen.lines == [f"deb [signed-by={KEY}] http://mirror.example/debian trixie main"]


def test_an_ubuntu_host_gets_noble_with_universe_and_updates():
    sources = [Source("http://mirror.example/ubuntu", ("jammy",), ("main", "universe"))]
    chosen = archive.choose(sources, UBUNTU)
    assert [line.split("] ")[1] for line in chosen.lines] == [
        "http://mirror.example/ubuntu noble main universe",
        "http://mirror.example/ubuntu noble-updates main universe",
    ]
    assert chosen.keyring == "/usr/share/keyrings/ubuntu-archive-keyring.gpg"


def test_a_third_party_with_the_same_suite_does_not_win():
    other = Source("http://mirror.example/other", ("bookworm",), ("main",), "/etc/other.gpg")
    own = Source("http://mirror.example/debian", ("bookworm",), ("main",), KEY)
    assert archive.choose([other, own], DEBIAN).uri == own.uri


def test_suite_and_archive_can_be_named():
    chosen = archive.choose([], DEBIAN, suite="forky", uri="http://mirror.example/mine")
    assert (chosen.uri, chosen.suite, chosen.keyring) == (
        "http://mirror.example/mine",
        "forky",
        KEY,
    )


@pytest.mark.parametrize(
    "sources",
    [
        [],
        [Source("http://mirror.example/security", ("bookworm-security",), ("main",))],
        [Source("cdrom:[Debian]/", ("bookworm",), ("main",))],
    ],
)
def test_a_host_without_an_archive_is_told(sources: list[Source]):
    with pytest.raises(ArchiveError, match="bookworm main"):
        archive.choose(sources, DEBIAN)


def test_another_distribution_is_told():
    with pytest.raises(ArchiveError, match="not on fedora"):
        archive.choose([], {"ID": "fedora"})


def test_os_release_is_read_with_and_without_quotes(tmp_path: Path):
    path = tmp_path / "os-release"
    path.write_text('ID=debian\nVERSION_CODENAME="bookworm"\n\n')
    assert archive.read_os_release(path) == DEBIAN
