# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Units of systemd: read as values, changed only where they differ from what is wanted."""

import dataclasses
import logging
import time
from collections.abc import Iterable, Mapping

from instance_ha import command

logger = logging.getLogger(__name__)

SYSTEMCTL = "/usr/bin/systemctl"
_PROPERTIES = (
    "Id,ActiveState,SubState,UnitFileState,LoadState,NRestarts,ActiveEnterTimestampMonotonic"
)
# A service that systemd has had to start again this often, and that has lived no longer than this since,
# is not called running: one look would catch it in one of its short lives.
_RESTARTS = 3
_SETTLED = 60.0  # seconds
_TIMEOUT = 300.0  # seconds; longer than any TimeoutStopSec of the units that we handle


@dataclasses.dataclass(frozen=True)
class Unit:
    """What systemd says of a unit (see systemctl(1), ``show``)."""

    name: str
    active: str = "inactive"
    sub: str = "dead"
    file: str = ""
    load: str = "not-found"
    restarts: int = 0
    """How often systemd started it again by itself since somebody last did."""
    age: float = 0.0
    """Seconds since it was last started."""

    @property
    def is_active(self) -> bool:
        """Whether it runs, or is on its way to; one that dies and is started again does not."""
        return self.active in ("active", "activating", "reloading") and self.sub != "auto-restart"

    @property
    def is_healthy(self) -> bool:
        """Whether it runs, and not in one short life after the other."""
        return self.is_active and not (self.restarts >= _RESTARTS and self.age < _SETTLED)

    @property
    def is_enabled(self) -> bool:
        """Whether it starts with the machine."""
        return self.file in ("enabled", "enabled-runtime", "alias")

    @property
    def is_masked(self) -> bool:
        """Whether somebody forbade it for good; a mask until the next reboot does not count."""
        return self.file == "masked"


def read(*names: str) -> Mapping[str, Unit]:
    """Return the units of these names (``.service`` may be left out), in one call."""
    full = [_full(name) for name in names]
    answer = command.run(SYSTEMCTL, "show", f"--property={_PROPERTIES}", *full)
    blocks = answer.strip("\n").split("\n\n")
    units: dict[str, Unit] = {}
    # An alias answers with the Id of what it stands for, so blocks are matched by their order.
    for name, block in zip(names, blocks, strict=False):
        values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        units[name] = Unit(
            name=name,
            active=values.get("ActiveState", "inactive"),
            sub=values.get("SubState", "dead"),
            file=values.get("UnitFileState", ""),
            load=values.get("LoadState", "not-found"),
            restarts=int(values.get("NRestarts") or 0),
            age=time.monotonic() - int(values.get("ActiveEnterTimestampMonotonic") or 0) / 1e6,
        )
    return {name: units.get(name, Unit(name)) for name in names}


def group(name: str) -> str:
    """Return the group that a service runs in; packages differ in what they call it."""
    answer = command.run(SYSTEMCTL, "show", "--property=User,Group", _full(name))
    values = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    return values.get("Group") or values.get("User") or "root"


def ensure_running(names: Iterable[str]) -> bool:
    """Unmask, enable and start what is not so yet. Return whether anything changed.

    What does not start is logged and left to whoever reads the state of services: a status that names
    it says more than a hook that failed.
    """
    units = read(*names)
    masked = [unit.name for unit in units.values() if unit.is_masked]
    disabled = [unit.name for unit in units.values() if not unit.is_enabled]
    # What systemd is about to start again is left to it: a start by us would reset its count of restarts.
    stopped = [
        unit.name for unit in units.values() if not unit.is_active and unit.sub != "auto-restart"
    ]
    _change("unmask", masked)
    _change("enable", disabled)
    for name in stopped:
        try:
            _change("start", [name])
        except command.CommandError as error:
            logger.error("%s does not start: %s", name, error)
    return bool(masked or disabled or stopped)


def ensure_stopped(names: Iterable[str], *, masked: bool = False) -> bool:
    """Stop and disable (or mask) what is not so yet. Return whether anything changed."""
    units = [unit for unit in read(*names).values() if unit.load != "not-found" or masked]
    running = [unit.name for unit in units if unit.is_active]
    enabled = [unit.name for unit in units if unit.is_enabled]
    unmasked = [unit.name for unit in units if masked and not unit.is_masked]
    _change("stop", running)
    _change("disable", enabled)
    _change("mask", unmasked)
    return bool(running or enabled or unmasked)


def ensure_disabled(names: Iterable[str]) -> bool:
    """Let somebody else (Pacemaker) decide when these run; leave them running if they do."""
    enabled = [unit.name for unit in read(*names).values() if unit.is_enabled]
    _change("disable", enabled)
    return bool(enabled)


def restart(*names: str) -> None:
    """Restart units, or start them if they do not run."""
    _change("restart", list(names))


def begin(name: str) -> None:
    """Start a unit, anew if it runs, and do not wait for what it does."""
    command.run(SYSTEMCTL, "restart", "--no-block", name, timeout=_TIMEOUT)
    logger.info("begun: %s", name)


def try_restart(*names: str) -> None:
    """Restart those of the units that run."""
    _change("try-restart", list(names))


def reload(*names: str) -> None:
    """Let those of the units that run read their configuration again; restart what cannot reload."""
    _change("try-reload-or-restart", list(names))


def unmask(*names: str) -> None:
    """Take back the masks of units; they stay stopped."""
    _change("unmask", list(names))


def daemon_reload() -> None:
    """Make systemd read unit files again."""
    command.run(SYSTEMCTL, "daemon-reload", timeout=_TIMEOUT)


def _change(verb: str, names: list[str]) -> None:
    if names:
        command.run(SYSTEMCTL, verb, *names, timeout=_TIMEOUT)
        logger.info("%s: %s", verb, " ".join(names))


def _full(name: str) -> str:
    return name if "." in name else f"{name}.service"
