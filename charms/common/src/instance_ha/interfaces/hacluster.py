# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What a principal asks of its cluster (`ha`), and what the cluster answers.

A principal writes crmsh text, keyed by the names of the things it wants, as JSON under ``json_*``
keys of its unit databag; charms of before 2017 wrote Python literals under the same keys without
the prefix. The cluster answers one bare word, ``clustered=yes``.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

from instance_ha import databag

# What XML allows as an identifier of the cluster's configuration, and crmsh as a name.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# In the order in which the predecessors' interface sends them. Only the first three can be large.
_KEYS = (
    "resources",
    "resource_params",
    "groups",
    "ms",
    "orders",
    "colocations",
    "clones",
    "locations",
    "delete_resources",
    "init_services",
    "systemd_services",
)


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError(f"{value!r} is not a name for a thing in a cluster")
    return value


def _one_line(value: str) -> str:
    # A newline would end the definition and let the rest of the text define anything at all.
    line = " ".join(value.split())
    if _CONTROL.search(line) or line.endswith("\\"):
        raise ValueError("control characters are not allowed")
    return line


def _mapping(value: Any) -> Any:  # noqa: ANN401 (whatever the other end wrote)
    # An empty JSON list, an empty text and null all stand for "none" with some writer or other.
    return value or {}


def _filled(value: Any) -> Any:  # noqa: ANN401 (whatever the other end wrote)
    # On its first pass masakari's predecessor does not know its addresses yet: a group of nothing.
    known = _mapping(value)
    if not isinstance(known, dict):
        return known
    return {name: text for name, text in known.items() if text != ""}  # pyright: ignore[reportUnknownVariableType] (see above)


def _listing(value: Any) -> Any:  # noqa: ANN401 (whatever the other end wrote)
    # Classic charms send {resource: service}, later ones [service].
    return tuple(dict(value).values()) if isinstance(value, dict) else tuple(value or ())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] (see above)


Name = Annotated[str, pydantic.AfterValidator(_name)]
Text = Annotated[str, pydantic.AfterValidator(_one_line)]
Definitions = Annotated[dict[Name, Text], pydantic.BeforeValidator(_mapping)]
Bodies = Annotated[dict[Name, Text], pydantic.BeforeValidator(_filled)]
Names = Annotated[tuple[Name, ...], pydantic.BeforeValidator(_listing)]


class Request(pydantic.BaseModel):
    """What one principal unit wants to exist in the cluster."""

    model_config = pydantic.ConfigDict(frozen=True)

    resources: Definitions = {}
    """Resource → ``class[:provider]:type``."""
    resource_params: Definitions = {}
    """Resource → crmsh text that follows the type."""
    groups: Bodies = {}
    ms: Definitions = {}
    orders: Definitions = {}
    colocations: Definitions = {}
    clones: Definitions = {}
    locations: Definitions = {}
    delete_resources: Names = ()
    """What must not exist any more."""
    init_services: Names = ()
    """Services that the cluster starts and systemd must not."""
    systemd_services: Names = ()

    @pydantic.model_validator(mode="after")
    def _parts_exist(self) -> "Request":
        for kind, definitions in (("group", self.groups), ("clone", self.clones), ("ms", self.ms)):
            for name, text in definitions.items():
                missing = _members(text) - self.resources.keys() - self.groups.keys()
                if missing:
                    raise ValueError(f"{kind} {name}: no resource {', '.join(sorted(missing))}")
        return self


class Answer(pydantic.BaseModel):
    """What the cluster tells its principal."""

    model_config = pydantic.ConfigDict(frozen=True)

    clustered: str = "yes"


def read(databag_: Mapping[str, str]) -> Request | None:
    """Return what a principal's databag asks for, or ``None`` as long as it asks for nothing.

    Raises:
        pydantic.ValidationError: The request cannot be understood, or is not safe to pass on.
    """
    content = {key: _decode(databag_, key) for key in _KEYS}
    if all(value is None for value in content.values()):
        return None
    return Request.model_validate({key: value for key, value in content.items() if value})


def write(request: Request) -> dict[str, str]:
    """Return the databag content of a request, all keys present, as today's principals send it."""
    return {f"json_{key}": databag.encode_json(getattr(request, key)) for key in _KEYS}


def write_answer(answer: Answer) -> dict[str, str]:
    """Return the databag content of an answer: bare words, because classic charms read so."""
    return {"clustered": databag.encode_text(answer.clustered)}


def is_clustered(databag_: Mapping[str, str]) -> bool:
    """Return whether a cluster's databag says that the cluster has formed."""
    return str(databag.decode(databag_.get("clustered", ""))).lower() in ("yes", "true")


def _decode(databag_: Mapping[str, str], key: str) -> Any:  # noqa: ANN401 (JSON)
    prefixed, plain = databag_.get(f"json_{key}"), databag_.get(key)
    if prefixed is not None and (databag.decode(prefixed) or not plain):
        return databag.decode(prefixed)
    return None if plain is None else databag.decode(plain)


def _members(text: str) -> set[str]:
    members: set[str] = set()
    for word in text.split():
        if word in ("meta", "params", "op", "utilization") or "=" in word:
            break
        members.add(word)
    return members
