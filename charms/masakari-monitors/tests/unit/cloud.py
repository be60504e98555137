# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The model around the charm: a principal and a keystone that has answered."""

from typing import Any

from ops import testing

CREDENTIALS = {
    "auth_protocol": "http",
    "auth_host": "10.77.2.10",
    "auth_port": "35357",
    "credentials_protocol": "http",
    "credentials_host": "10.77.3.10",
    "credentials_port": "5000",
    "api_version": "3",
    "credentials_username": "masakari-monitors",
    "credentials_password": "identity-password",
    "credentials_project": "services",
    "credentials_project_id": "0123456789abcdef",
    "credentials_user_domain_name": "service_domain",
    "credentials_project_domain_name": "service_domain",
    "region": "RegionOne",
}
IDENTITY = testing.Relation(
    "identity-credentials", remote_app_name="keystone", remote_units_data={0: CREDENTIALS}
)
VAULT = testing.Relation("certificates", remote_app_name="vault")
CA = "-----BEGIN CERTIFICATE-----\nQ0E=\n-----END CERTIFICATE-----\n"
CONTAINER = testing.SubordinateRelation("container", remote_app_name="nova-compute")


def state(*relations: testing.RelationBase, **config: Any) -> testing.State:
    """Return a hypervisor with these relations."""
    options = {
        key if key.startswith("ssl_") else key.replace("_", "-"): value
        for key, value in config.items()
    }
    return testing.State(relations=[CONTAINER, *relations], config=options)
