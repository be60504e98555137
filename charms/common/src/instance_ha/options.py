# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Forms of options that several charms have: flags for configuration files, PEM in base64."""

import base64
import binascii
import re
from typing import Annotated, Any

import pydantic

_FLAG = re.compile(r"(?:(?P<section>\w+)\.)?(?P<key>\w+)\s*=\s*(?P<value>.*)", re.DOTALL)
# A comma ends a flag only where another begins, so that values may be lists.
_BETWEEN = re.compile(r",\s*(?=(?:\w+\.)?\w+\s*=)")


def flags(text: Any) -> Any:  # noqa: ANN401 (a validator gets whatever there is)
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


def pem(text: str | None, kind: str) -> str | None:
    """Return the PEM text that an option holds in base64, or as it is; nothing for nothing.

    Raises:
        ValueError: It is not a text of that kind.
    """
    if not text:
        return None
    plain = text if text.lstrip().startswith("-----BEGIN") else _decoded(text)
    if not re.search(f"-----BEGIN [A-Z ]*{kind}-----", plain):
        raise ValueError(f"not a {kind.lower()} in PEM, in base64")
    return plain.strip() + "\n"


def _decoded(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _certificate(value: Any) -> Any:
    return pem(value, "CERTIFICATE") if isinstance(value, str) else value


def _key(value: Any) -> Any:
    return pem(value, "PRIVATE KEY") if isinstance(value, str) else value


Flags = Annotated[dict[str, dict[str, str]], pydantic.BeforeValidator(flags)]
Certificates = Annotated[str | None, pydantic.BeforeValidator(_certificate)]
Key = Annotated[pydantic.SecretStr | None, pydantic.BeforeValidator(_key)]
