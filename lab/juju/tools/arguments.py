# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Command lines of hook tools, and the forms of their answers."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import yaml


class ToolError(Exception):
    """A hook tool that fails; the message is what it says on standard error."""

    def __init__(self, message: str, code: int = 1):
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class Arguments:
    """A parsed command line: values of options (the last one given counts) and the rest."""

    values: dict[str, str]
    positional: list[str]

    def flag(self, name: str) -> bool:
        """Return whether a switch is on; ``--name=false`` switches it off, in any case."""
        return self.values.get(name, "false").lower() in ("true", "1")

    def answer(self, value: Any) -> str:
        """Return a value in the form that ``--format`` asks for."""
        return render(value, self.values.get("format", "smart"))


# Short names of options, as the tools' help has them.
_SHORT = {"r": "relation", "l": "log-level", "s": "storage", "o": "output"}


def parse(
    argv: Sequence[str],
    *,
    valued: Sequence[str] = (),
    switches: Sequence[str] = (),
    at_most: int | None = None,
) -> Arguments:
    """Take a command line apart; options may stand anywhere before ``--``.

    Args:
        argv: The arguments after the tool's name.
        valued: Options that take a value; ``format`` and ``output`` are always known.
        switches: Options that are on or off.
        at_most: How many other arguments there may be.

    Raises:
        ToolError: An option is unknown, lacks its value, or there are too many arguments.
    """
    values: dict[str, str] = {}
    positional: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional += rest
            break
        if word == "-" or not word.startswith("-"):
            positional.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        name = _SHORT.get(name, name)
        if name in switches:
            values[name] = value if equals else "true"
        elif name in (*valued, "format", "output"):
            if not equals and not rest:
                raise ToolError(f"option needs an argument: {word}", 2)
            values[name] = value if equals else rest.pop(0)
        else:
            raise ToolError(f"option provided but not defined: {word.split('=')[0]}", 2)
    if at_most is not None and len(positional) > at_most:
        raise ToolError(f"unrecognized args: {positional[at_most:]!r}", 2)
    return Arguments(values, positional)


def render(value: Any, form: str) -> str:
    """Return a value as Juju's commands print it (juju/cmd, output.go)."""
    if form == "json":
        return json.dumps(value) + "\n"
    if form == "yaml":
        return yaml.safe_dump(value, default_flow_style=False)
    if form != "smart":
        raise ToolError(f'invalid value "{form}" for option --format: unknown format "{form}"', 2)
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return f"{value}\n"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType] - a list of anything
        return "".join(f"{item}\n" for item in value)  # pyright: ignore[reportUnknownVariableType] - just checked
    if isinstance(value, str | int | float):
        return f"{value}\n"
    return yaml.safe_dump(value, default_flow_style=False)
