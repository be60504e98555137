# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts' BMCs as an operator describes them, and which host is whose (pure)."""

import collections
import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import pydantic
import yaml

from instance_ha.options import Certificates

Kind = Literal["ipmi", "redfish"]
Name = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_Address = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:_-]*$")]
_Path = Annotated[str, pydantic.Field(pattern=r"^/[!-~]+$")]


class BmcError(Exception):
    """The description cannot be used; the message says why, and repeats nothing of it but names."""


def _line(value: pydantic.SecretStr) -> pydantic.SecretStr:
    text = value.get_secret_value()
    if not text or not text.isprintable():
        raise ValueError("must be one line of text")
    return value


class _Described(pydantic.BaseModel):
    # No word of it may be taken for another: what is misspelt is told.
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", strict=True)


class _Bmc(_Described):
    address: _Address
    username: Annotated[str, pydantic.Field(pattern=r"^[!-~]+$")]
    password: Annotated[pydantic.SecretStr, pydantic.AfterValidator(_line)]
    port: Annotated[int, pydantic.Field(ge=1, le=65535)] | None = None


class Ipmi(_Bmc):
    """A BMC that fence_ipmilan speaks to."""

    kind: Literal["ipmi"]
    lanplus: bool = True
    """IPMI 2.0; without it the password crosses the network hardly hidden."""
    privlvl: Literal["operator", "administrator"] = "administrator"
    cipher: Annotated[int, pydantic.Field(ge=1, le=17)] | None = None


class Redfish(_Bmc):
    """A BMC that fence_redfish speaks to."""

    kind: Literal["redfish"]
    systems_uri: _Path
    """Which of its systems; fence_redfish would take the last."""
    ssl_insecure: bool = False
    ca: Certificates = None


Bmc = Ipmi | Redfish
_KINDS: Mapping[str, type[Bmc]] = {"ipmi": Ipmi, "redfish": Redfish}


class _Document(_Described):
    defaults: dict[str, Any] = {}
    hosts: dict[Name, dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Match:
    """Which entry is which host's."""

    entries: Mapping[str, str]
    """Names in the description, by the hosts' names in the cluster."""
    unknown: tuple[str, ...]
    """Names in the description that are no host's."""


def parse(text: str) -> dict[str, Bmc]:
    """Return the BMCs that a text in YAML or JSON describes, by their hosts' names in it.

    Raises:
        BmcError: It does not describe any, or not certainly.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BmcError(f"not YAML{_where(error)}") from None
    if not isinstance(content, dict):
        raise BmcError("must be a mapping with hosts")
    try:
        document = _Document.model_validate(content)
    except pydantic.ValidationError as error:
        raise BmcError(_explain(error)) from None
    found = {
        name: _entry(name, given, document.defaults) for name, given in document.hosts.items()
    }
    _require_distinct(found)
    return found


def _entry(name: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Bmc:
    kind = given.get("kind", defaults.get("kind"))
    model = _KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise BmcError(f"hosts.{name}.kind: must be ipmi or redfish")
    # What is said for all may concern the other kind; what nobody knows is a mistake.
    others = {field for each in _KINDS.values() for field in each.model_fields}
    foreign = others - set(model.model_fields)
    common = {field: value for field, value in defaults.items() if field not in foreign}
    try:
        return model.model_validate({**common, **given})
    except pydantic.ValidationError as error:
        raise BmcError(f"hosts.{name}.{_explain(error)}") from None


def _require_distinct(found: Mapping[str, Bmc]) -> None:
    names = collections.Counter(name.partition(".")[0].lower() for name in found)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise BmcError(f"hosts.{twice[0]}: is there twice")
    owners: dict[tuple[object, ...], str] = {}
    for name, bmc in found.items():
        place = (bmc.address, bmc.port, getattr(bmc, "systems_uri", None))
        if place in owners:
            raise BmcError(f"hosts.{name}: has the BMC of {owners[place]}")
        owners[place] = name


def match(names: Iterable[str], hosts: Iterable[str]) -> Match:
    """Return which entry is which host's. One that could be several hosts' is nobody's.

    Args:
        names: In the description; with domain or without.
        hosts: Names in the cluster.
    """
    known = sorted(set(hosts))
    entries: dict[str, str] = {}
    unknown: list[str] = []
    for name in sorted(set(names)):
        found = [host for host in known if _is_same(host, name)]
        if len(found) == 1:
            entries[found[0]] = name
        else:
            unknown.append(name)
    return Match(entries, tuple(unknown))


def render(bmcs: Mapping[str, Bmc]) -> str:
    """Return what fence_bmc reads. It holds passwords."""
    content = {
        name: {
            **bmcs[name].model_dump(exclude_none=True),
            "password": bmcs[name].password.get_secret_value(),
        }
        for name in sorted(bmcs)
    }
    return json.dumps(content, indent=1) + "\n"


def _is_same(host: str, name: str) -> bool:
    host, name = host.lower(), name.lower()
    return host == name or ("." not in name and host.partition(".")[0] == name)


def _where(error: yaml.YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return "" if mark is None else f" (line {mark.line + 1})"


def _explain(error: pydantic.ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    what = first["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
