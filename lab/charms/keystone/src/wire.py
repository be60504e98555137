# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What applications ask of Keystone and what they read, in the words of the real charm's databags.

identity-service: charm-keystone hooks/keystone_utils.py add_service_to_keystone; identity-credentials:
create_user_credentials and create_service_credentials there.
"""

from collections.abc import Mapping

import directory
from lab_charm import passwords

PORT = 5000
ADMIN_PORT = 35357

_DOMAIN = "service_domain"
_PROJECT = "services"
_ADMIN_ROLE = "admin"
_FIELDS = ("service", "region", "public_url", "internal_url", "admin_url")
# Which type the real charm gives to a service of a name (keystone_utils.valid_services).
_TYPES = {
    "nova": "compute",
    "placement": "placement",
    "glance": "image",
    "neutron": "network",
    "masakari": "instance-ha",
}


def services(databag: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the services that a unit asks for: one under bare keys, or several under prefixes."""
    prefixes = {""} | {key[: -len("service")] for key in databag if key.endswith("_service")}
    asked = [
        {field: databag.get(prefix + field, "") for field in _FIELDS}
        for prefix in sorted(prefixes)
    ]
    return [service for service in asked if all(service.values()) and service["service"] in _TYPES]


def serve_service(
    identity: directory.Directory, databag: Mapping[str, str], place: tuple[str, str], region: str
) -> dict[str, str]:
    """Make the services, endpoints and the user that a unit asks for, and return the reply.

    ``place`` is the scheme and the address where Keystone answers.
    """
    asked, (scheme, address) = services(databag), place
    for service in asked:
        kind = _TYPES[service["service"]]
        service_id = identity.service(service["service"], kind)
        for interface in ("public", "internal", "admin"):
            identity.endpoint(
                service_id, interface, service["region"], service[f"{interface}_url"]
            )
    user = "_".join(service["service"] for service in asked)
    ids = _ensure_user(identity, user, _PROJECT, _DOMAIN, [_ADMIN_ROLE, "service"])
    return {
        **_hosts(scheme, address),
        "service_host": address,
        "service_port": str(PORT),
        "service_protocol": scheme,
        "internal_host": address,
        "internal_port": str(PORT),
        "internal_protocol": scheme,
        "service_username": user,
        "service_user_id": ids["user"],
        "service_password": passwords.password("keystone", user),
        "service_tenant": _PROJECT,
        "service_tenant_id": ids["project"],
        "service_domain": _DOMAIN,
        "service_domain_id": ids["domain"],
        "service_type": _TYPES[asked[0]["service"]],
        "admin_domain_id": "default",
        "admin_project_id": identity.named("project", "admin"),
        "admin_user_id": identity.named("user", "admin"),
        "admin_role": _ADMIN_ROLE,
    }


def credentials_user(databag: Mapping[str, str]) -> str:
    """Return the user that a unit asks credentials for, or nothing."""
    return databag.get("username", "")


def serve_credentials(
    identity: directory.Directory, databag: Mapping[str, str], place: tuple[str, str], region: str
) -> dict[str, str]:
    """Make the user that a unit asks for, and return the reply."""
    user, (scheme, address) = credentials_user(databag), place
    project = databag.get("project") or _PROJECT
    domain = databag.get("domain") or _DOMAIN
    # As with the real charm, who asks for no grants gets the administrator's role.
    grants = [
        name.strip() for name in databag.get("requested_grants", "").split(",") if name.strip()
    ]
    ids = _ensure_user(identity, user, project, domain, grants or [_ADMIN_ROLE])
    return {
        **_hosts(scheme, address),
        "credentials_host": address,
        "credentials_port": str(PORT),
        "credentials_protocol": scheme,
        "credentials_username": user,
        "credentials_password": passwords.password("keystone", user),
        "credentials_project": project,
        "credentials_project_id": ids["project"],
        "credentials_user_domain_name": domain,
        "credentials_user_domain_id": ids["domain"],
        "credentials_project_domain_name": domain,
        "credentials_project_domain_id": ids["domain"],
        "region": region,
        "domain": domain,
    }


def openrc(auth_url: str, password: str, region: str, *, cafile: str = "") -> str:
    """Return what a shell sources to be the administrator.

    Compute API 2.87: from 2.88 on a list of hypervisors asks every host for its uptime and hangs on
    a dead one; from 2.95 on an evacuated instance stays stopped.
    """
    values = {
        "OS_AUTH_TYPE": "password",
        "OS_AUTH_URL": auth_url,
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": "admin",
        "OS_PASSWORD": password,
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": region,
        "OS_COMPUTE_API_VERSION": "2.87",
    }
    values |= {"OS_CACERT": cafile} if cafile else {}
    return "".join(f"export {key}={value}\n" for key, value in values.items())


def _hosts(scheme: str, address: str) -> dict[str, str]:
    return {
        "auth_host": address,
        "auth_port": str(ADMIN_PORT),
        "auth_protocol": scheme,
        "api_version": "3",
    }


def _ensure_user(
    identity: directory.Directory, user: str, project: str, domain: str, roles: list[str]
) -> dict[str, str]:
    domain_id = identity.domain(domain)
    project_id = identity.project(project, domain_id)
    user_id = identity.user(user, domain_id)
    for role in roles:
        identity.grant(identity.role(role), user_id, project_id)
    return {"domain": domain_id, "project": project_id, "user": user_id}
