# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the agent for MAAS as one frozen value."""

import dataclasses
from collections.abc import Mapping

from fence_agent.errors import OptionError
from fence_agent.options import Common, common, read_secret
from fence_maas_agent.parameters import AGENT


@dataclasses.dataclass(frozen=True)
class Options(Common):
    """What the agent was asked to do, and how."""

    url: str = ""
    hostnames: tuple[str, ...] = ()
    ssl_ca: str = ""


def options(given: Mapping[str, str]) -> Options:
    """Return the options with their defaults.

    Raises:
        OptionError: The action is unknown, or a number of seconds is none.
    """
    return Options(
        **vars(common(AGENT, given)),
        url=given.get("url", ""),
        hostnames=tuple(name for name in given.get("hostname", "").split(",") if name),
        ssl_ca=given.get("ssl_ca", ""),
    )


def read_key(path: str) -> str:
    """Return the API key that a file holds.

    Raises:
        OptionError: There is none, it is no key, or others than its owner can get at it.
    """
    text = read_secret("credentials_file", path)
    parts = text.split(":")
    if len(parts) != 3 or not all(parts) or not text.isascii():
        raise OptionError(f"credentials_file {path} are not consumer:token:secret")
    return text
