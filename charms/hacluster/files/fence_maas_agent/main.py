# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The program: options in, exit code out, one line for every failure."""

import logging
import signal
import sys

from fence_maas_agent import metadata
from fence_maas_agent.actions import FAILED, OK, perform
from fence_maas_agent.answers import MaasError
from fence_maas_agent.guard import HeldError
from fence_maas_agent.options import OptionError, Options, from_arguments, from_lines, options
from fence_maas_agent.power import PowerError

_GRACE_SECONDS = 2


def main() -> int:
    """Run the agent and return its exit code."""
    logging.basicConfig(format="fence_maas: %(message)s", level=logging.WARNING)
    try:
        given = from_arguments(sys.argv[1:]) if sys.argv[1:] else from_lines(sys.stdin)
        if "help" in given or "version" in given:
            print(metadata.usage() if "help" in given else metadata.VERSION)
            return OK
        wanted = options(given)
        if wanted.action in ("metadata", "manpage"):
            print(metadata.render() if wanted.action == "metadata" else metadata.usage(), end="")
            return OK
        if wanted.verbose:
            logging.getLogger().setLevel(logging.INFO)
        _limit(wanted)
        return perform(wanted)
    except (HeldError, MaasError, OptionError, PowerError) as error:
        print(f"fence_maas: {error}", file=sys.stderr)
        return FAILED


def _limit(wanted: Options) -> None:
    """End even when something blocks that has no time limit of its own, such as a name server."""

    def give_up(_number: int, _frame: object) -> None:
        raise PowerError(f"gave up after {wanted.timing.total:.0f} s")

    signal.signal(signal.SIGALRM, give_up)
    limit = wanted.timing.total * (2 if wanted.action == "reboot" else 1)
    signal.setitimer(signal.ITIMER_REAL, limit + _GRACE_SECONDS)
