# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the charm as one frozen value."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

Section = Mapping[str, str]

_FLAG = re.compile(r"(?:(?P<section>\w+)\.)?(?P<key>\w+)\s*=\s*(?P<value>.*)", re.DOTALL)
# A comma ends a flag only where another begins, so that values may be lists.
_BETWEEN = re.compile(r",\s*(?=(?:\w+\.)?\w+\s*=)")


def flags(text: Any) -> Any:
    """Return the sections that the text of ``config-flags`` sets.

    Raises:
        ValueError: A flag is not ``key=value`` or ``section.key=value``.
    """
    if not isinstance(text, str):
        return text
    sections: dict[str, dict[str, str]] = {}
    for part in _BETWEEN.split(text.strip().rstrip(",")) if text.strip() else []:
        match = _FLAG.fullmatch(part.strip())
        if not match or "\n" in part:
            raise ValueError(f"{part.strip()!r} is not key=value")
        section = sections.setdefault(match["section"] or "DEFAULT", {})
        section[match["key"]] = match["value"].strip()
    return sections


def _certificate(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        pem = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        pem = ""
    if "BEGIN CERTIFICATE" not in pem:
        raise ValueError("not a certificate in PEM, in base64")
    return pem


class Config(pydantic.BaseModel):
    """Options of the masakari-monitors charm."""

    model_config = pydantic.ConfigDict(frozen=True)

    host_monitor: bool = False
    region: str = "RegionOne"
    use_internal_endpoints: bool = False
    config_flags: Annotated[dict[str, dict[str, str]], pydantic.BeforeValidator(flags)] = {}
    debug: bool = False
    verbose: bool = False
    use_syslog: bool = False
    ssl_cert: str | None = None
    ssl_key: str | None = None
    ssl_ca: Annotated[str | None, pydantic.BeforeValidator(_certificate)] = None


def problems(error: pydantic.ValidationError) -> str:
    """Return what is wrong with the options, in one line for a status."""
    lines: list[str] = []
    for detail in error.errors():
        option = str(detail["loc"][0]) if detail["loc"] else ""
        name = option if option.startswith("ssl_") else option.replace("_", "-")
        lines.append(f"{name}: {detail['msg'].removeprefix('Value error, ')}")
    return "; ".join(dict.fromkeys(lines))
