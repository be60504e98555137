# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the distribution's agents are told, for one run. All pure.

Sources: fence_ipmilan and fence_redfish 4.7 to 4.16 and their library, fencing.py.
"""

import dataclasses
from collections.abc import Mapping

from fence_bmc_agent.hosts import Bmc

# fence_ipmilan hands the password to ipmitool as an argument, where all of the machine can read it.
# So it gets none, and runs this instead, which has ipmitool read it from the environment.
IPMITOOL = "/usr/share/instance-ha-fencing/fence_bmc_ipmitool"
PASSWORD = "IPMITOOL_PASSWORD"  # ipmitool(1)

_IPMI = frozenset({"lanplus", "privlvl", "cipher"})
_REDFISH = frozenset({"systems_uri", "ssl_insecure"})


@dataclasses.dataclass(frozen=True)
class Request:
    """One run of an agent."""

    program: str
    lines: str = dataclasses.field(repr=False)
    """For its standard input."""
    environment: Mapping[str, str] = dataclasses.field(repr=False)
    ca: str = ""
    """Certificates in PEM of the authorities to trust; empty for those of the machine."""


def request(bmc: Bmc, action: str) -> Request:
    """Return the run that makes a BMC do something, or tell its machine's state."""
    told = {"action": action, "username": bmc.username}
    if "port" in bmc.more:
        told["ipport"] = bmc.more["port"]
    if bmc.kind == "ipmi":
        # "onoff", the default: the other method is believed without a look.
        told |= {"ip": bmc.address, "method": "onoff", "ipmitool_path": IPMITOOL}
        told |= _these(bmc, _IPMI)
        return Request("fence_ipmilan", _lines(told), {PASSWORD: bmc.password})
    # It makes an address of https://IP:PORT.
    address = f"[{bmc.address}]" if ":" in bmc.address else bmc.address
    told |= {"ip": address, "password": bmc.password, **_these(bmc, _REDFISH)}
    return Request("fence_redfish", _lines(told), {}, bmc.more.get("ca", ""))


def _these(bmc: Bmc, names: frozenset[str]) -> dict[str, str]:
    # A flag that is false is never told: to older libraries it counts if it is there at all.
    return {name: value for name, value in bmc.more.items() if name in names}


def _lines(told: Mapping[str, str]) -> str:
    # In quotes, which the library takes away: otherwise it would take away those of a password.
    return "".join(f'{name}="{value}"\n' for name, value in told.items())
