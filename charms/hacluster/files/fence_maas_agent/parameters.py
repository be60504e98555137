# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What can be asked of the agent for MAAS."""

from fence_agent import parameters
from fence_agent.parameters import Agent, Parameter

PARAMETERS = (
    parameters.ACTION,
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
    parameters.NODENAME,
    Parameter(
        "hosts",
        "What each machine must be, as SYSTEM_ID:HOSTNAME[:HARDWARE_UUID[:OWNER]] separated by blanks;"
        " a machine that is anything else is refused. A value that begins with / is a file",
        letter="H",
    ),
    Parameter("hostname", "Short host names, separated by commas, for the inventory action"),
    Parameter("ssl_ca", "File of the certificate authorities to trust with https"),
    *parameters.timing("an answer of MAAS", "30"),
    *parameters.GUARD,
    *parameters.PEOPLE,
)

AGENT = Agent(
    name="fence_maas",
    short="Fence agent for machines managed by MAAS",
    long=(
        "fence_maas is a power fencing agent for machines that MAAS manages. It addresses a machine by"
        " its system_id, refuses a machine that was renamed, replaced or cannot be switched, and reports"
        " off only when live queries of the machine's BMC, two of them, say off."
    ),
    vendor="https://maas.io",
    parameters=PARAMETERS,
    own_actions=("inventory", "describe", "examine", "guard"),
)
