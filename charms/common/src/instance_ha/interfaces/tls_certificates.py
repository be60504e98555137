# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A certificate for a unit's servers, and the authority to trust (`certificates`, version 1).

The authority makes the key, too, and sends it over the relation: that is this version's way, and vault
speaks no other with machine charms.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pydantic

from instance_ha import databag

# Any fixed value: a name that changed with every hook would look like a new request to the authority.
_NAMESPACE = uuid.UUID("8f1c3c62-5f0e-4d0a-9a8e-0a6a2f5d9d11")


class Request(pydantic.BaseModel):
    """The names and addresses under which a unit serves."""

    model_config = pydantic.ConfigDict(frozen=True)

    unit: str
    common_name: str
    sans: tuple[str, ...] = ()


class Certificate(pydantic.BaseModel):
    """What a unit serves with, as PEM."""

    model_config = pydantic.ConfigDict(frozen=True)

    certificate: str
    """The unit's certificate, and behind it those between it and the authority."""
    key: pydantic.SecretStr


def write(request: Request) -> dict[str, str]:
    """Return the databag content of a request: bare words, and a list as JSON."""
    return {
        "unit_name": _unit(request.unit),
        "common_name": request.common_name,
        "certificate_name": str(uuid.uuid5(_NAMESPACE, request.unit)),
        "sans": databag.encode_json(sorted(set(request.sans))),
    }


def read(units: Iterable[Mapping[str, str]], request: Request) -> Certificate | None:
    """Return the certificate that the first unit of the authority gives to a unit, or ``None``.

    A request's first certificate stands under keys of the unit; an authority may instead list it
    among several.
    """
    prefix = _unit(request.unit)
    for content in units:
        listed: Any = databag.decode(content.get(f"{prefix}.processed_requests", "")) or {}
        found: dict[str, str] = listed.get(request.common_name, {})
        certificate = content.get(f"{prefix}.server.cert") or found.get("cert", "")
        key = content.get(f"{prefix}.server.key") or found.get("key", "")
        if certificate and key:
            chain = content.get("chain", "")
            text = "\n".join(part.strip() for part in (certificate, chain) if part.strip())
            return Certificate(certificate=f"{text}\n", key=pydantic.SecretStr(key))
    return None


def authorities(units: Iterable[Mapping[str, str]]) -> str:
    """Return the authority's certificates as PEM, or nothing while there are none."""
    for content in units:
        if content.get("ca"):
            parts = (content["ca"].strip(), content.get("chain", "").strip())
            return "\n".join(part for part in parts if part) + "\n"
    return ""


def _unit(name: str) -> str:
    return name.replace("/", "_")
