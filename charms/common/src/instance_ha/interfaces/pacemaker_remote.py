# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Hosts that a cluster watches and fences without their being members of it.

A remote writes JSON into its unit databag (the cluster's predecessor cannot read anything else);
a cluster reads JSON and bare words, under the plain key or with the prefix ``json_``. The cluster
writes one bare word: the key, in base64. A remote also tells which key it has, as a bare word: an
addition of ours, for keys to be replaced.
"""

import base64
import binascii
import hashlib
import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any

import pydantic

from instance_ha import databag
from instance_ha.interfaces import hacluster


def _address(value: str) -> str:
    return str(ipaddress.ip_address(value))


def _field(key: str, **default: Any) -> Any:  # noqa: ANN401 (as pydantic.Field)
    # Not the plain `alias`, which type checkers take for the name of the argument.
    return pydantic.Field(validation_alias=key, serialization_alias=key, **default)


class Remote(pydantic.BaseModel):
    """What a remote publishes."""

    model_config = pydantic.ConfigDict(frozen=True, populate_by_name=True, extra="ignore")

    hostname: hacluster.Name = _field("remote-hostname")
    """Fully qualified; the name that nova and masakari know the host by."""
    address: Annotated[str, pydantic.AfterValidator(_address)] = _field("remote-ip")
    fencing_name: hacluster.Name | None = _field("stonith-hostname", default=None)
    """The host to power off when the remote is lost; ``None`` asks for no fencing."""
    runs_resources: bool | None = _field("enable-resources", default=None)
    """Whether the cluster may place resources on the remote."""


_KEY_ID = "pacemaker-key-id"
_KEYS = ("remote-hostname", "remote-ip", "stonith-hostname", "enable-resources")


def read_remote(databag_: Mapping[str, str]) -> Remote:
    """Return what a remote's databag says.

    Raises:
        pydantic.ValidationError: It does not say enough yet, or nothing that makes sense.
    """
    return Remote.model_validate(
        {key: value for key in _KEYS if (value := _decode(databag_, key)) is not None}
    )


def write_remote(remote: Remote) -> dict[str, str]:
    """Return the databag content of a remote, all keys present, every value JSON."""
    content = remote.model_dump(by_alias=True)
    return {key: databag.encode_json(value) for key, value in content.items()}


def read_key(databag_: Mapping[str, str]) -> bytes | None:
    """Return the key that a member's databag holds; ``None`` while it holds none.

    Raises:
        ValueError: What it holds is not base64.
    """
    try:
        # The predecessor passes on what its operator wrote, line breaks and all.
        text = "".join(databag_.get("pacemaker-key", "").split())
        return base64.b64decode(text, validate=True) or None
    except binascii.Error:
        raise ValueError("pacemaker-key is not base64") from None


def write_key(key: bytes) -> dict[str, str]:
    """Return the databag content of a key: bare base64."""
    return {"pacemaker-key": base64.b64encode(key).decode()}


def key_id(key: bytes) -> str:
    """Return what tells a key from others without giving it away."""
    return hashlib.sha256(key).hexdigest()[:16]


def read_key_id(databag_: Mapping[str, str]) -> str:
    """Return which key a remote has; empty for a predecessor's, which does not tell."""
    return databag_.get(_KEY_ID, "")


def write_key_id(key: bytes) -> dict[str, str]:
    """Return the databag content of which key a remote has."""
    return {_KEY_ID: key_id(key)}


def _decode(databag_: Mapping[str, str], key: str) -> Any:  # noqa: ANN401 (JSON)
    for name in (f"json_{key}", key):
        if databag_.get(name):
            value = databag.decode(databag_[name])
            # A bare word that happens to be JSON (a host named "1e3") is still that word.
            return value if value is None or isinstance(value, bool | str) else databag_[name]
    return None
