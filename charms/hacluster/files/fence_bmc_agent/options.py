# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the agent for BMCs as one frozen value."""

import dataclasses
from collections.abc import Mapping

from fence_agent.options import Common, common
from fence_bmc_agent.parameters import AGENT


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """What the agent was asked to do, and how."""

    maas_url: str = ""
    maas_credentials_file: str = ""
    maas_ssl_ca: str = ""
    maas_hosts: str = ""


def options(given: Mapping[str, str]) -> Options:
    """Return the options with their defaults.

    Raises:
        OptionError: The action is unknown, or a number of seconds is none.
    """
    return Options(
        **vars(common(AGENT, given)),
        maas_url=given.get("maas_url", ""),
        maas_credentials_file=given.get("maas_credentials_file", ""),
        maas_ssl_ca=given.get("maas_ssl_ca", ""),
        maas_hosts=given.get("maas_hosts", ""),
    )
