# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

import pytest

import origin

ARMOURED = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----"
LINE = "deb https://packages.example noble main"


@pytest.mark.parametrize("text", ["", "distro", " distro "])
def test_the_distribution(text: str):
    assert origin.parse(text) == origin.Origin("distro", "distro")


@pytest.mark.parametrize("text", ["proposed", "distro-proposed"])
def test_the_distributions_proposed_packages(text: str):
    assert origin.parse(text).kind == "proposed"


def test_a_release_by_its_name():
    assert origin.parse("caracal") == origin.Origin("release", "caracal", release="caracal")


@pytest.mark.parametrize(
    ("text", "series", "release", "pocket", "repository"),
    [
        ("cloud:jammy-caracal", "jammy", "caracal", "updates", "cloud-archive:caracal"),
        ("cloud:jammy-caracal/updates", "jammy", "caracal", "updates", "cloud-archive:caracal"),
        (
            "cloud:jammy-caracal/proposed",
            *("jammy", "caracal", "proposed", "cloud-archive:caracal-proposed"),
        ),
        (
            "cloud:jammy-proposed/caracal",
            *("jammy", "caracal", "proposed", "cloud-archive:caracal-proposed"),
        ),
        ("cloud:jammy-updates/bobcat", "jammy", "bobcat", "updates", "cloud-archive:bobcat"),
        (
            "cloud:noble-epoxy/staging",
            *("noble", "epoxy", "staging", "ppa:ubuntu-cloud-archive/epoxy-staging"),
        ),
        ("cloud:epoxy", "", "epoxy", "updates", "cloud-archive:epoxy"),
        ("cloud-archive:epoxy-proposed", "", "epoxy", "proposed", "cloud-archive:epoxy-proposed"),
    ],
)
def test_the_cloud_archive(text: str, series: str, release: str, pocket: str, repository: str):
    found = origin.parse(text)
    assert found.kind == "cloud"
    assert (found.series, found.release, found.pocket) == (series, release, pocket)
    assert found.repository == repository


def test_a_ppa():
    assert origin.parse("ppa:owner/name").repository == "ppa:owner/name"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        (LINE, LINE, ""),
        (f"{LINE} | 0x0123456789ABCDEF", LINE, "0x0123456789ABCDEF"),
        (f"{LINE}|{ARMOURED}", LINE, ARMOURED),
        ("deb  [arch=amd64]  http://a.example  s/", "deb [arch=amd64] http://a.example s/", ""),
        ("http://a.example noble main", "deb http://a.example noble main", ""),
        ("https://a.example noble main|ABCDEF01", "deb https://a.example noble main", "ABCDEF01"),
    ],
)
def test_a_line_of_sources(text: str, line: str, key: str):
    found = origin.parse(text)
    assert (found.kind, found.line, found.key) == ("line", line, key)
    assert found.repository == ""


@pytest.mark.parametrize(
    "text",
    [
        *("cloud:", "cloud:jammy", "cloud:jammy-nothing", "cloud:jammy-noble-caracal"),
        *("cloud:jammy-updates/proposed/caracal", "cloud:caracal-epoxy"),
        *("ppa:owner", "ppa:", "ppa:a b/c", "snap:masakari", "nonsense", "deb", "deb http://a"),
        *(f"{LINE}|not a key", f"{LINE}\ndeb http://evil.example x main", "--option"),
    ],
)
def test_what_is_none_of_these_is_refused(text: str):
    with pytest.raises(ValueError):
        origin.parse(text)


def test_releases_have_names():
    assert origin.name(19) == "epoxy"
    assert origin.name(99) == "99"
