# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The configuration of the API and the engine, as text."""

import dataclasses
import math

import templates
from config import Config
from instance_ha.interfaces import keystone

PORT = 15868
"""What clients connect to: haproxy."""
API_PORT = PORT - 10
"""Apache, behind haproxy; ten below, as with all charms of OpenStack."""


@dataclasses.dataclass(frozen=True)
class Services:
    """What the API and the engine stand on, as the relations tell it."""

    identity: keystone.Identity
    database: str = dataclasses.field(repr=False)
    """User, password, host, port and database of a URL; no scheme."""
    transport: str = dataclasses.field(repr=False)
    """Transport URL of oslo.messaging."""


def render(config: Config, services: Services, release: int) -> str:
    """Return masakari.conf (see https://docs.openstack.org/masakari/latest/configuration/config.html).

    Args:
        config: The options of the charm.
        services: What the relations tell.
        release: Masakari's major version: 17 is OpenStack 2024.1, 19 is 2025.1, 22 is 2026.2.
    """
    identity = services.identity
    auth_url = identity.internal_url if config.use_internal_endpoints else identity.admin_url
    nova_auth_url = identity.internal_url if config.use_internal_endpoints else identity.public_url
    return templates.render(
        "masakari.conf",
        config=config,
        identity=identity,
        password=_literal(identity.service_password.get_secret_value()),
        auth_url=f"{auth_url}/v3",
        nova_auth_url=f"{nova_auth_url}/v3",
        interface="internal" if config.use_internal_endpoints else "public",
        database=_literal(services.database),
        transport=_literal(services.transport),
        release=release,
    )


def render_site(config: Config, cores: int) -> str:
    """Return apache's site of the API (see https://modwsgi.readthedocs.io)."""
    return templates.render("apache.conf", api_port=API_PORT, processes=processes(config, cores))


def processes(config: Config, cores: int) -> int:
    """Return how many processes of the API a machine of so many cores runs."""
    if config.worker_multiplier is None:
        return min(2 * cores, 4)
    return max(1, math.floor(cores * config.worker_multiplier))


def _literal(value: str) -> str:
    # oslo.config replaces $name by the value of another option.
    return value.replace("$", "$$")
