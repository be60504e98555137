# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Options as they arrive, on standard input or on the command line, to values. Secrets from files."""

import dataclasses
import os
import pathlib
import stat
from collections.abc import Iterable, Mapping, Sequence

from fence_agent.errors import OptionError
from fence_agent.guard import Rule
from fence_agent.parameters import ACTION_ALIASES, ACTIONS, ALIASES, Agent, Parameter

_TRUE = frozenset({"1", "true", "yes", "on", ""})


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
class Common:
    """What every agent was asked to do, and how."""

    action: str
    timing: Timing
    rule: Rule
    credentials_file: str = ""
    plug: str = ""
    nodename: str = ""
    hosts: str = ""
    verbose: bool = False


def from_lines(agent: Agent, lines: Iterable[str]) -> dict[str, str]:
    """Return the options that stand on standard input, one ``name=value`` a line.

    Names that the agent does not know are left out: Pacemaker sends its own parameters along.
    """
    known = _names(agent)
    found: dict[str, str] = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        name = ALIASES.get(name, name)
        if equals and not name.startswith("#") and name in known:
            found[name] = value
    return found


def from_arguments(agent: Agent, arguments: Sequence[str]) -> dict[str, str]:
    """Return the options of a command line: ``--name=value``, ``--name value``, ``-n value``.

    Raises:
        OptionError: An option is unknown or lacks its value.
    """
    known = _names(agent)
    letters = {each.letter: each for each in agent.parameters if each.letter}
    found: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        parameter = (
            known.get(ALIASES.get(name[2:], name[2:]).replace("-", "_"))
            if name.startswith("--")
            else letters.get(word[1:2])
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


def common(agent: Agent, given: Mapping[str, str]) -> Common:
    """Return the options that every agent has, with their defaults.

    Raises:
        OptionError: The action is unknown, or a number of seconds is none.
    """
    defaults = {each.name: each.default for each in agent.parameters if each.default}
    told = {**defaults, **{name: value for name, value in given.items() if value}}
    action = ACTION_ALIASES.get(told["action"], told["action"])
    if action not in (*ACTIONS, *agent.own_actions):
        raise OptionError(f"unknown action {action}")
    return Common(
        action=action,
        timing=_timing(told),
        rule=_rule(told),
        credentials_file=told.get("credentials_file", ""),
        plug=told.get("plug", ""),
        nodename=told.get("nodename", ""),
        hosts=told.get("hosts", ""),
        verbose=given.get("verbose", "0").lower() in _TRUE,
    )


def read_secret(option: str, path: str) -> str:
    """Return the text of a file that is its owner's alone.

    Args:
        option: Which option names the file.
        path: The file.

    Raises:
        OptionError: There is none, or others than its owner can get at it.
    """
    try:
        file = pathlib.Path(path)
        status = file.stat()
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise OptionError(f"cannot read {option} {path or '(none)'}: {reason}") from None
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise OptionError(f"{option} {path} are open to others than their owner; chmod 0600")
    if status.st_uid not in (0, os.geteuid()):
        raise OptionError(f"{option} {path} belong to somebody else; chown root")
    return text


def _names(agent: Agent) -> dict[str, Parameter]:
    return {each.name: each for each in agent.parameters}


def _timing(told: Mapping[str, str]) -> Timing:
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
    return Timing(**{field: _seconds(told, name) for field, name in names.items()})


def _rule(told: Mapping[str, str]) -> Rule:
    text = told.get("max_hosts", "")
    if text and not (text.isascii() and text.isdigit()):
        raise OptionError(f"max_hosts is a number of hosts, not {text}")
    return Rule(
        max_hosts=int(text) if text else None,
        window=_seconds(told, "window"),
        monitor_hosts=tuple(told.get("monitor_host", "").split()),
    )


def _seconds(told: Mapping[str, str], name: str) -> float:
    text = told[name]
    try:
        seconds = float(text.removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:
        raise OptionError(f"{name} is a number of seconds, not {text}")
    return seconds
