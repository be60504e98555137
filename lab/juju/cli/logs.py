# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The command that shows the log."""

import argparse
import re

from lab.juju.cli.command import Answer, Call, Command, listed

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_RECENT_LINES = 10
_LINE = re.compile(r"(?P<entity>\S+): \S+ \S+ (?P<level>[A-Z]+) (?P<module>\S+) ")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--lines", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("-l", "--level", choices=_LEVELS, default="TRACE")
    for option in ("-i", "-x"):
        name = {"-i": "--include", "-x": "--exclude"}[option]
        parser.add_argument(option, name, action="append")
    parser.add_argument("--include-module", action="append")
    parser.add_argument("--exclude-module", action="append")
    for flag in ("--replay", "--tail", "--no-tail", "--color", "--date", "--utc", "--ms"):
        parser.add_argument(flag, action="store_true")


def _debug_log(call: Call) -> Answer:
    """Show the log; follow it on a terminal, or when asked to, unless there is a limit."""
    options = call.options
    engine = call.controller.engine(options.model)
    path = engine.log.path
    follows = options.tail or (call.request.terminal and not options.no_tail)
    if follows and options.limit is None and not (options.include or options.exclude):
        start = "+1" if options.replay else str(options.lines or _RECENT_LINES)
        return Answer(become=["tail", "-n", start, "-F", str(path)])
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = [line for line in file if _wanted(call, line)]
    if options.limit:
        lines = lines[-options.limit :] if not options.replay else lines[: options.limit]
    return Answer("".join(lines))


def _wanted(call: Call, line: str) -> bool:
    options = call.options
    found = _LINE.match(line)
    if found is None:
        return False
    if _LEVELS.index(found["level"]) < _LEVELS.index(options.level):
        return False
    for field, kept, dropped in (
        ("entity", options.include, options.exclude),
        ("module", options.include_module, options.exclude_module),
    ):
        value = found[field]
        if kept and not any(_matches(value, pattern) for pattern in listed(kept)):
            return False
        if any(_matches(value, pattern) for pattern in listed(dropped)):
            return False
    return True


def _matches(value: str, pattern: str) -> bool:
    """Return whether a pattern (``unit-app-0``, ``app/0``, ``machine-*``) names an entity or module."""
    pattern = f"unit-{pattern.replace('/', '-')}" if "/" in pattern else pattern
    if pattern.endswith("*"):
        return value.startswith(pattern[:-1])
    return value == pattern or value.startswith((f"{pattern}.", f"unit-{pattern}-"))


COMMANDS = {"debug-log": Command(_arguments, _debug_log)}
