# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Options as they arrive, on standard input or on the command line, to one frozen value."""

import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterable, Mapping, Sequence

from fence_maas_agent.guard import Rule
from fence_maas_agent.parameters import (
    ACTION_ALIASES,
    ACTIONS,
    ALIASES,
    OWN_ACTIONS,
    PARAMETERS,
)

_NAMES = {parameter.name: parameter for parameter in PARAMETERS}
_LETTERS = {parameter.letter: parameter for parameter in PARAMETERS if parameter.letter}
_TRUE = frozenset({"1", "true", "yes", "on", ""})


class OptionError(Exception):
    """An option is missing or cannot mean anything."""


@dataclasses.dataclass(frozen=True)
class Timing:
    """All waits and limits, in seconds."""

    total: float
    power: float
    wait: float
    interval: float
    debounce: float
    connect: float
    answer: float
    delay: float


@dataclasses.dataclass(frozen=True)
class Options:
    """What the agent was asked to do, and how."""

    action: str
    timing: Timing
    rule: Rule
    url: str = ""
    credentials_file: str = ""
    plug: str = ""
    nodename: str = ""
    hosts: str = ""
    hostnames: tuple[str, ...] = ()
    ssl_ca: str = ""
    verbose: bool = False


def from_lines(lines: Iterable[str]) -> dict[str, str]:
    """Return the options that stand on standard input, one ``name=value`` a line.

    Names that the agent does not know are left out: Pacemaker sends its own parameters along.
    """
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        name = ALIASES.get(name, name)
        if equals and not name.startswith("#") and name in _NAMES:
            found[name] = value
    return found


def from_arguments(arguments: Sequence[str]) -> dict[str, str]:
    """Return the options of a command line: ``--name=value``, ``--name value``, ``-n value``.

    Raises:
        OptionError: An option is unknown or lacks its value.
    """
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        parameter = (
            _NAMES.get(ALIASES.get(name[2:], name[2:]).replace("-", "_"))
            if name.startswith("--")
            else _LETTERS.get(word[1:2])
            if word.startswith("-")
            else None
        )
        if parameter is None:
            raise OptionError(f"unknown option {word}")
        if not name.startswith("--"):
            value, equals = word[2:], word[2:3]
        if parameter.kind == "boolean":
            found[parameter.name] = value or "1"
        elif equals:
            found[parameter.name] = value
        elif rest:
            found[parameter.name] = rest.pop(0)
        else:
            raise OptionError(f"option {word} lacks its value")
    return found


def options(given: Mapping[str, str]) -> Options:
    """Return the options with their defaults.

    Raises:
        OptionError: The action is unknown, or a number of seconds is none.
    """
    action = given.get("action") or _default("action")
    action = ACTION_ALIASES.get(action, action)
    if action not in (*ACTIONS, *OWN_ACTIONS):
        raise OptionError(f"unknown action {action}")
    return Options(
        action=action,
        timing=_timing(given),
        rule=_rule(given),
        url=given.get("url", ""),
        credentials_file=given.get("credentials_file", ""),
        plug=given.get("plug", ""),
        nodename=given.get("nodename", ""),
        hosts=given.get("hosts", ""),
        hostnames=tuple(name for name in given.get("hostname", "").split(",") if name),
        ssl_ca=given.get("ssl_ca", ""),
        verbose=given.get("verbose", "0").lower() in _TRUE,
    )


def read_key(path: str) -> str:
    """Return the API key that a file holds.

    Raises:
        OptionError: There is none, it is no key, or others than its owner can get at it.
    """
    try:
        file = pathlib.Path(path)
        mode = file.stat().st_mode
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OptionError(f"cannot read credentials_file {path or '(none)'}: {reason}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OptionError(
            f"credentials_file {path} are open to others than their owner; chmod 0600"
        )
    if file.stat().st_uid not in (0, os.geteuid()):
        raise OptionError(f"credentials_file {path} belong to somebody else; chown root")
    if len([part for part in text.split(":") if part]) != 3 or text.count(":") != 2:
        raise OptionError(f"credentials_file {path} are not consumer:token:secret")
    return text


def _timing(given: Mapping[str, str]) -> Timing:
    names = {
        "total": "total_timeout",
        "power": "power_timeout",
        "wait": "power_wait",
        "interval": "power_interval",
        "debounce": "debounce",
        "connect": "login_timeout",
        "answer": "shell_timeout",
        "delay": "delay",
    }
    return Timing(**{field: _seconds(given, name) for field, name in names.items()})


def _rule(given: Mapping[str, str]) -> Rule:
    text = given.get("max_hosts", "")
    if text and not (text.isascii() and text.isdigit()):
        raise OptionError(f"max_hosts is a number of hosts, not {text}")
    return Rule(
        max_hosts=int(text) if text else None,
        window=_seconds(given, "window"),
        monitor_hosts=tuple(given.get("monitor_host", "").split()),
    )


def _seconds(given: Mapping[str, str], name: str) -> float:
    text = given.get(name) or _default(name)
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:
        raise OptionError(f"{name} is a number of seconds, not {text}")
    return seconds


def _default(name: str) -> str:
    return _NAMES[name].default or ""
