# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The charm's options as one value."""

import base64
import binascii
import ipaddress
from typing import Annotated, Any, Literal

import pydantic

from instance_ha.options import Certificates

Transport = Literal["knet", "udpu", "udp"]

TRANSPORTS: dict[str, Transport] = {
    "knet": "knet",
    "unicast": "udpu",
    "udpu": "udpu",
    "multicast": "udp",
    "udp": "udp",
}
"""By the names that they have for operators, those of old included."""

# What corosync accepts as a key (corosync-keygen(8)): 1024 to 32768 bits.
_KEY_BYTES = range(128, 4097)
SECRET = "secret:"
"""What the URI of a Juju secret begins with."""


# Seconds; each level has half of it, and a BMC takes up to half a minute to tell and to be told.
_TWO_LEVELS = 120

# Names that become parts of files' names and of Nagios' definitions.
_WORD = r"^[A-Za-z0-9_.-]+$"
_ONE_LINE = r"^[A-Za-z0-9_., -]*$"
# What the predecessor said of an option that is not valid.
_WORDS = {
    "no_quorum_policy": "Invalid no_quorum_policy specified",
    "failed_actions_alert_type": (
        "The value of option failed_actions_alert_type must be among ignore, warning, critical"
    ),
    "failed_actions_threshold": (
        "The value of option failed_actions_threshold must be a positive integer"
    ),
}


def _lower(value: Any) -> Any:  # noqa: ANN401 (whatever the operator wrote)
    return value.lower() if isinstance(value, str) else value


def _transport(value: str) -> Transport:
    if value.lower() not in TRANSPORTS:
        raise ValueError(f"{value} is not supported; use knet, unicast or multicast")
    return TRANSPORTS[value.lower()]


def _multicast(value: str) -> str:
    if not ipaddress.ip_address(value).is_multicast:
        raise ValueError("must be a multicast address")
    return value


def _addresses(value: str) -> str:
    return " ".join(str(ipaddress.ip_address(address)) for address in value.split())


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return value.rstrip("/")


def _secret(value: str) -> str:
    if not value.startswith(SECRET):
        raise ValueError("must be the URI of a secret (secret:...); passwords are no options")
    return value


def check_key(value: pydantic.SecretStr) -> pydantic.SecretStr:
    """Return a key, in base64, or the URI of the secret that holds it.

    Raises:
        ValueError: It is neither.
    """
    if value.get_secret_value().startswith(SECRET):
        return value
    try:
        content = base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None
    if len(content) not in _KEY_BYTES:
        raise ValueError(f"must be {_KEY_BYTES.start} to {_KEY_BYTES.stop - 1} bytes")
    return value


def _unset(value: Any) -> Any:  # noqa: ANN401 (whatever the operator wrote)
    return None if value == "" else value


_Unset = pydantic.BeforeValidator(_unset)
Key = Annotated[pydantic.SecretStr, pydantic.AfterValidator(check_key)]


class Config(pydantic.BaseModel):
    """Options of the hacluster charm that have an effect; charmcraft.yaml tells of the others."""

    model_config = pydantic.ConfigDict(frozen=True)

    debug: bool = False
    prefer_ipv6: bool = False
    corosync_transport: Annotated[str, pydantic.AfterValidator(_transport)] = "knet"
    corosync_mcastaddr: Annotated[str, pydantic.AfterValidator(_multicast)] = "226.94.1.1"
    """For multicast only."""
    corosync_mcastport: int | None = pydantic.Field(default=None, ge=2, le=65535)
    """For multicast only."""
    corosync_key: Annotated[Key | None, _Unset] = None
    pacemaker_key: Annotated[Key | None, _Unset] = None
    maintenance_mode: bool = False
    service_start_timeout: int = pydantic.Field(default=180, ge=-1)
    """Seconds; -1 is without limit."""
    service_stop_timeout: int = pydantic.Field(default=600, ge=-1)
    """Seconds; -1 is without limit."""
    stonith_enabled: str = "False"
    maas_url: Annotated[Annotated[str, pydantic.AfterValidator(_url)] | None, _Unset] = None
    maas_credentials: Annotated[pydantic.SecretStr | None, _Unset] = None
    """A key, or the URI of the secret that holds it."""
    maas_ca: Certificates = None
    """In PEM."""
    bmc_credentials: Annotated[Annotated[str, pydantic.AfterValidator(_secret)] | None, _Unset] = (
        None
    )
    """The URI of the secret that describes hosts' BMCs."""
    cluster_count: int = pydantic.Field(default=3, ge=1)
    monitor_host: Annotated[str, pydantic.AfterValidator(_addresses)] = ""
    monitor_interval: Annotated[str, pydantic.Field(pattern=r"^[0-9]+(ms|s|m|min|h)?$")] = "5s"
    fencing_max_hosts: int = pydantic.Field(default=0, ge=0)
    """Hosts that may be lost at once; 0 is half of them."""
    fencing_window: int = pydantic.Field(default=300, ge=1, lt=86400)
    """Seconds."""
    fencing_timeout: int = pydantic.Field(default=120, ge=60, le=3600)
    """Seconds."""
    token: int = pydantic.Field(default=1000, ge=300, le=60000)
    """Milliseconds."""
    consensus: int | None = pydantic.Field(default=None, ge=360, le=120000)
    """Milliseconds; ``None`` is 1.2 times the token timeout."""
    netmtu: int | None = pydantic.Field(default=None, ge=68)
    failure_timeout: int = pydantic.Field(default=180, ge=0)
    """Seconds."""
    cluster_recheck_interval: int = pydantic.Field(default=60, ge=1)
    """Seconds."""
    no_quorum_policy: Annotated[
        Literal["stop", "demote", "freeze", "ignore", "suicide"], pydantic.BeforeValidator(_lower)
    ] = "stop"

    nagios_context: Annotated[str, pydantic.Field(pattern=_WORD)] = "juju"
    nagios_servicegroups: Annotated[str, pydantic.Field(pattern=_ONE_LINE)] = ""
    failed_actions_alert_type: Annotated[
        Literal["ignore", "warning", "critical"], pydantic.BeforeValidator(_lower)
    ] = "ignore"
    failed_actions_threshold: int = pydantic.Field(default=0, ge=0)
    """Deprecated: counts before res_failcount_warn if it is set."""
    res_failcount_warn: int = pydantic.Field(default=3, ge=0)
    res_failcount_crit: int = pydantic.Field(default=10, ge=0)

    @pydantic.model_validator(mode="after")
    def _two_levels_fit(self) -> "Config":
        if self.bmc_credentials and self.maas_url and self.fencing_timeout < _TWO_LEVELS:
            raise ValueError(
                f"fencing-timeout must be {_TWO_LEVELS} or more with two levels of fencing"
            )
        return self

    @pydantic.model_validator(mode="after")
    def _consensus_covers_token(self) -> "Config":
        # corosync.conf(5): with less, a ring of three or more may see odd changes of membership.
        if self.consensus is not None and self.consensus * 5 < self.token * 6:
            raise ValueError("consensus must be at least 1.2 times token")
        return self

    @pydantic.model_validator(mode="after")
    def _multicast_is_of_the_family(self) -> "Config":
        problem = self.unfit_for(self.corosync_transport)
        if problem:
            raise ValueError(problem)
        return self

    def unfit_for(self, transport: str) -> str:
        """Return why a ring cannot have a transport with these options; empty if it can."""
        family = 6 if self.prefer_ipv6 else 4
        if transport == "udp" and ipaddress.ip_address(self.corosync_mcastaddr).version != family:
            return f"corosync_mcastaddr must be an IPv{family} address, as those of the ring"
        return ""


def explain(error: pydantic.ValidationError) -> str:
    """Return what the operator must correct, in one line, without repeating any value."""
    first = error.errors(include_url=False, include_input=False)[0]
    option = ".".join(str(part) for part in first["loc"])
    if option in _WORDS:
        return _WORDS[option]
    message = first["msg"].removeprefix("Value error, ")
    return f"{option}: {message}" if option else message


def is_true(text: str) -> bool:
    """Return whether an option of type string says yes."""
    return text.strip().lower() in ("true", "yes", "on", "y", "t", "1")
