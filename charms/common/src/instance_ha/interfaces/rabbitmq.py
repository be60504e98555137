# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A user and a virtual host of RabbitMQ (`amqp`)."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import pydantic

from instance_ha import databag

PORT = 5672


class Request(pydantic.BaseModel):
    """What a unit asks for, and the address that it will come from."""

    model_config = pydantic.ConfigDict(frozen=True)

    username: str
    vhost: str
    private_address: str


class Broker(pydantic.BaseModel):
    """All units of RabbitMQ that let us in; they share the password."""

    model_config = pydantic.ConfigDict(frozen=True)

    hosts: tuple[str, ...]
    password: pydantic.SecretStr
    ssl_port: int | None = None
    authority: str = ""
    """The certificate that the brokers' own are signed with, as PEM text, or nothing."""

    def url(self, request: Request) -> str:
        """Return the transport URL that names every host.

        See https://docs.openstack.org/oslo.messaging/latest/reference/transport.html.
        """
        user = f"{quote(request.username, safe='')}:{quote(self.password.get_secret_value(), safe='')}"
        hosts = (f"[{host}]" if ":" in host else host for host in self.hosts)
        servers = ",".join(f"{user}@{host}:{self.ssl_port or PORT}" for host in hosts)
        return f"rabbit://{servers}/{quote(request.vhost, safe='')}"


def write(request: Request) -> dict[str, str]:
    """Return the databag content of a request: bare words."""
    content = request.model_dump()
    return {key.replace("_", "-"): databag.encode_text(value) for key, value in content.items()}


def read(units: Iterable[Mapping[str, str]]) -> Broker | None:
    """Return the brokers of the units that answered, or ``None`` as long as none did.

    A virtual address (``vip``) counts only when RabbitMQ says that there is no other way in;
    otherwise clients fail over among the hosts by themselves, and sooner.
    """
    answers = [unit for unit in units if unit.get("password")]
    if not answers:
        return None
    first = answers[0]
    if first.get("vip") and databag.decode(first.get("ha-vip-only", "")) is True:
        hosts = {first["vip"]}
    else:
        hosts = {
            address
            for unit in answers
            if (address := unit.get("hostname") or unit.get("private-address"))
        }
    if not hosts:
        return None
    port = first.get("ssl_port", "")
    return Broker(
        hosts=tuple(sorted(hosts)),
        password=pydantic.SecretStr(first["password"]),
        ssl_port=int(port) if port.isdigit() else None,
        authority=databag.decode_pem(first.get("ssl_ca", "")),
    )
