# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The sub-commands of ``juju`` that the stand-in has; every other is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lab.juju.bundles import InvalidError
from lab.juju.cli import (
    applications,
    deploying,
    logs,
    models,
    resources,
    running,
    secrets,
    showing,
    units,
)
from lab.juju.cli.command import Answer, Call, Command, Request, parse
from lab.juju.errors import JujuError, UsageError

if TYPE_CHECKING:
    from lab.juju.controller import Controller

COMMANDS: Mapping[str, Command] = {
    **models.COMMANDS,
    **deploying.COMMANDS,
    **applications.COMMANDS,
    **units.COMMANDS,
    **running.COMMANDS,
    **resources.COMMANDS,
    **secrets.COMMANDS,
    **showing.COMMANDS,
    **logs.COMMANDS,
}


def run(controller: Controller, request: Request) -> Answer:
    """Carry out a command line."""
    try:
        return _run(controller, request)
    except JujuError as error:
        return Answer(error.output, f"ERROR {error}\n", error.code)
    except InvalidError as error:
        lines = "".join(f"  {problem}\n" for problem in error.problems)
        return Answer("", f"ERROR cannot be deployed:\n{lines}", 1)
    except (OSError, ValueError) as error:
        return Answer("", f"ERROR {error}\n", 1)


def _run(controller: Controller, request: Request) -> Answer:
    if not request.words or request.words[0] in ("help", "--help", "-h"):
        names = "".join(f"  {name}\n" for name in sorted(COMMANDS))
        return Answer(f"The lab's stand-in for Juju knows these commands:\n{names}")
    name, *words = request.words
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(
            f'"{name}" is not a juju command that the lab knows; see "juju help" for those it does'
        )
    options = parse(name, command, words)
    return command.run(Call(controller, request, options))
