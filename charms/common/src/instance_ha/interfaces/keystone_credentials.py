# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A keystone user for a service that is in no catalogue (`identity-credentials`)."""

from collections.abc import Iterable, Mapping

import pydantic

from instance_ha import databag
from instance_ha.interfaces.keystone import url


class Request(pydantic.BaseModel):
    """Who wants to exist, and as what: without a role as an administrator, which is keystone's default."""

    model_config = pydantic.ConfigDict(frozen=True)

    username: str
    project: str
    role: str | None = None


class Credentials(pydantic.BaseModel):
    """Where keystone is, and as whom to use it."""

    model_config = pydantic.ConfigDict(frozen=True)

    auth_protocol: str
    auth_host: str
    auth_port: int
    credentials_protocol: str
    credentials_host: str
    credentials_port: int
    api_version: str
    credentials_username: str
    credentials_password: pydantic.SecretStr
    credentials_project: str
    credentials_project_id: str
    credentials_user_domain_name: str = "service_domain"
    credentials_project_domain_name: str = "service_domain"
    region: str = ""

    @property
    def admin_url(self) -> str:
        """Where keystone's administrators find it; no path."""
        return url(self.auth_protocol, self.auth_host, self.auth_port)

    @property
    def url(self) -> str:
        """Where keystone is for these credentials; no path."""
        return url(self.credentials_protocol, self.credentials_host, self.credentials_port)


def write(request: Request) -> dict[str, str]:
    """Return the databag content of a request: bare words; an empty one takes a key away."""
    content = {"username": request.username, "project": request.project}
    # The first makes the role if there is none, the second gives it to the user.
    roles = dict.fromkeys(("requested_roles", "requested_grants"), request.role or "")
    return {key: databag.encode_text(value) for key, value in {**content, **roles}.items()}


def read(units: Iterable[Mapping[str, str]]) -> Credentials | None:
    """Return what the first complete unit of keystone answers, or ``None``."""
    for unit in units:
        content = {field: unit[field] for field in Credentials.model_fields if unit.get(field)}
        try:
            return Credentials.model_validate(content)
        except pydantic.ValidationError:
            continue
    return None
