# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the units of an API tell each other (`cluster`): where each of them answers."""

from collections.abc import Mapping

import pydantic

from instance_ha import databag


class Addresses(pydantic.BaseModel):
    """A unit's addresses in the networks of the API; without a binding they are all the same."""

    model_config = pydantic.ConfigDict(frozen=True)

    private: str
    public: str = ""
    internal: str = ""
    admin: str = ""


def write(addresses: Addresses) -> dict[str, str]:
    """Return a unit's databag content: bare words."""
    content = addresses.model_dump()
    return {_key(name): databag.encode_text(value) for name, value in content.items()}


def read(unit: Mapping[str, str]) -> Addresses | None:
    """Return a peer's addresses, or ``None`` as long as it has none."""
    names = Addresses.model_fields
    try:
        return Addresses.model_validate(
            {name: unit[_key(name)] for name in names if unit.get(_key(name))}
        )
    except pydantic.ValidationError:
        return None


def _key(name: str) -> str:
    return f"{name}-address"
