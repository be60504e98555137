# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The catalogue entry that a service asks of keystone (`identity-service`), and its credentials."""

from collections.abc import Iterable, Mapping

import pydantic

from instance_ha import databag

# Names that the application databag of newer keystones uses, where they are not the same words with dashes.
_APPLICATION_KEYS = {
    "service_username": "service-user-name",
    "service_tenant": "service-project-name",
    "service_tenant_id": "service-project-id",
    "service_domain": "service-domain-name",
}


class Endpoint(pydantic.BaseModel):
    """A service for the catalogue, in one region."""

    model_config = pydantic.ConfigDict(frozen=True)

    service: str
    region: str
    public_url: str
    internal_url: str
    admin_url: str


class Identity(pydantic.BaseModel):
    """Where keystone is, and as whom the service uses it."""

    model_config = pydantic.ConfigDict(frozen=True)

    service_protocol: str
    service_host: str
    service_port: int
    auth_protocol: str
    auth_host: str
    auth_port: int
    internal_protocol: str = ""
    internal_host: str = ""
    internal_port: int = 0
    service_username: str
    service_password: pydantic.SecretStr
    service_tenant: str
    service_tenant_id: str
    service_domain: str = "service_domain"
    service_type: str = ""

    @property
    def public_url(self) -> str:
        """Where clients of the cloud find keystone; no path."""
        return url(self.service_protocol, self.service_host, self.service_port)

    @property
    def admin_url(self) -> str:
        """Where keystone's administrators find it; no path."""
        return url(self.auth_protocol, self.auth_host, self.auth_port)

    @property
    def internal_url(self) -> str:
        """Where services find keystone; no path. Keystones that do not say have one address."""
        if not (self.internal_host and self.internal_port):
            return self.public_url
        return url(self.internal_protocol or "http", self.internal_host, self.internal_port)


def write(endpoint: Endpoint) -> dict[str, str]:
    """Return the databag content of a request: bare words."""
    return {key: databag.encode_text(value) for key, value in endpoint.model_dump().items()}


def read(application: Mapping[str, str], units: Iterable[Mapping[str, str]]) -> Identity | None:
    """Return what keystone answers, or ``None`` as long as that is not complete.

    Args:
        application: The application databag, where newer keystones answer, with dashes in the keys.
        units: The units' databags, where all others answer; the first complete one counts.
    """
    shared = {
        field: application[key]
        for field in Identity.model_fields
        if (key := _APPLICATION_KEYS.get(field, field.replace("_", "-"))) in application
    }
    nothing: Mapping[str, str] = {}  # for a keystone that answers in its application databag alone
    for unit in (*units, nothing):
        content = {field: unit[field] for field in Identity.model_fields if unit.get(field)}
        try:
            return Identity.model_validate({**content, **shared})
        except pydantic.ValidationError:
            continue
    return None


def url(protocol: str, host: str, port: int) -> str:
    """Return an address of the web; IPv6 addresses get their brackets."""
    return f"{protocol}://{f'[{host}]' if ':' in host else host}:{port}"
