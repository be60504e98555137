# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Run several commands of an OpenStack program for the price of one start.

``one_import.py MODULE -- WORDS -- WORDS ...`` calls the module's ``main`` with each list of words, one
after the other, each in a fork of its own. Starting such a program costs two seconds of imports,
more than most of what the lab asks of it. Runs under the distribution's Python; a command whose first
word begins with ``?`` may fail.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator


def commands(words: list[str]) -> Iterator[list[str]]:
    """Yield the lists of words between the double dashes."""
    command: list[str] = []
    for word in [*words, "--"]:
        if word != "--":
            command.append(word)
        elif command:
            yield command
            command = []


def run(main: Callable[[], int | None], program: str, command: list[str]) -> int:
    """Call a program's main in a fork and return its exit code."""
    child = os.fork()
    if child == 0:
        sys.argv = [program, command[0].lstrip("?"), *command[1:]]
        sys.exit(main())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    module = importlib.import_module(sys.argv[1])
    for words in commands(sys.argv[2:]):
        code = run(module.main, sys.argv[1], words)
        if code and not words[0].startswith("?"):
            sys.exit(f"{' '.join(words)}: exit code {code}")
