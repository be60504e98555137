# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What gives a member's fence agents access to power switches, in files of theirs."""

import dataclasses
from collections.abc import Mapping

import bmc
from instance_ha import files

MAAS_KEY = "/etc/pacemaker/fence_maas.key"
MAAS_CA = "/etc/pacemaker/fence_maas.pem"
BMCS = "/etc/pacemaker/fence_bmc.json"


@dataclasses.dataclass(frozen=True)
class Access:
    """Secrets, and whom to trust with them."""

    maas_key: str | None = dataclasses.field(default=None, repr=False)
    """``consumer:token:secret``."""
    maas_ca: str | None = None
    """Certificates in PEM."""
    bmcs: Mapping[str, bmc.Bmc] = dataclasses.field(default_factory=dict[str, bmc.Bmc])
    """By their hosts' names as the operator wrote them."""

    @property
    def kinds(self) -> frozenset[bmc.Kind]:
        """The kinds of BMC that there are."""
        return frozenset(each.kind for each in self.bmcs.values())


def ensure(access: Access) -> None:
    """Keep secrets where only root's fence agents find them, and nothing that is not needed."""
    key = None if access.maas_key is None else access.maas_key.strip() + "\n"
    _ensure(MAAS_KEY, key, mode=0o600)
    _ensure(MAAS_CA, access.maas_ca, mode=0o644)
    _ensure(BMCS, bmc.render(access.bmcs) if access.bmcs else None, mode=0o600)


def forget() -> None:
    """Remove all of it."""
    ensure(Access())


def _ensure(path: str, content: str | None, *, mode: int) -> None:
    if content is None:
        files.ensure_absent(path)
    else:
        files.ensure(path, content, mode=mode)
