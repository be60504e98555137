# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a model leaves on disk to read: the debug log, and one line for every hook run."""

import datetime
import json
import pathlib
import threading
from typing import Any

_LEVELS = {"TRACE": 0, "DEBUG": 1, "INFO": 2, "WARNING": 3, "ERROR": 4, "CRITICAL": 5}


class DebugLog:
    """The log that ``juju debug-log`` shows, one file for each model."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("a", buffering=1, encoding="utf-8", errors="replace")
        self._levels = {"<root>": _LEVELS["INFO"]}

    def configure(self, setting: str) -> None:
        """Take the model option ``logging-config``: ``<root>=INFO;unit=DEBUG``."""
        parts = (part.partition("=") for part in setting.replace(",", ";").split(";") if part)
        levels = {name.strip(): _LEVELS.get(level.strip().upper(), 2) for name, _, level in parts}
        self._levels = {"<root>": _LEVELS["INFO"], **levels}

    def __call__(self, source: str, level: str, module: str, message: str) -> None:
        """Write a message, line by line, unless its module's level says not to."""
        if _LEVELS.get(level, 2) < self._level(module):
            return
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        head = f"{_entity(source)}: {moment} {level} {module} "
        with self._lock:
            self._file.write("".join(f"{head}{line}\n" for line in message.splitlines() or [""]))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _level(self, module: str) -> int:
        while module:
            if module in self._levels:
                return self._levels[module]
            module = module.rpartition(".")[0]
        return self._levels["<root>"]


class HookLog:
    """One JSON object a line for each hook, action and command: what ran, when, how long."""

    def __init__(self, path: pathlib.Path):
        self._lock = threading.Lock()
        self._file = path.open("a", buffering=1, encoding="utf-8")

    def write(self, **entry: Any) -> None:
        """Add a line."""
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _entity(source: str) -> str:
    """Return ``unit-app-0``, ``machine-1-lxd-0`` for the names that operators use."""
    if "/" in source and not source.split("/")[0].isdigit():
        return f"unit-{source.replace('/', '-')}"
    return f"machine-{source.replace('/', '-')}" if source[:1].isdigit() else source
