# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The programs of the control plane: what makes their tables and what keeps them running."""

from lab_charm import api, files, services

_NOVA_MANAGE = "/usr/bin/nova-manage --config-file /etc/nova/lab-sync.conf"
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
        f"{_NOVA_MANAGE} api_db sync",
        f"{_NOVA_MANAGE} cell_v2 map_cell0",
        # Exits with 2 when the cell is there, after a try that was cut short.
        f"-{_NOVA_MANAGE} cell_v2 create_cell --name cell1",
        f"{_NOVA_MANAGE} db sync",
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


def ensure_scripts() -> bool:
    """Write our own start of Neutron's API. Return whether it changed."""
    return files.ensure(_NEUTRON_SCRIPT, _NEUTRON)


def answers(timeout: float) -> bool:
    """Return whether every API answers within a time."""
    return all(api.wait_answer(f"http://127.0.0.1:{port}/", timeout) for port in _PORTS)
