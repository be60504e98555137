# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The provider side of mysql-shared: requests of units, and the reply in our unit's databag.

A unit asks with ``database``, ``username`` and ``hostname``; one that needs several databases puts a
prefix before each key (``nova_database``, ``novaapi_database`` ...), and finds the password and the
units allowed under the same prefix (charm-helpers, contrib/openstack/context.py, SharedDBContext).
"""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

_DATABASE = re.compile(r"(?:(?P<prefix>.+)_)?database")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclasses.dataclass(frozen=True)
class Request:
    """One database that a unit asked for."""

    unit: str
    prefix: str
    database: str
    user: str


def requests(unit: str, databag: Mapping[str, str]) -> Iterator[Request]:
    """Yield what a unit asks for; an incomplete request or an unlikely name is not one yet."""
    for key in sorted(databag):
        match = _DATABASE.fullmatch(key)
        if not match:
            continue
        prefix = match["prefix"] or ""
        user = databag.get(_key(prefix, "username"), "")
        if _NAME.fullmatch(databag[key]) and _NAME.fullmatch(user):
            yield Request(unit, prefix, databag[key], user)


def reply(asked: Sequence[Request], address: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Return what the units of one relation get to read."""
    answer = {"db_host": address, "db_port": "3306"}
    for request in asked:
        units = sorted({other.unit for other in asked if other.prefix == request.prefix})
        answer[_key(request.prefix, "password")] = passwords[request.user]
        answer[_key(request.prefix, "allowed_units")] = " ".join(units)
    return answer


def _key(prefix: str, name: str) -> str:
    return f"{prefix}_{name}" if prefix else name
