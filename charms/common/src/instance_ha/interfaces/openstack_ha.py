# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the units of an API tell each other (`cluster`): where each of them answers."""

from collections.abc import Mapping

import pydantic

from instance_ha import databag


class Addresses(pydantic.BaseModel):
    """A unit's addresses in the networks of the API; without a binding they are all the same."""

    model_config = pydantic.ConfigDict(frozen=True, populate_by_name=True)

    private: str = pydantic.Field(alias="private-address")
    public: str = pydantic.Field(default="", alias="public-address")
    internal: str = pydantic.Field(default="", alias="internal-address")
    admin: str = pydantic.Field(default="", alias="admin-address")


def write(addresses: Addresses) -> dict[str, str]:
    """Return a unit's databag content: bare words."""
    content = addresses.model_dump(by_alias=True)
    return {key: databag.encode_text(value) for key, value in content.items()}


def read(unit: Mapping[str, str]) -> Addresses | None:
    """Return a peer's addresses, or ``None`` as long as it has none."""
    keys = [field.alias or name for name, field in Addresses.model_fields.items()]
    try:
        return Addresses.model_validate({key: unit[key] for key in keys if unit.get(key)})
    except pydantic.ValidationError:
        return None
