# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What can be asked of the agent for BMCs."""

from fence_agent import parameters
from fence_agent.parameters import Agent, Parameter

AGENT = Agent(
    name="fence_bmc",
    short="Fence agent for machines whose BMC answers to fence_ipmilan or fence_redfish",
    long=(
        "fence_bmc is a power fencing agent that runs fence_ipmilan or fence_redfish with what a file"
        " of secrets says of the machine. It asks the storm guard before it cuts power, and reports"
        " off only when two live queries of the machine's BMC say off."
    ),
    vendor="https://clusterlabs.org",
    parameters=(
        parameters.ACTION,
        Parameter(
            "credentials_file",
            "JSON file that says for each host where its BMC is and how to be let in, and that only"
            " root may read",
            required=True,
            letter="k",
        ),
        Parameter("plug", "The host's name in the file", letter="n", replaces="port"),
        parameters.NODENAME,
        Parameter(
            "hosts",
            "Names in the file, separated by blanks, for which this device is; without it all of them",
            letter="H",
        ),
        Parameter(
            "maas_url", "Address of MAAS, which is asked whether the machine is the same still"
        ),
        Parameter("maas_credentials_file", "File that holds the MAAS API key"),
        Parameter("maas_ssl_ca", "File of the certificate authorities to trust as MAAS"),
        Parameter("maas_hosts", "What each machine must be, like hosts of fence_maas"),
        *parameters.timing("one run of fence_ipmilan or fence_redfish", "40"),
        *parameters.GUARD,
        *parameters.PEOPLE,
    ),
    own_actions=("describe", "examine", "guard"),
)
