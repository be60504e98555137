# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the charm as one frozen value."""

from typing import Annotated, Any

import pydantic

from segments import Segment, parse


def _addresses(value: Any) -> Any:
    # Charms of OpenStack have always taken blanks; people write commas all the same.
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _unsupported(value: str | None) -> str | None:
    if value:
        raise ValueError("TLS is not supported by this revision")
    return value


Unsupported = Annotated[str | None, pydantic.AfterValidator(_unsupported)]
Milliseconds = Annotated[int, pydantic.Field(ge=1)]
Seconds = Annotated[int, pydantic.Field(ge=0)]


class Config(pydantic.BaseModel):
    """Options of the masakari charm."""

    model_config = pydantic.ConfigDict(frozen=True)

    require_fencing: bool = True
    evacuation_delay: Seconds = 60
    evacuate_all_instances: bool = True
    notification_expiration: Seconds | None = None
    check_expired_interval: Seconds | None = None
    segments: Annotated[tuple[Segment, ...], pydantic.BeforeValidator(parse)] = ()

    region: str = "RegionOne"
    use_internal_endpoints: bool = False
    worker_multiplier: Annotated[float, pydantic.Field(gt=0)] | None = None
    os_public_hostname: str | None = None
    os_internal_hostname: str | None = None
    os_admin_hostname: str | None = None
    os_public_network: pydantic.IPvAnyNetwork | None = None
    os_internal_network: pydantic.IPvAnyNetwork | None = None
    os_admin_network: pydantic.IPvAnyNetwork | None = None
    os_data_network: str | None = None

    vip: Annotated[tuple[pydantic.IPvAnyAddress, ...], pydantic.BeforeValidator(_addresses)] = ()
    vip_iface: str = "eth0"
    vip_cidr: Annotated[int, pydantic.Field(ge=1, le=128)] = 24
    dns_ha: bool = False
    haproxy_server_timeout: Milliseconds = 90000
    haproxy_client_timeout: Milliseconds = 90000
    haproxy_queue_timeout: Milliseconds = 9000
    haproxy_connect_timeout: Milliseconds = 9000

    ssl_cert: Unsupported = None
    ssl_key: Unsupported = None
    ssl_ca: Unsupported = None

    openstack_origin: str = "caracal"
    action_managed_upgrade: bool = False
    debug: bool = False
    verbose: bool = False
    use_syslog: bool = False

    @pydantic.field_validator("dns_ha")
    @classmethod
    def _vip_instead(cls, value: bool) -> bool:
        if value:
            raise ValueError("not supported, use vip")
        return value

    @property
    def engine_wait(self) -> int:
        """Seconds that the engine waits between disabling a host and evacuating it.

        A host that was fenced and forced down has nothing left to wait for. Nova itself refuses to
        evacuate from a host that it believes to be up, so that a report from somebody else (a host
        monitor of the predecessors, before the fence) fails instead of starting a second copy.
        """
        return 0 if self.require_fencing else self.evacuation_delay


def problems(error: pydantic.ValidationError) -> str:
    """Return what is wrong with the options, in one line for a status."""
    lines: list[str] = []
    for detail in error.errors():
        option = str(detail["loc"][0]) if detail["loc"] else ""
        name = option if option in _UNDERSCORED else option.replace("_", "-")
        lines.append(f"{name}: {detail['msg'].removeprefix('Value error, ')}")
    return "; ".join(dict.fromkeys(lines))


_UNDERSCORED = {"vip_iface", "vip_cidr", "ssl_cert", "ssl_key", "ssl_ca"}
