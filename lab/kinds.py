# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The kinds of lab: what is deployed, and what has to be packed and built for it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from lab.settings import SPACES, Lab

_CHECKOUT = Path(__file__).resolve().parents[1]
_PACKED = re.compile(r"build/charms/(?P<name>[a-z-]+)_")


class KindError(Exception):
    """There is no such kind of lab, or the lab is of another."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a lab can be.

    Attributes:
        name: As ``--bundle`` names it.
        base: Name of the bundle.
        overlays: Names of the overlays, in their order.
        layers: The image's layers that its machines stand on.
        ipv6: Whether machines have IPv6 addresses, and units theirs before those of IPv4.
    """

    name: str
    base: str
    overlays: tuple[str, ...]
    layers: tuple[str, ...]
    ipv6: bool = False

    @property
    def gateway(self) -> str:
        """Where MAAS and the machines' BMCs answer."""
        return SPACES[0].gateway6 if self.ipv6 else SPACES[0].gateway

    @property
    def bundle(self) -> Path:
        """The bundle's file."""
        return _CHECKOUT / "bundles" / f"{self.base}.yaml"

    @property
    def overlay_files(self) -> tuple[Path, ...]:
        """The overlays' files."""
        return tuple(_CHECKOUT / "overlays" / f"{name}.yaml" for name in self.overlays)

    @property
    def charms(self) -> list[str]:
        """Return the names of the charms of this checkout that it deploys."""
        files = (self.bundle, *self.overlay_files)
        return sorted(
            {found["name"] for file in files for found in _PACKED.finditer(file.read_text())}
        )


CLOUD = Kind(
    "lab", "lab", ("masakari", "local-charms", "lab"), ("base", "repository", "control", "compute")
)
TLS = dataclasses.replace(CLOUD, name="tls", overlays=(*CLOUD.overlays, "lab-tls", "tls"))
CLUSTER = Kind("cluster", "cluster", (), ("base", "repository"))
PREDECESSORS = Kind("predecessors", "cluster", ("lab-predecessors",), ("base", "repository"))
IPV6 = dataclasses.replace(CLUSTER, name="ipv6", overlays=("lab-ipv6",), ipv6=True)
KINDS = {kind.name: kind for kind in (CLOUD, TLS, CLUSTER, PREDECESSORS, IPV6)}


def of(lab: Lab) -> Kind:
    """Return what a lab is, or will be when it is brought up without another word."""
    try:
        return KINDS[_file(lab).read_text().strip()]
    except FileNotFoundError:
        return CLOUD


def choose(lab: Lab, name: str | None) -> Kind:
    """Make a lab one of a kind; without a name it stays what it is.

    Raises:
        KindError: It is up as another kind.
    """
    present = of(lab)
    if name is None or name == present.name:
        wanted = present
    elif (lab.root / "juju.sock").exists():
        raise KindError(f"the lab {lab.name} has the bundle {present.name}; end it first")
    else:
        wanted = KINDS[name]
    lab.root.mkdir(parents=True, exist_ok=True)
    _file(lab).write_text(f"{wanted.name}\n")
    return wanted


def _file(lab: Lab) -> Path:
    return lab.root / "bundle"
