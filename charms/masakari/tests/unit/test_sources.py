# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pathlib

import pytest
from machine import Machine

import origin
import sources
from instance_ha.status import NotReadyError

NOBLE = sources.Distribution("ubuntu", "noble")
JAMMY = sources.Distribution("ubuntu", "jammy")
DEBIAN = sources.Distribution("debian", "trixie")


@pytest.fixture
def noble(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(sources, "distribution", lambda: NOBLE)
    machine.offers |= dict.fromkeys(("software-properties-common", "gnupg", "dirmngr"), "1")
    return machine


def offers(machine: Machine, version: str) -> None:
    machine.answers[(sources.APT_CACHE, "policy", "masakari-api")] = f"  Candidate: {version}\n"


def repository(machine: Machine, *words: str) -> str:
    argv = (sources.ADD_REPOSITORY, "--yes", "--no-update", *words)
    machine.answers[argv] = ""
    return " ".join(argv)


@pytest.mark.parametrize("text", ["distro", "epoxy"])
def test_debian_has_its_own_packages_only(text: str):
    assert sources.resolve(origin.parse(text), DEBIAN).kind == "distro"


@pytest.mark.parametrize("text", ["cloud:jammy-caracal", "ppa:a/b", "deb http://a.example b c"])
def test_debian_takes_nothing_of_ubuntus(text: str):
    with pytest.raises(NotReadyError, match="on debian use distro"):
        sources.resolve(origin.parse(text), DEBIAN)


def test_a_series_of_another_machine_is_refused():
    with pytest.raises(NotReadyError, match="is for jammy; this machine is noble"):
        sources.resolve(origin.parse("cloud:jammy-caracal"), NOBLE)


@pytest.mark.parametrize(
    ("text", "machine", "kind"),
    [
        ("caracal", NOBLE, "distro"),
        ("caracal", JAMMY, "cloud"),
        ("cloud:noble-caracal", NOBLE, "distro"),
        ("epoxy", NOBLE, "cloud"),
        ("ppa:a/b", NOBLE, "ppa"),
    ],
)
def test_a_series_own_release_needs_no_archive(
    text: str, machine: sources.Distribution, kind: str
):
    assert sources.resolve(origin.parse(text), machine).kind == kind


def test_the_cloud_archive_is_added(noble: Machine):
    offers(noble, "2:19.0.0-0ubuntu1~cloud0")
    added = repository(noble, "cloud-archive:epoxy")
    sources.apply(origin.parse("cloud:noble-epoxy"))
    assert added in noble.changes
    assert noble.changes[-2:] == [
        "apt-get update",
        f"{sources.APT_CACHE} policy masakari-api",
    ]


def test_what_is_applied_is_noted_by_its_text(noble: Machine):
    sources.remember(origin.parse("cloud:noble-epoxy"))
    assert sources.is_applied(origin.parse("cloud:noble-epoxy"))
    assert not sources.is_applied(origin.parse("epoxy"))


def test_a_release_that_the_sources_do_not_offer_is_refused(noble: Machine):
    offers(noble, "2:17.0.0-0ubuntu1")
    repository(noble, "cloud-archive:epoxy")
    with pytest.raises(NotReadyError, match="offer caracal, not epoxy"):
        sources.apply(origin.parse("epoxy"))


def test_a_proposed_pocket_is_switched_on(noble: Machine):
    added = repository(noble, "--pocket", "proposed")
    sources.apply(origin.parse("distro-proposed"))
    assert added in noble.changes


def test_a_line_with_an_armoured_key_is_signed_by_it(noble: Machine):
    key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----"
    sources.apply(origin.parse(f"deb https://a.example noble main|{key}"))
    text = sources._LIST.read_text()
    assert f"deb [signed-by={sources._KEY}] https://a.example noble main\n" in text
    assert sources._KEY.read_text() == f"{key}\n"


def test_a_key_by_its_fingerprint_is_fetched(noble: Machine):
    ring = ("--no-default-keyring", "--keyring", f"gnupg-ring:{sources._KEYRING}")
    noble.answers[(sources.GPG, "--batch", *ring, "--recv-keys", "0123456789ABCDEF")] = ""
    sources._KEYRING.touch()
    sources.apply(origin.parse("deb https://a.example noble main|0123456789ABCDEF"))
    assert f"[signed-by={sources._KEYRING}]" in sources._LIST.read_text()


def test_a_line_goes_with_the_option_that_brought_it(noble: Machine):
    sources.apply(origin.parse("deb https://a.example noble main"))
    sources.apply(origin.parse("distro"))
    assert not sources._LIST.exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("deb http://a b c", "deb [signed-by=/k] http://a b c"),
        ("deb [arch=amd64] http://a b c", "deb [signed-by=/k arch=amd64] http://a b c"),
        ("deb [signed-by=/other] http://a b c", "deb [signed-by=/other] http://a b c"),
    ],
)
def test_the_keyring_stands_in_the_line(line: str, expected: str):
    assert sources.signed(line, pathlib.Path("/k")) == expected


def test_no_candidate_is_no_release():
    assert sources.read_candidate("masakari-api:\n  Candidate: (none)\n") == 0
    assert sources.read_candidate("  Candidate: 2:17.0.0-0ubuntu1\n") == 17
