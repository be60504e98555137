# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What watches the watchers: checks for NRPE, metrics, alerts and a dashboard for the COS."""

import logging
import pathlib
from collections.abc import Iterator, Mapping

import ops
import yaml

from config import Config
from instance_ha import files, systemd
from instance_ha.interfaces import cos_agent, nrpe_external_master
from instance_ha.interfaces.nrpe_external_master import Check

logger = logging.getLogger(__name__)

NRPE, COS = "nrpe-external-master", "cos-agent"
ENDPOINTS = (NRPE, COS)
PORT = 15870
EXPORTER = "hacluster-exporter"

_LIBRARY = pathlib.Path("/usr/share/hacluster")
_UNIT = pathlib.Path(f"/etc/systemd/system/{EXPORTER}.service")
_NRPE_SERVICE = "nagios-nrpe-server"
_NRPE_DIRECTORY = pathlib.Path("/etc/nagios/nrpe.d")
_EXPORTS = pathlib.Path("/var/lib/nagios/export")
_PLUGIN = pathlib.Path("/usr/local/lib/nagios/plugins/check_crm")  # the predecessor's file
_SUDOERS = pathlib.Path("/etc/sudoers.d/nagios")  # the predecessor's file, which allowed more
# As the check calls it (cluster_watch/state.py), escaped as sudoers(5) asks for.
_CRM_MON = (
    "/usr/sbin/crm_mon --one-shot --inactive --output-as\\=xml"
    " --include\\=failcounts\\,failures\\,fencing"
)
_OBSERVABILITY = pathlib.Path(__file__).parent / "observability"
_SERVICE = f"""\
# Written by the hacluster charm; changes are overwritten.
[Unit]
Description=Metrics of the cluster

[Service]
Environment=PYTHONPATH={_LIBRARY} PYTHONDONTWRITEBYTECODE=1
ExecStart=/usr/bin/python3 -m cluster_watch.exporter
Restart=on-failure
Nice=5

[Install]
WantedBy=multi-user.target
"""


def reconcile(charm: ops.CharmBase, config: Config) -> None:
    """Publish and install what is asked for on the relations that there are."""
    _install(charm.charm_dir / "files")
    _nrpe(charm, config)
    _cos(charm)


def forget() -> None:
    """Remove all that monitoring has left on the machine."""
    systemd.ensure_stopped((EXPORTER,))
    for path in (_UNIT, _PLUGIN, _SUDOERS, *_ours()):
        files.ensure_absent(path)


def checks(config: Config) -> tuple[Check, ...]:
    """Return the checks; names and thresholds as the predecessor's."""
    warn = config.failed_actions_threshold or config.res_failcount_warn
    status = (
        f"{_PLUGIN} -s --failedactions={config.failed_actions_alert_type}"
        f" --failcount-warn={warn} --failcount-crit={config.res_failcount_crit}"
    )
    plugins = "/usr/lib/nagios/plugins"
    return (
        Check("crm_status", "Check crm status", status),
        Check("corosync_proc", "Check Corosync process", f"{plugins}/check_procs -c 1:1 -C corosync"),
        Check("pacemakerd_proc", "Check Pacemakerd process", f"{plugins}/check_procs -c 1:1 -C pacemakerd"),
    )  # fmt: skip


def _install(sources: pathlib.Path) -> None:
    changed = False
    for source in sorted((sources / "cluster_watch").glob("*.py")):
        changed |= files.ensure(_LIBRARY / "cluster_watch" / source.name, source.read_bytes())
    # systemd refuses to restart what it has never heard of, running or not.
    if changed and _UNIT.exists():
        systemd.try_restart(EXPORTER)


def _nrpe(charm: ops.CharmBase, config: Config) -> None:
    relation = next(iter(charm.model.relations[NRPE]), None)
    # As long as the nrpe charm has not made its directory, there is nobody to run a check.
    if relation is None or not _NRPE_DIRECTORY.is_dir():
        _withdraw()
        return
    wanted = checks(config)
    relation.data[charm.unit].update(nrpe_external_master.write(wanted))
    said: Mapping[str, str] = {}
    for unit in relation.units:
        said = relation.data[unit]
    host = nrpe_external_master.host_name(said, config.nagios_context, charm.unit.name)
    groups = config.nagios_servicegroups or config.nagios_context
    files.ensure(_PLUGIN, (charm.charm_dir / "files/check_crm").read_bytes(), mode=0o755)
    files.ensure(_SUDOERS, f"nagios ALL=(root) NOPASSWD: {_CRM_MON}\n", mode=0o440)
    changed = False
    for check in wanted:
        content = nrpe_external_master.command_file(check)
        changed |= files.ensure(_NRPE_DIRECTORY / f"{check.command_name}.cfg", content)
        export = _EXPORTS / f"service__{host}_{check.command_name}.cfg"
        files.ensure(export, nrpe_external_master.service_file(check, host, groups))
    if changed:
        _tell_nrpe()


def _withdraw() -> None:
    if any([files.ensure_absent(path) for path in (_SUDOERS, _PLUGIN, *_ours())]):
        logger.info("the checks of NRPE are withdrawn")
        _tell_nrpe()


def _tell_nrpe() -> None:
    # The directory may be there earlier than the daemon, and later.
    if systemd.read(_NRPE_SERVICE)[_NRPE_SERVICE].is_active:
        systemd.try_restart(_NRPE_SERVICE)


def _ours() -> Iterator[pathlib.Path]:
    # The ring's check of the predecessor is gone with the Corosync that it was for.
    for name in ("crm_status", "corosync_proc", "pacemakerd_proc", "corosync_rings"):
        yield from _NRPE_DIRECTORY.glob(f"check_{name}.cfg")
        yield from _EXPORTS.glob(f"service__*_check_{name}.cfg")


def _cos(charm: ops.CharmBase) -> None:
    relations = charm.model.relations[COS]
    if not relations:
        if _UNIT.exists():
            systemd.ensure_stopped((EXPORTER,))
        return
    if files.ensure(_UNIT, _SERVICE):
        systemd.daemon_reload()
    systemd.ensure_running((EXPORTER,))
    said = content(charm)
    for relation in relations:
        relation.data[charm.unit].update(said)


def content(charm: ops.CharmBase) -> dict[str, str]:
    """Return what is published for the COS."""
    topology = cos_agent.Topology(
        charm.model.name, charm.model.uuid, charm.app.name, charm.meta.name
    )
    groups = yaml.safe_load((_OBSERVABILITY / "alerts.yaml").read_text())["groups"]
    return cos_agent.write(
        ports=(PORT,),
        alerts=cos_agent.rules(groups, topology),
        dashboards=((_OBSERVABILITY / "dashboard.json").read_text(),),
        topology=topology,
    )
