# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""INI files of the OpenStack programs, and the option through which an operator changes them."""

from collections.abc import Mapping

Ini = Mapping[str, Mapping[str, object]]


def render(sections: Ini) -> str:
    """Return sections as the text that oslo.config reads."""
    lines: list[str] = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_text(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def merge(sections: Ini, flags: Ini) -> dict[str, dict[str, object]]:
    """Return sections with the values of ``flags`` laid over them."""
    merged = {name: dict(values) for name, values in sections.items()}
    for name, values in flags.items():
        merged.setdefault(name, {}).update(values)
    return merged


def parse_flags(text: str) -> dict[str, dict[str, str]]:
    """Return what the option ``config-flags`` asks for.

    The real charms' grammar, ``key=value,key=value`` for ``[DEFAULT]``, and one addition:
    ``section/key=value``. A piece without ``=`` belongs to the value before it, as with the real
    charms, so that a value may be a list.

    Raises:
        ValueError: The text begins with a piece that has no ``=``.
    """
    flags: dict[str, dict[str, str]] = {}
    last: tuple[str, str] | None = None
    for piece in filter(None, (part.strip() for part in text.split(","))):
        name, separator, value = piece.partition("=")
        if not separator:
            if last is None:
                raise ValueError(f"config-flags: {piece!r} is not key=value")
            flags[last[0]][last[1]] += f",{piece}"
            continue
        section, _, key = name.strip().rpartition("/")
        last = (section or "DEFAULT", key)
        flags.setdefault(last[0], {})[last[1]] = value.strip()
    return flags


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
