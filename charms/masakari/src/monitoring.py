# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What watches the fencing monitor: metrics and alerts for the COS (see ``fencing_monitor/relay.py``)."""

import pathlib

import ops
import yaml

import monitor
import templates
from fencing_monitor import relay
from instance_ha import files, systemd
from instance_ha.interfaces import cos_agent

COS = "cos-agent"
RELAY = "masakari-metrics"
_UNIT_FILE = pathlib.Path(f"/etc/systemd/system/{RELAY}.service")
_ALERTS = pathlib.Path(__file__).parent / "observability/alerts.yaml"


def reconcile(charm: ops.CharmBase) -> None:
    """Run the relay and publish what an agent is to collect, as long as there is one."""
    relations = charm.model.relations[COS]
    if not relations:
        remove()
        return
    if files.ensure(_UNIT_FILE, templates.render(f"{RELAY}.service", share=monitor.SHARE)):
        systemd.daemon_reload()
    systemd.ensure_running([RELAY])
    said = content(charm)
    for relation in relations:
        relation.data[charm.unit].update(said)


def restart() -> None:
    """Let the relay take up new code, if it runs."""
    # systemd refuses to restart what it has never heard of, running or not.
    if _UNIT_FILE.exists():
        systemd.try_restart(RELAY)


def remove() -> None:
    """Take away what we brought, if anything."""
    if _UNIT_FILE.exists():
        systemd.ensure_stopped([RELAY])
        files.ensure_absent(_UNIT_FILE)
        systemd.daemon_reload()


def content(charm: ops.CharmBase) -> dict[str, str]:
    """Return what is published for the COS."""
    topology = cos_agent.Topology(
        charm.model.name, charm.model.uuid, charm.app.name, charm.meta.name
    )
    groups = yaml.safe_load(_ALERTS.read_text())["groups"]
    return cos_agent.write(
        ports=(relay.PORT,),
        alerts=cos_agent.rules(groups, topology),
        dashboards=(),
        topology=topology,
    )
