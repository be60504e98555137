# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The configuration of the API and the engine, as text."""

import dataclasses
import math

import credentials
import templates
from config import Config
from instance_ha import paths
from instance_ha.interfaces import keystone, mysql_shared

PORT = 15868
"""What clients connect to: haproxy."""
API_PORT = PORT - 10
"""Apache, behind haproxy; ten below, as with all charms of OpenStack."""
GUARD_TASK = "instance_ha_guard_task"
ORDER_TASK = "instance_ha_order_task"
"""As ``engine/instance_ha_engine-1.dist-info`` calls them."""
_MOVES = 15
# With a fence before each report nothing else sends one twice.
_DUPLICATES = 10


@dataclasses.dataclass(frozen=True)
class Services:
    """What the API and the engine stand on, as the relations tell it."""

    identity: keystone.Identity
    database: str = dataclasses.field(repr=False)
    """User, password, host, port and database of a URL; no scheme."""
    transport: str = dataclasses.field(repr=False)
    """Transport URL of oslo.messaging."""
    database_tls: mysql_shared.Tls = dataclasses.field(default_factory=mysql_shared.Tls)
    broker_tls: bool = False
    broker_authority: str = ""

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy takes it."""
        return f"mysql+pymysql://{self.database}?{_query(self.database_tls, charset='utf8')}"

    @property
    def coordination_url(self) -> str:
        """The database as tooz takes it, to lock in it."""
        query = _query(self.database_tls)
        return f"mysql://{self.database}{f'?{query}' if query else ''}"


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
        cafile=paths.AUTHORITIES,
        database=_literal(services.database_url),
        coordination=_literal(services.coordination_url),
        transport=_literal(services.transport),
        broker_tls=services.broker_tls,
        broker_ca=credentials.BROKER_CA if services.broker_authority else paths.AUTHORITIES,
        duplicate_interval=_duplicate_interval(config),
        disable_reason=_literal(config.service_disable_reason),
        release=release,
        guard_task=GUARD_TASK,
        order_task=ORDER_TASK if orders(config, release) else "",
    )


def orders(config: Config, release: int) -> bool:
    """Return whether a task of ours puts instances in order (see ``engine/``).

    Before Masakari 15 (2023.1) there were no moves to put in order, and the engine kept its own.
    """
    return bool(config.priority_metadata_key) and release >= _MOVES


def render_site(config: Config, cores: int, *, tls: bool = False) -> str:
    """Return apache's site of the API (see https://modwsgi.readthedocs.io)."""
    return templates.render(
        "apache.conf",
        api_port=API_PORT,
        processes=processes(config, cores),
        tls=tls,
        certificate=credentials.CERTIFICATE,
        key=credentials.KEY,
    )


def processes(config: Config, cores: int) -> int:
    """Return how many processes of the API a machine of so many cores runs."""
    if config.worker_multiplier is None:
        return min(2 * cores, 4)
    return max(1, math.floor(cores * config.worker_multiplier))


def _duplicate_interval(config: Config) -> int | None:
    if config.duplicate_interval is None and config.require_fencing:
        return _DUPLICATES
    return config.duplicate_interval


def _query(tls: mysql_shared.Tls, **more: str) -> str:
    parameters = more | dict(credentials.database_parameters(tls))
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _literal(value: str) -> str:
    # oslo.config replaces $name by the value of another option.
    return value.replace("$", "$$")
