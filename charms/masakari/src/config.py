# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The options of the charm as one frozen value."""

import re
from typing import Annotated, Any

import pydantic

from instance_ha.options import Certificates, Flags, Key
from origin import Origin
from origin import parse as parse_origin
from segments import Segment, parse


def _words(value: Any) -> Any:
    # Charms of OpenStack have always taken blanks; people write commas all the same.
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _hostname(value: str | None) -> str | None:
    """Return the name that an endpoint gets; the one token that the predecessors know is filled in."""
    name = (value or "").replace("{service_name}", "masakari").strip()
    if name and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", name):
        raise ValueError(f"{value!r} is not a host's name")
    return name or None


def _unset(value: Any) -> Any:
    # With the predecessors 0 left Masakari its own; as a value it would end every notification at once.
    return None if value == 0 else value


Milliseconds = Annotated[int, pydantic.Field(ge=1)]
Seconds = Annotated[int, pydantic.Field(ge=0)]
Unset = Annotated[Seconds | None, pydantic.BeforeValidator(_unset)]
Hostname = Annotated[str | None, pydantic.AfterValidator(_hostname)]
OneLine = Annotated[str, pydantic.Field(pattern=r"^[^\n]+$")]


class Config(pydantic.BaseModel):
    """Options of the masakari charm."""

    model_config = pydantic.ConfigDict(frozen=True)

    require_fencing: bool = True
    accept_manual_confirmation: bool = False
    trusted_fence_agents: Annotated[tuple[str, ...], pydantic.BeforeValidator(_words)] = ()
    """Beside those of hacluster."""
    evacuation_delay: Seconds = 60
    evacuation_timeout: Annotated[int, pydantic.Field(ge=1)] = 300
    recovery_threads: Annotated[int, pydantic.Field(ge=1, le=100)] = 10
    evacuate_all_instances: bool = True
    process_all_instances: bool = False
    ha_metadata_key: Annotated[str, pydantic.Field(pattern=r"^[\w:.-]+$")] = "HA_Enabled"
    priority_metadata_key: Annotated[str, pydantic.Field(pattern=r"^[\w:.-]+$")] | None = None
    ignore_error_instances: bool = False
    add_reserved_host_to_aggregate: bool = False
    service_disable_reason: OneLine = "Masakari detected host failed."
    auto_return: bool = False
    auto_return_delay: Annotated[int, pydantic.Field(ge=30)] = 300
    notification_expiration: Unset = None
    check_expired_interval: Unset = None
    duplicate_interval: Seconds | None = None
    process_unfinished_interval: Annotated[int, pydantic.Field(ge=1)] | None = None
    retry_new_interval: Seconds | None = None
    segments: Annotated[tuple[Segment, ...], pydantic.BeforeValidator(parse)] = ()

    region: str = "RegionOne"
    use_internal_endpoints: bool = False
    worker_multiplier: Annotated[float, pydantic.Field(gt=0)] | None = None
    os_public_hostname: Hostname = None
    os_internal_hostname: Hostname = None
    os_admin_hostname: Hostname = None
    os_public_network: pydantic.IPvAnyNetwork | None = None
    os_internal_network: pydantic.IPvAnyNetwork | None = None
    os_admin_network: pydantic.IPvAnyNetwork | None = None
    os_data_network: str | None = None
    rabbit_quorum_queues: bool = False
    use_policyd_override: bool = False
    config_flags: Flags = {}

    vip: Annotated[tuple[pydantic.IPvAnyAddress, ...], pydantic.BeforeValidator(_words)] = ()
    vip_iface: str = "eth0"
    vip_cidr: Annotated[int, pydantic.Field(ge=1, le=128)] = 24
    dns_ha: bool = False
    haproxy_server_timeout: Milliseconds = 90000
    haproxy_client_timeout: Milliseconds = 90000
    haproxy_queue_timeout: Milliseconds = 9000
    haproxy_connect_timeout: Milliseconds = 9000

    ssl_cert: Certificates = None
    ssl_key: Key = None
    ssl_ca: Certificates = None

    openstack_origin: Annotated[Origin, pydantic.BeforeValidator(parse_origin)] = Origin(
        "release", "caracal", release="caracal"
    )
    action_managed_upgrade: bool = False
    debug: bool = False
    verbose: bool = False
    use_syslog: bool = False

    @pydantic.field_validator("dns_ha")
    @classmethod
    def _vip_instead(cls, value: bool) -> bool:
        if value:
            raise ValueError(
                "not supported: its agent for MAAS has had no client since Ubuntu 20.04; use vip"
            )
        return value

    @pydantic.model_validator(mode="after")
    def _pair(self) -> "Config":
        if bool(self.ssl_cert) != bool(self.ssl_key):
            raise ValueError("ssl_cert and ssl_key belong together; one of them is missing")
        return self

    @pydantic.model_validator(mode="after")
    def _together(self) -> "Config":
        if self.auto_return and not self.require_fencing:
            raise ValueError("auto-return needs require-fencing")
        if self.priority_metadata_key and not self.evacuate_all_instances:
            # The engine has one key for both, which chooses where not all are evacuated.
            raise ValueError("priority-metadata-key needs evacuate-all-instances")
        return self

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
        message = detail["msg"].removeprefix("Value error, ")
        lines.append(f"{name}: {message}" if name else message)
    return "; ".join(dict.fromkeys(lines))


_UNDERSCORED = {"vip_iface", "vip_cidr", "ssl_cert", "ssl_key", "ssl_ca"}
