# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The distribution's fence agents for BMCs, installed when somebody asks for them."""

import logging
import pathlib
from collections.abc import Iterable, Mapping

from bmc import Kind
from instance_ha import packages
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

_DIRECTORY = pathlib.Path("/usr/sbin")
PROGRAMS: Mapping[Kind, str] = {"ipmi": "fence_ipmilan", "redfish": "fence_redfish"}
# The first that a release has: Debian 13 and Ubuntu 24.04 have a package for each agent, Ubuntu 22.04
# two, the second with what is not in main, and Debian 12 one for all, which brings much along.
_PACKAGES: Mapping[Kind, tuple[str, ...]] = {
    "ipmi": ("fence-agents-ipmilan", "fence-agents-base", "fence-agents"),
    "redfish": ("fence-agents-redfish", "fence-agents-extra", "fence-agents"),
}
_IPMITOOL = "ipmitool"  # fence-agents only suggests it where one package is for all


def ensure(kinds: Iterable[Kind]) -> None:
    """Install the agents that these kinds of BMC need, as far as the machine's sources have them."""
    absent: set[Kind] = {kind for kind in kinds if _is_absent(kind)}
    if not absent:
        return
    try:
        packages.update()
        names = {name for kind in absent for name in _names(kind)}
        packages.ensure(names)
    except CommandError as error:
        # The status names what is missing; the first level does not depend on it.
        logger.error("fence agents for BMCs could not be installed: %s", error)


def missing(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Return the programs that these kinds of BMC need and that are not there."""
    return tuple(sorted(PROGRAMS[kind] for kind in set(kinds) if _is_absent(kind)))


def _is_absent(kind: Kind) -> bool:
    return not (_DIRECTORY / PROGRAMS[kind]).exists()


def _names(kind: Kind) -> list[str]:
    known = packages.available([*_PACKAGES[kind], _IPMITOOL])
    found = [name for name in _PACKAGES[kind] if name in known][:1]
    return [*found, _IPMITOOL] if found and kind == "ipmi" and _IPMITOOL in known else found
