# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the text of ``openstack-origin`` means, and which OpenStack release a package is of."""

import dataclasses
import re
from typing import Any, Literal

Kind = Literal["distro", "proposed", "release", "cloud", "ppa", "line"]

# Masakari's major versions, see https://releases.openstack.org/teams/masakari.html.
RELEASES = {
    "ussuri": 9,
    "victoria": 10,
    "wallaby": 11,
    "xena": 12,
    "yoga": 13,
    "zed": 14,
    "antelope": 15,
    "bobcat": 16,
    "caracal": 17,
    "dalmatian": 18,
    "epoxy": 19,
    "flamingo": 20,
    "gazpacho": 21,
}
_POCKETS = ("updates", "proposed", "staging")
_KEY_ID = re.compile(r"(0x)?[0-9A-Fa-f]{8,40}")
_PPA = re.compile(r"ppa:[A-Za-z0-9.+~-]+/[A-Za-z0-9.+-]+")


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where packages come from."""

    kind: Kind
    text: str
    """The option as it was set, to tell a change by."""
    release: str = ""
    """The OpenStack release, where the option names one."""
    series: str = ""
    """The Ubuntu series, where the option names one."""
    pocket: str = ""
    """Of the cloud archive: updates unless it says otherwise."""
    line: str = ""
    """A line as sources.list(5) has it."""
    key: str = ""
    """The key that signs it: its fingerprint or its armoured text."""

    @property
    def repository(self) -> str:
        """The name that add-apt-repository(1) has for it, or nothing if it needs none."""
        if self.kind == "ppa":
            return self.text
        if self.kind == "cloud" and self.pocket == "staging":
            return f"ppa:ubuntu-cloud-archive/{self.release}-staging"
        if self.kind == "cloud":
            suffix = "-proposed" if self.pocket == "proposed" else ""
            return f"cloud-archive:{self.release}{suffix}"
        return ""


def parse(value: Any) -> Any:
    """Return the origin that a text names.

    Raises:
        ValueError: It is in no form that is known.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text in ("", "distro"):
        return Origin("distro", "distro")
    if text in ("proposed", "distro-proposed"):
        return Origin("proposed", text)
    if text.lower() in RELEASES:
        return Origin("release", text, release=text.lower())
    if text.startswith(("cloud:", "cloud-archive:")):
        return _cloud(text)
    if text.startswith("ppa:"):
        if not _PPA.fullmatch(text):
            raise ValueError(f"{text} is not ppa:OWNER/NAME")
        return Origin("ppa", text)
    if text.startswith(("deb ", "deb\t", "http:", "https:")):
        return _line(text)
    if text.startswith("snap:"):
        raise ValueError(f"{text}: there is no snap of Masakari")
    raise ValueError(
        f"{text} is neither distro, a release, cloud:SERIES-RELEASE, ppa:OWNER/NAME nor a deb line"
    )


def name(major: int) -> str:
    """Return the OpenStack release that a major version of Masakari belongs to."""
    return next((name for name, number in RELEASES.items() if number == major), f"{major}")


def _cloud(text: str) -> Origin:
    """Read ``cloud:[SERIES-][POCKET/]RELEASE[/POCKET]`` in the orders that have been in use."""
    words = [word for word in re.split(r"[-/]", text.partition(":")[2].lower()) if word]
    releases = [word for word in words if word in RELEASES]
    pockets = [word for word in words if word in _POCKETS]
    series = [word for word in words if word not in (*RELEASES, *_POCKETS)]
    if len(releases) != 1 or len(pockets) > 1 or len(series) > 1:
        raise ValueError(f"{text} is not cloud:SERIES-RELEASE or cloud:SERIES-RELEASE/POCKET")
    return Origin(
        "cloud",
        text,
        release=releases[0],
        series="".join(series),
        pocket="".join(pockets) or "updates",
    )


def _line(text: str) -> Origin:
    line, _, key = (part.strip() for part in text.partition("|"))
    line = line if line.startswith("deb") else f"deb {line}"
    if "\n" in line or not re.fullmatch(r"deb\s+(\[[^\]]*\]\s+)?\S+\s+\S+(\s+\S+)*", line):
        raise ValueError(
            "a deb line is deb [OPTIONS] ADDRESS SUITE COMPONENTS, with |KEY behind it"
        )
    armoured = key.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    if key and not (armoured or _KEY_ID.fullmatch(key)):
        raise ValueError("the key behind a deb line is a fingerprint or an armoured public key")
    return Origin("line", text, line=" ".join(line.split()), key=key)
