# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The programs of the control plane: what makes their tables and what keeps them running."""

import pathlib
from collections.abc import Collection
from typing import Any

from lab_charm import api, files, one_import, services

_SYNC = "--config-file /etc/nova/lab-sync.conf"
_ONE_IMPORT = "/usr/local/share/lab-charm/one_import.py"
_NEUTRON_SCRIPT = "/usr/local/share/lab-charm/neutron-api"

# The first query of a fresh process builds SQLAlchemy's mappers, and a GET /ports that comes first
# fails with "type object 'Port' has no attribute 'port_forwardings'": build them beforehand.
_NEUTRON = """\
import runpy

from sqlalchemy import orm

application = runpy.run_path("/usr/bin/neutron-api", run_name="neutron_api")["application"]
orm.configure_mappers()
"""

TASKS = (
    services.Task("lab-sync-nova", user="nova", commands=(
        f"/usr/bin/python3 {_ONE_IMPORT} nova.cmd.manage -- {_SYNC} api_db sync -- {_SYNC} cell_v2 map_cell0"
        # Exits with 2 when the cell is there, after a try that was cut short.
        f" -- ?{_SYNC} cell_v2 create_cell --name cell1 -- {_SYNC} db sync",
    )),
    services.Task("lab-sync-neutron", user="neutron", commands=(
        "/usr/bin/neutron-db-manage --config-file /etc/neutron/lab-sync.conf upgrade heads",
    )),
    services.Task("lab-sync-placement", user="placement", commands=(
        "/usr/bin/placement-manage --config-file /etc/placement/lab-sync.conf db sync",
    )),
    services.Task("lab-sync-glance", user="glance", commands=(
        "/usr/bin/glance-manage --config-file /etc/glance/lab-sync.conf db_sync",
    )),
)  # fmt: skip

USERS = ("placement", "glance", "neutron", "nova")


def services_of(*, tls: bool = False) -> tuple[services.Service, ...]:
    """Return the programs to keep running."""

    def api_of(name: str, script: str, port: int, user: str, **more: Any) -> services.Service:
        where = f"/etc/{user}" if tls else ""
        return services.wsgi(name, script, [port], user=user, tls=where, **more)

    neutron = {"OS_NEUTRON_CONFIG_FILES": "neutron.conf"}
    conf = "--config-file /etc/nova/nova.conf"
    return (
        api_of("placement-api", "/usr/bin/placement-api", 8778, "placement", threads=4),
        api_of("glance-api", "/usr/bin/glance-wsgi-api", 9292, "glance"),
        api_of("neutron-api", _NEUTRON_SCRIPT, 9696, "neutron", environment=neutron),
        api_of("nova-api", "/usr/bin/nova-api-wsgi", 8774, "nova", processes=2),
        services.Service("nova-conductor", f"/usr/bin/nova-conductor {conf}", user="nova"),
        services.Service("nova-scheduler", f"/usr/bin/nova-scheduler {conf}", user="nova"),
    )


_PORTS = (8774, 8778, 9292, 9696)


def ensure_scripts() -> None:
    """Write what the units run beside the distribution's programs."""
    files.ensure(_ONE_IMPORT, pathlib.Path(one_import.__file__).read_text())
    files.ensure(_NEUTRON_SCRIPT, _NEUTRON)


def run_by(users: Collection[str]) -> list[str]:
    """Return the names of the services that run as these users."""
    return [service.name for service in services_of() if service.user in users]


def answers(timeout: float, *, tls: bool = False) -> bool:
    """Return whether every API answers within a time."""
    scheme = "https" if tls else "http"
    return all(api.wait_answer(f"{scheme}://127.0.0.1:{port}/", timeout) for port in _PORTS)
