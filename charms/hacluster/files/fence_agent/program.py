# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""An agent as a program: options in, exit code out, one line for every failure."""

import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from typing import TypeVar

from fence_agent import metadata
from fence_agent.errors import OptionError, SwitchError
from fence_agent.guard import HeldError
from fence_agent.options import Common, from_arguments, from_lines
from fence_agent.parameters import Agent
from fence_agent.power import PowerError

OK, FAILED, OFF = 0, 1, 2
"""Exit codes. Only ``status`` ends with ``OFF``."""

_GRACE_SECONDS = 2

_Options = TypeVar("_Options", bound=Common)


def run(
    agent: Agent,
    options: Callable[[Mapping[str, str]], _Options],
    perform: Callable[[_Options], int],
) -> int:
    """Run an agent and return its exit code.

    Args:
        agent: What it says of itself.
        options: Makes a value of the options that it was given.
        perform: Does what they ask for.
    """
    logging.basicConfig(format=f"{agent.name}: %(message)s", level=logging.WARNING)
    try:
        arguments = sys.argv[1:]
        given = from_arguments(agent, arguments) if arguments else from_lines(agent, sys.stdin)
        if "help" in given or "version" in given:
            print(metadata.usage(agent) if "help" in given else agent.version)
            return OK
        wanted = options(given)
        if wanted.action in ("metadata", "manpage"):
            told = metadata.render if wanted.action == "metadata" else metadata.usage
            print(told(agent), end="")
            return OK
        if wanted.verbose:
            logging.getLogger().setLevel(logging.INFO)
        with _limited(wanted):
            return perform(wanted)
    except (HeldError, OptionError, PowerError, SwitchError) as error:
        print(f"{agent.name}: {error}", file=sys.stderr)
        return FAILED


@contextlib.contextmanager
def _limited(wanted: Common) -> Generator[None, None, None]:
    """End even when something blocks that has no time limit of its own, such as a name server."""

    def give_up(_number: int, _frame: object) -> None:
        raise PowerError(f"gave up after {wanted.timing.total:.0f} s")

    signal.signal(signal.SIGALRM, give_up)
    limit = wanted.timing.total * (2 if wanted.action == "reboot" else 1)
    signal.setitimer(signal.ITIMER_REAL, limit + _GRACE_SECONDS)
    try:
        yield
    finally:
        # Or it ends an interpreter that takes its time to end with the answer.
        signal.setitimer(signal.ITIMER_REAL, 0)
