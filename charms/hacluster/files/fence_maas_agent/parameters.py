# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What can be asked of the agent: its parameters and actions, as one table.

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


PARAMETERS = (
    Parameter("action", "Fencing action", default="off", required=True, letter="o"),
    Parameter("url", "Address of MAAS, such as https://maas:5443/MAAS", required=True, letter="a"),
    Parameter(
        "credentials_file",
        "File that holds the MAAS API key (consumer:token:secret) and that only root may read",
        required=True,
        letter="k",
    ),
    Parameter(
        "plug",
        "The machine's system_id in MAAS",
        letter="n",
        replaces="port",
    ),
    Parameter("nodename", "Name of the node to be fenced, as Pacemaker sends it"),
    Parameter(
        "hosts",
        "What each machine must be, as SYSTEM_ID:HOSTNAME[:HARDWARE_UUID[:OWNER]] separated by blanks;"
        " a machine that is anything else is refused. A value that begins with / is a file",
        letter="H",
    ),
    Parameter("hostname", "Short host names, separated by commas, for the inventory action"),
    Parameter("ssl_ca", "File of the certificate authorities to trust with https"),
    Parameter("total_timeout", "Seconds until everything must be done", "second", "120"),
    Parameter("power_timeout", "Seconds to wait for a change of power", "second", "60"),
    Parameter("power_wait", "Seconds to wait after an action before looking", "second", "0"),
    Parameter("power_interval", "Seconds between two looks at the power", "second", "1"),
    Parameter("debounce", "Seconds until off is looked at again to be believed", "second", "2"),
    Parameter("login_timeout", "Seconds to wait for a connection", "second", "10"),
    Parameter("shell_timeout", "Seconds to wait for an answer of MAAS", "second", "30"),
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
    Parameter("delay", "Seconds to wait before fencing begins", "second", "0"),
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
OWN_ACTIONS = ("inventory", "describe", "examine", "guard")
"""Not in the metadata, whose schema knows the standard actions only."""

# Spellings of the same action: Pacemaker asks for "metadata", others for "meta-data".
ACTION_ALIASES: Mapping[str, str] = {"meta-data": "metadata", "enable": "on", "disable": "off"}
