# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What can be asked of an agent: what every one of them understands, as a table.

Source for the conventions: the fence agent API of ClusterLabs' fence-agents
(doc/FenceAgentAPI.md) and what Pacemaker's fencer sends.
"""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter; ``kind`` is a content type of the metadata's schema."""

    name: str
    help: str
    kind: str = "string"
    default: str | None = None
    required: bool = False
    letter: str | None = None
    replaces: str | None = None


@dataclasses.dataclass(frozen=True)
class Agent:
    """What an agent says of itself."""

    name: str
    short: str
    long: str
    vendor: str
    """An address."""
    parameters: tuple[Parameter, ...]
    own_actions: tuple[str, ...]
    """Not in the metadata, whose schema knows the standard actions only."""
    version: str = "1.0"


ACTION = Parameter("action", "Fencing action", default="off", required=True, letter="o")
NODENAME = Parameter("nodename", "Name of the node to be fenced, as Pacemaker sends it")


def timing(answer: str, seconds: str) -> tuple[Parameter, ...]:
    """Return the waits and limits.

    Args:
        answer: Whose answer is waited for, and how it is asked for.
        seconds: How long it may take.
    """
    return (
        Parameter("total_timeout", "Seconds until everything must be done", "second", "120"),
        Parameter("power_timeout", "Seconds to wait for a change of power", "second", "60"),
        Parameter("power_wait", "Seconds to wait after an action before looking", "second", "0"),
        Parameter("power_interval", "Seconds between two looks at the power", "second", "1"),
        Parameter(
            "debounce", "Seconds until off is looked at again to be believed", "second", "2"
        ),
        Parameter("login_timeout", "Seconds to wait for a connection", "second", "10"),
        Parameter("shell_timeout", f"Seconds to wait for {answer}", "second", seconds),
        Parameter("delay", "Seconds to wait before fencing begins", "second", "0"),
    )


GUARD = (
    Parameter(
        "max_hosts",
        "Remotes of the cluster that may be lost at once; with more lost, power is not cut. 0 is"
        " half of them, rounded up. Without it there is no limit, and no cluster is asked",
        "integer",
    ),
    Parameter("window", "Seconds for which a fenced host counts as lost", "second", "300"),
    Parameter(
        "monitor_host",
        "Addresses, separated by blanks; power is cut only by a member that reaches one of them",
    ),
)
PEOPLE = (
    Parameter("verbose", "Tell every step on standard error", "boolean", letter="v"),
    Parameter("version", "Show the version and exit", "boolean", letter="V"),
    Parameter("help", "Show this help and exit", "boolean", letter="h"),
)

# What older clusters and people write.
ALIASES: Mapping[str, str] = {"port": "plug", "n": "plug", "o": "action", "option": "action"}

ACTIONS = (
    "on",
    "off",
    "reboot",
    "status",
    "list",
    "list-status",
    "monitor",
    "metadata",
    "manpage",
    "validate-all",
)

# Spellings of the same action: Pacemaker asks for "metadata", others for "meta-data".
ACTION_ALIASES: Mapping[str, str] = {"meta-data": "metadata", "enable": "on", "disable": "off"}
