# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the control plane tells every Nova program, and how it stands in the cloud-compute databag."""

import dataclasses
from collections.abc import Mapping

from lab_charm import files, tls

DOWN_TIME = {
    # Faster than Nova's 60 and 10 seconds. Below 15 and 3 a machine whose cores are busy calls
    # living services dead.
    "service_down_time": 15,
    "report_interval": 3,
}


@dataclasses.dataclass(frozen=True)
class Cloud:
    """How to log in to the cloud as Nova's user."""

    auth_host: str
    auth_port: str
    auth_protocol: str
    service_username: str
    service_password: str
    service_tenant: str
    service_domain: str
    region: str
    ca: str = ""
    """Keystone's authority as PEM, where it serves with TLS."""

    @property
    def auth_url(self) -> str:
        """Return Keystone's URL."""
        return f"{self.auth_protocol}://{self.auth_host}:{self.auth_port}/v3"

    def databag(self) -> dict[str, str]:
        """Return what stands in a databag."""
        return dataclasses.asdict(self)

    @classmethod
    def from_databag(cls, databag: Mapping[str, str], **more: str) -> "Cloud | None":
        """Return what a databag (of Keystone, or of the controller) holds, once it is complete."""
        names = [field.name for field in dataclasses.fields(cls)]
        values = {name: more.get(name) or databag.get(name, "") for name in names}
        return cls(**values) if all(values[name] for name in names if name != "ca") else None

    def trust(self) -> None:
        """Make the authority known to the programs of this machine."""
        if self.ca:
            files.ensure(tls.AUTHORITY, self.ca)

    def login(self) -> dict[str, object]:
        """Return the options of keystoneauth's plugin ``password``."""
        return {
            "auth_url": self.auth_url,
            "auth_type": "password",
            "username": self.service_username,
            "password": self.service_password,
            "project_name": self.service_tenant,
            "user_domain_name": self.service_domain,
            "project_domain_name": self.service_domain,
            "region_name": self.region,
            **({"cafile": tls.AUTHORITY} if self.ca else {}),
        }

    def token_check(self) -> dict[str, object]:
        """Return the options of the middleware that checks tokens."""
        return {
            **self.login(),
            "www_authenticate_uri": self.auth_url,
            "service_token_roles_required": True,
        }


def sections(cloud: Cloud, transport_url: str) -> dict[str, dict[str, object]]:
    """Return the sections of nova.conf that all of Nova's programs share."""
    login = cloud.login()
    return {
        "DEFAULT": {
            "use_stderr": True,
            "transport_url": transport_url,
            "state_path": "/var/lib/nova",
            **DOWN_TIME,
        },
        "keystone_authtoken": cloud.token_check(),
        "service_user": {**login, "send_service_user_token": True},
        "placement": login,
        "neutron": login,
        "glance": login,
        "oslo_concurrency": {"lock_path": "/run/lock"},
        "vnc": {"enabled": False},
        "spice": {"enabled": False},
    }


def transport_url(databag: Mapping[str, str], user: str, vhost: str) -> str | None:
    """Return the message queue's URL from a rabbitmq unit's databag, once it is complete."""
    password, host = databag.get("password"), databag.get("hostname")
    return f"rabbit://{user}:{password}@{host}:5672/{vhost}" if password and host else None
