# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The program."""

from fence_agent import program
from fence_maas_agent.actions import perform
from fence_maas_agent.options import options
from fence_maas_agent.parameters import AGENT


def main() -> int:
    """Run the agent and return its exit code."""
    return program.run(AGENT, options, perform)
