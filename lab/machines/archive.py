# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""Which archive the image is built from: the one that the host's own apt sources name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lab.machines.errors import CloudError

SUITES = {"debian": "trixie", "ubuntu": "noble"}
"""The suite of the image by default, for each kind of host."""

_COMPONENTS = {"debian": ("main",), "ubuntu": ("main", "universe")}
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<rest>.+)$")


class ArchiveError(CloudError):
    """The host's apt sources name no archive that an image could come from."""


@dataclasses.dataclass(frozen=True)
class Source:
    """One entry of the apt sources."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


@dataclasses.dataclass(frozen=True)
class Archive:
    """Where packages come from, and the key that signs them."""

    uri: str
    keyring: str
    suite: str
    components: tuple[str, ...]
    pockets: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The archive as apt source lines."""
        option = f"[signed-by={self.keyring}]"
        parts = " ".join(self.components)
        suites = (self.suite, *(f"{self.suite}-{pocket}" for pocket in self.pockets))
        return [f"deb {option} {self.uri} {suite} {parts}" for suite in suites]


def parse_deb822(text: str) -> Iterator[Source]:
    """Yield the entries of a ``.sources`` file (see sources.list(5), DEB822-STYLE FORMAT)."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", kept):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        yield from _from_fields(fields)


def _from_fields(fields: Mapping[str, str]) -> Iterator[Source]:
    if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes") == "no":
        return
    signed_by = fields.get("signed-by", "")
    for uri in fields.get("uris", "").split():
        yield Source(
            uri,
            tuple(fields.get("suites", "").split()),
            tuple(fields.get("components", "").split()),
            signed_by if signed_by.startswith("/") else "",
        )


def parse_one_line(text: str) -> Iterator[Source]:
    """Yield the entries of a ``.list`` file (see sources.list(5), ONE-LINE-STYLE FORMAT)."""
    for line in text.splitlines():
        found = _ONE_LINE.match(line.split("#", 1)[0].strip())
        if not found:
            continue
        uri, suite, *components = found["rest"].split()
        options = dict(
            option.split("=", 1) for option in (found["options"] or "").split() if "=" in option
        )
        yield Source(uri, (suite,), tuple(components), options.get("signed-by", ""))


def read_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """Return every entry of the host's apt sources."""
    found: list[Source] = []
    for path in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))):
        if not path.is_file():
            continue
        text = path.read_text()
        if path.suffix == ".sources":
            found += parse_deb822(text)
        elif path.suffix == ".list":
            found += parse_one_line(text)
    return found


def read_os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """Return the fields of os-release(5)."""
    pairs = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value.strip().strip('"') for name, _, value in pairs}


def choose(
    sources: Iterable[Source],
    release: Mapping[str, str],
    *,
    suite: str | None = None,
    uri: str | None = None,
) -> Archive:
    """Return the archive for the image.

    Args:
        sources: What the host's apt knows.
        release: The host's os-release(5).
        suite: Another suite than the default for this kind of host.
        uri: Another archive than the host's.

    Raises:
        ArchiveError: There is none, or this kind of host is unknown.
    """
    kind = release.get("ID", "")
    if kind not in SUITES:
        raise ArchiveError(f"the lab builds its image on Debian or Ubuntu, not on {kind or '?'}")
    keyring = f"/usr/share/keyrings/{kind}-archive-keyring.gpg"
    own = [source for source in sources if _is_own(source, release)]
    # A third party may also offer a "main" for this release; the distribution's own key tells.
    own.sort(key=lambda source: f"{kind}-archive" not in (source.signed_by or keyring))
    if not own and not uri:
        raise ArchiveError(
            f"no apt source of this host has {release.get('VERSION_CODENAME')} main; name one"
        )
    return Archive(
        uri or own[0].uri,
        (own[0].signed_by if own else "") or keyring,
        suite or SUITES[kind],
        _COMPONENTS[kind],
        ("updates",) if kind == "ubuntu" else (),
    )


def _is_own(source: Source, release: Mapping[str, str]) -> bool:
    return (
        release.get("VERSION_CODENAME", "") in source.suites
        and "main" in source.components
        and not source.uri.startswith("cdrom:")
    )
