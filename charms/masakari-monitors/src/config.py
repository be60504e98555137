# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the charm as one frozen value."""

from typing import Annotated

import pydantic

from instance_ha.options import Certificates, Flags


class Config(pydantic.BaseModel):
    """Options of the masakari-monitors charm."""

    model_config = pydantic.ConfigDict(frozen=True)

    host_monitor: bool = False
    process_monitor: bool = False
    introspective_monitor: bool = False
    keystone_role: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9_.-]+$")] | None = None
    region: str = "RegionOne"
    use_internal_endpoints: bool = False
    config_flags: Flags = {}
    debug: bool = False
    verbose: bool = False
    use_syslog: bool = False
    ssl_cert: str | None = None
    ssl_key: str | None = None
    ssl_ca: Certificates = None


def problems(error: pydantic.ValidationError) -> str:
    """Return what is wrong with the options, in one line for a status."""
    lines: list[str] = []
    for detail in error.errors():
        option = str(detail["loc"][0]) if detail["loc"] else ""
        name = option if option.startswith("ssl_") else option.replace("_", "-")
        lines.append(f"{name}: {detail['msg'].removeprefix('Value error, ')}")
    return "; ".join(dict.fromkeys(lines))
