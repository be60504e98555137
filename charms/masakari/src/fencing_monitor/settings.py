# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The configuration file: JSON, readable by root and the monitor's group only."""

import dataclasses
import json
import os
import pathlib
from typing import Any, cast, get_args, get_origin, get_type_hints

from fencing_monitor.evidence import OURS, Policy
from fencing_monitor.rules import Rules


class SettingsError(Exception):
    """The configuration file cannot be used; the message says what to change."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the configuration file may hold; times are in seconds.

    ``cafile`` empty means the system's authorities. ``region_name`` empty means any.
    """

    auth_url: str
    username: str
    password: str = dataclasses.field(repr=False)
    project_name: str
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    region_name: str = ""
    interface: str = "internal"
    cafile: str = ""
    require_fencing: bool = True
    accept_manual_confirmation: bool = False
    trusted_agents: tuple[str, ...] = OURS
    offline_samples: int = 3
    max_reports: int = 3
    evacuation_grace: float = 600.0
    engine_patience: float = 120.0
    evacuation_timeout: float = 330.0
    clear_forced_down: bool = True
    auto_return: bool = False
    return_after: float = 300.0
    poll_interval: float = 1.0
    api_timeout: float = 30.0
    disabled_reasons: tuple[str, ...] = ("Masakari detected host failed.",)
    listen_address: str = "127.0.0.1"
    listen_port: int = 15869
    masakari_conf: str = "/etc/masakari/masakari.conf"
    journal_directory: str = "/var/lib/masakari/fencing-monitor"

    def __post_init__(self) -> None:
        for name in ("auth_url", "username", "password", "project_name"):
            _check(bool(getattr(self, name)), f"{name} must not be empty")
        _check(
            self.auth_url.startswith(("http://", "https://")), "auth_url must be an http(s) URL"
        )
        interfaces = ("public", "internal", "admin")
        _check(self.interface in interfaces, f"interface must be one of {', '.join(interfaces)}")
        _check(0.2 <= self.poll_interval <= 60, "poll_interval must be between 0.2 and 60 seconds")
        _check(1 <= self.api_timeout <= 300, "api_timeout must be between 1 and 300 seconds")
        _check(self.offline_samples >= 1, "offline_samples must be at least 1")
        _check(self.return_after >= 0, "return_after must not be negative")
        good = self.require_fencing and self.clear_forced_down
        _check(
            good or not self.auto_return, "auto_return needs require_fencing, clear_forced_down"
        )
        _check(self.max_reports >= 1, "max_reports must be at least 1")
        _check(0 <= self.listen_port <= 65535, "listen_port must be between 0 and 65535")
        found = not self.cafile or os.path.exists(self.cafile)
        _check(found, f"cafile: no such file: {self.cafile}")

    @property
    def rules(self) -> Rules:
        """Return the rules of recovery that these settings make."""
        policy = Policy(
            require_fencing=self.require_fencing,
            accept_manual_confirmation=self.accept_manual_confirmation,
            trusted_agents=frozenset(self.trusted_agents),
        )
        return Rules(
            policy=policy,
            offline_samples=self.offline_samples,
            max_reports=self.max_reports,
            evacuation_grace=self.evacuation_grace,
            engine_patience=self.engine_patience,
            evacuation_timeout=self.evacuation_timeout,
            clear_forced_down=self.clear_forced_down,
            auto_return=self.auto_return,
            return_after=self.return_after,
            return_reasons=frozenset(self.disabled_reasons),
        )


def load(path: str | os.PathLike[str]) -> Settings:
    """Read and check a configuration file.

    Raises:
        SettingsError: The file is missing, is not JSON, or holds what is not understood.
    """
    try:
        content: Any = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path} is not there; this unit is not configured yet") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: not JSON: {error}") from None
    try:
        return parse(content)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def parse(content: object) -> Settings:
    """Return the settings that a decoded document holds.

    Raises:
        SettingsError: A name is unknown or missing, or a value is of the wrong type or range.
    """
    if not isinstance(content, dict):
        raise SettingsError("expected an object of names and values")
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    for name, value in cast("dict[str, object]", content).items():
        _check(name in hints, f"unknown setting: {name}")
        values[name] = _convert(name, value, hints[name])
    try:
        return Settings(**values)
    except TypeError as error:
        required = {
            one.name for one in dataclasses.fields(Settings) if one.default is dataclasses.MISSING
        }
        missing = ", ".join(sorted(required - values.keys()))
        raise SettingsError(f"missing: {missing}" if missing else str(error)) from None


def _convert(name: str, value: object, hint: Any) -> object:  # noqa: ANN401 (a type)
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        listed = cast("list[object]", value) if isinstance(value, list) else [None]
        good = all(isinstance(one, item) for one in listed)
        _check(good, f"{name} must be a list of {item.__name__}")
        return tuple(listed)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    # bool is an int to Python, and not to the operator.
    good = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    _check(good, f"{name} must be {_NAMES.get(hint, hint.__name__)}")
    return value


_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


def _check(good: bool, message: str) -> None:
    if not good:
        raise SettingsError(message)
