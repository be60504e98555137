# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a sub-command of ``juju`` is made of."""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from lab.juju.errors import UsageError

if TYPE_CHECKING:
    from lab.juju.controller import Controller


@dataclasses.dataclass(frozen=True)
class Request:
    """A command line, and where and how it was typed."""

    words: Sequence[str]
    directory: pathlib.Path
    terminal: bool = False

    def path(self, text: str) -> pathlib.Path:
        """Return the path that an argument names."""
        return (self.directory / pathlib.Path(text).expanduser()).absolute()


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a command says; with ``become``, the client turns into that program afterwards."""

    output: str = ""
    errors: str = ""
    code: int = 0
    become: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Call:
    """One command being carried out."""

    controller: Controller
    request: Request
    options: argparse.Namespace


@dataclasses.dataclass(frozen=True)
class Command:
    """A sub-command: its options, and what it does.

    ``tail`` says that all from some argument on belongs to another program: after ``--``, or after
    this many arguments that are no options.
    """

    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Call], Answer]
    needs_model: bool = True
    tail: int | None = None


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving, in Juju's words."""

    def __init__(self, name: str):
        super().__init__(prog=f"juju {name}", allow_abbrev=False, add_help=False)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong."""
        text = message.replace("unrecognized arguments", "option provided but not defined")
        raise UsageError(f"{self.prog}: {text}")


def parse(name: str, command: Command, words: Sequence[str]) -> argparse.Namespace:
    """Parse a sub-command's own words.

    Raises:
        UsageError: An option or argument is unknown, missing or malformed.
    """
    parser = Parser(name)
    if command.needs_model:
        parser.add_argument("-m", "--model")
    command.arguments(parser)
    if command.tail is None:
        return parser.parse_intermixed_args(list(words))
    own, tail = _split(parser, list(words), command.tail)
    options = parser.parse_intermixed_args(own)
    options.tail = tail
    return options


def add_format(parser: argparse.ArgumentParser, *, default: str = "yaml") -> None:
    """Add the option for the form of the output: JSON, YAML, or the command's own."""
    forms = list(dict.fromkeys(["json", "yaml", default]))
    parser.add_argument("--format", choices=forms, default=default)


def render(value: Any, form: str) -> str:
    """Return a document in the wanted form."""
    if form == "json":
        return json.dumps(value) + "\n"
    return as_yaml(value, sort_keys=False)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as Juju's YAML library does: as they are, indented."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Return a text as a node of YAML."""
        style = "|" if "\n" in text else None
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def as_yaml(value: Any, *, sort_keys: bool = True) -> str:
    """Return a document as YAML."""
    # gopkg.in/yaml.v2, which Juju uses, does not fold long lines.
    return yaml.dump(
        value,
        Dumper=_Dumper,
        default_flow_style=False,
        sort_keys=sort_keys,
        width=float("inf"),
        allow_unicode=True,
    )


def settings(words: Sequence[str]) -> dict[str, str]:
    """Return ``key=value`` words.

    Raises:
        UsageError: A word is not of that form.
    """
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f'expected "key=value", got "{word}"')
        found[key] = value
    return found


def listed(values: Sequence[str] | None) -> list[str]:
    """Return the items of an option that may be given several times, each with commas."""
    return [item for value in values or () for item in value.split(",") if item]


def _split(
    parser: argparse.ArgumentParser, words: list[str], count: int
) -> tuple[list[str], list[str]]:
    """Split off what comes after ``--``, or after so many arguments that are no options."""
    flags = {
        option
        for action in parser._actions
        if action.nargs == 0
        for option in action.option_strings
    }
    seen = index = 0
    while index < len(words):
        word = words[index]
        if word == "--":
            return words[:index], words[index + 1 :]
        if not word.startswith("-"):
            if seen == count:
                break
            seen += 1
        elif "=" not in word and word not in flags:
            index += 1
        index += 1
    return words[:index], words[index:]
