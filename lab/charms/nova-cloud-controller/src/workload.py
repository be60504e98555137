# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The programs of the control plane: what makes their tables and what keeps them running."""

import pathlib
from collections.abc import Collection

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

SERVICES = (
    services.wsgi("placement-api", "/usr/bin/placement-api", [8778], user="placement", threads=4),
    services.wsgi("glance-api", "/usr/bin/glance-wsgi-api", [9292], user="glance"),
    services.wsgi("neutron-api", _NEUTRON_SCRIPT, [9696], user="neutron",
                  environment={"OS_NEUTRON_CONFIG_FILES": "neutron.conf"}),
    services.wsgi("nova-api", "/usr/bin/nova-api-wsgi", [8774], user="nova", processes=2),
    services.Service("nova-conductor", "/usr/bin/nova-conductor --config-file /etc/nova/nova.conf", user="nova"),
    services.Service("nova-scheduler", "/usr/bin/nova-scheduler --config-file /etc/nova/nova.conf", user="nova"),
)  # fmt: skip

_PORTS = (8774, 8778, 9292, 9696)


def ensure_scripts() -> None:
    """Write what the units run beside the distribution's programs."""
    files.ensure(_ONE_IMPORT, pathlib.Path(one_import.__file__).read_text())
    files.ensure(_NEUTRON_SCRIPT, _NEUTRON)


def run_by(users: Collection[str]) -> list[str]:
    """Return the names of the services that run as these users."""
    return [service.name for service in SERVICES if service.user in users]


def answers(timeout: float) -> bool:
    """Return whether every API answers within a time."""
    return all(api.wait_answer(f"http://127.0.0.1:{port}/", timeout) for port in _PORTS)
