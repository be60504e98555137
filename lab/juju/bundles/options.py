# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Values of options: of the option's type, or an error in Juju's words.

Source: juju/charm, config.go (Option.validate, Option.parse) and juju/schema (Int and Bool take
text that looks like a number or a truth value; String takes text only).
"""

from lab.juju.bundles.charm import Option

OptionValue = str | int | float | bool

TYPES = ("string", "int", "float", "boolean", "secret")

# What Go's strconv.ParseBool takes.
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class OptionError(ValueError):
    """A value that an option cannot have."""


def coerce(option: Option, value: object) -> OptionValue | None:
    """Return a bundle's value as the option's type; ``None`` (unset) is always fine.

    Raises:
        OptionError: The value does not fit the option's type.
    """
    if value is None:
        return None
    converted = _convert(option.type, value)
    if converted is None:
        raise _error(option, value)
    return converted


def parse_option(option: Option, text: str) -> OptionValue:
    """Return what a text on the command line means (``juju config APP option=text``).

    Raises:
        OptionError: The text does not fit the option's type.
    """
    converted = _convert(option.type, text)
    if converted is None:
        raise _error(option, text)
    return converted


def _error(option: Option, value: object) -> OptionError:
    shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
    return OptionError(f'option "{option.name}" expected {option.type}, got {shown}')


def _convert(kind: str, value: object) -> OptionValue | None:
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind == "secret":
        return _secret(value)
    if kind == "boolean":
        return _boolean(value)
    if isinstance(value, bool):
        return None
    return _integer(value) if kind == "int" else _float(value)


def _secret(value: object) -> str | None:
    fits = isinstance(value, str) and (not value or value.startswith("secret:"))
    return str(value) if fits else None


def _boolean(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in _TRUE | _FALSE:
        return value in _TRUE
    return None


def _integer(value: object) -> int | None:
    if isinstance(value, int):
        return value
    try:
        return int(value, 0) if isinstance(value, str) else None
    except ValueError:
        return None


def _float(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
