# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""This machine as a member of the cluster: its packages, files and daemons."""

import logging
import pathlib
import shutil
import time
from collections.abc import Iterable

import access
import corosync
import fencing_report
import pacemaker
from config import Config
from instance_ha import files, packages, systemd
from keys import Keys

logger = logging.getLogger(__name__)

_SERVICES = (corosync.SERVICE, pacemaker.SERVICE)
_PACKAGES = ("corosync", "pacemaker", "crmsh", "resource-agents", "iputils-ping")
_AGENTS = ("fence_maas", "fence_bmc", "fence_member")
_AGENT_DIRECTORY = pathlib.Path("/usr/sbin")
# What they are made of; see their documentation.
_LIBRARIES = ("fence_agent", "fence_maas_agent", "fence_bmc_agent", "fence_member_agent")
_HELPER = "fence_bmc_ipmitool"
_LIBRARY_DIRECTORY = pathlib.Path("/usr/share/instance-ha-fencing")
_OLD_LIBRARY_DIRECTORY = pathlib.Path("/usr/share/fence-maas")
_LEAVE = 60.0  # seconds for a unit on its way out to leave the cluster by itself
_TURN = 2.0  # seconds between two members that leave at the same time
_SHRINK = 30.0  # seconds for those who stay to expect fewer votes
_DROP_IN = "/etc/systemd/system/{}.service.d/overrides.conf"  # the predecessor's file


def install(charm_directory: pathlib.Path) -> None:
    """Install what a member needs, without its becoming one."""
    corosync.ensure_safe_conf()
    packages.ensure(_PACKAGES, inactive=[f"{name}.service" for name in _SERVICES])
    _install_agents(charm_directory / "files")


def _install_agents(sources: pathlib.Path) -> None:
    # First what the agents are made of: the cluster may want one of them at any moment.
    for library in _LIBRARIES:
        for source in sorted((sources / library).glob("*.py")):
            files.ensure(_LIBRARY_DIRECTORY / library / source.name, source.read_bytes())
    helper = (sources / _HELPER).read_bytes()
    files.ensure(_LIBRARY_DIRECTORY / _HELPER, helper, mode=0o755)
    for name in _AGENTS:
        files.ensure(_AGENT_DIRECTORY / name, (sources / name).read_bytes(), mode=0o755)
    shutil.rmtree(_OLD_LIBRARY_DIRECTORY, ignore_errors=True)


def workload_version() -> str:
    """Return the version of Pacemaker; empty if it is not installed."""
    version = packages.installed(["pacemaker"]).get("pacemaker", "")
    return packages.upstream(version) if version else ""


def is_formed() -> bool:
    """Return whether this machine has been made a member."""
    return corosync.present_transport() is not None


def present_keys() -> Keys | None:
    """Return the keys that this machine was made a member with; ``None`` if it was not."""
    if not (is_formed() and corosync.AUTHKEY.is_file() and pacemaker.AUTHKEY.is_file()):
        return None
    return Keys(corosync.AUTHKEY.read_bytes(), pacemaker.AUTHKEY.read_bytes())


def has_left() -> bool:
    """Return whether this unit is on its way out and has left the cluster for good."""
    return systemd.read(pacemaker.SERVICE)[pacemaker.SERVICE].is_masked


def wait_outside() -> None:
    """Keep the daemons down, also after a reboot, until there is a cluster to be a member of."""
    systemd.ensure_stopped(_SERVICES)


def join(ring: corosync.Ring, keys: Keys, node: str, *, take_up: bool = True) -> bool:
    """Be a member of a ring. Return whether the cluster has taken this member in.

    Args:
        ring: The ring.
        keys: Its keys.
        node: This member's name.
        take_up: Whether a running ring may take up what changes; see ``corosync.ensure_ring``.
    """
    starting = not is_formed()
    if corosync.present_transport() not in (None, ring.transport):
        wait_outside()
    pacemaker.ensure_authkey(keys.pacemaker)
    if starting:
        pacemaker.seed()
    corosync.ensure_ring(ring, keys.corosync, take_up=take_up)
    started = systemd.ensure_running(_SERVICES)
    if started:
        logger.info("member of a ring of %d", len(ring.nodes))
    return pacemaker.wait_for_coordinator(node, timeout=90 if started else 10)


def switch(ring: corosync.Ring, keys: Keys, node: str, *, patience: float, strict: bool) -> bool:
    """Be a member of a ring that has another transport than before. Return whether it is done.

    A running corosync cannot take up another transport.

    Args:
        ring: The ring.
        keys: Its keys.
        node: This member's name.
        patience: Seconds to wait for the other members.
        strict: Whether Pacemaker must stay down as long as one of them is missing.
    """
    if corosync.present_transport() != ring.transport:
        wait_outside()
    corosync.ensure_ring(ring, keys.corosync)
    systemd.ensure_running((corosync.SERVICE,))
    whole = pacemaker.wait(lambda: corosync.is_whole(ring), timeout=patience)
    if strict and not whole:
        logger.warning("not all of %d members are in the ring yet", len(ring.nodes))
        return False
    started = systemd.ensure_running(_SERVICES)
    return pacemaker.wait_for_coordinator(node, timeout=90 if started else 10)


def leavers(units: frozenset[int]) -> frozenset[corosync.Node]:
    """Return the members that are no units any more but have not left the ring yet, after a while.

    To strike a member from the ring while it is still part of it tears the ring apart.

    Args:
        units: Ids in the ring of all units.
    """
    gone = {node for node in corosync.present_nodes() if node.id not in units}
    joined = {node for node in gone if corosync.is_joined(node.id)}
    pacemaker.wait(lambda: not any(corosync.is_joined(each.id) for each in joined), timeout=_LEAVE)
    return frozenset(node for node in joined if corosync.is_joined(node.id))


def ensure_drop_ins(config: Config) -> None:
    """Tell systemd how long the daemons may take, and to start a Corosync that died again.

    Pacemaker 3 waits for it to come back rather than end, and runs what it ran meanwhile: a member would keep an
    address that the others have long given to another.
    """
    limits = (
        "[Service]\n"
        f"TimeoutStartSec={_seconds(config.service_start_timeout)}\n"
        f"TimeoutStopSec={_seconds(config.service_stop_timeout)}\n"
    )
    contents = {corosync.SERVICE: f"{limits}Restart=on-failure\n", pacemaker.SERVICE: limits}
    if any([files.ensure(_DROP_IN.format(name), text) for name, text in contents.items()]):
        systemd.daemon_reload()


def _seconds(value: int) -> str:
    return "infinity" if value == -1 else str(value)


def leave_to_cluster(services: Iterable[str]) -> None:
    """Keep systemd from starting what the cluster starts."""
    known = [name for name in services if systemd.read(name)[name].load == "loaded"]
    systemd.ensure_disabled(known)


def leave(node_id: int = 0) -> None:
    """Leave the cluster: what runs here moves away, and nobody needs to be fenced for it.

    When several leave at once, each waits for the others to keep their quorum without it, for a while. (If all
    leave, nobody is left to expect fewer votes.)

    Args:
        node_id: This member's id in the ring.
    """
    systemd.ensure_stopped((pacemaker.SERVICE,), masked=True)
    if systemd.read(corosync.SERVICE)[corosync.SERVICE].is_active:
        time.sleep(_TURN * sum(node.id < node_id for node in corosync.present_nodes()))
        pacemaker.wait(corosync.is_dispensable, timeout=_SHRINK)
    systemd.ensure_stopped((corosync.SERVICE,), masked=True)


def uninstall() -> None:
    """Remove all that made this machine a member, so that it can become one of another cluster."""
    leave()
    packages.purge(("pacemaker", "corosync"))
    pacemaker.forget()
    corosync.forget()
    access.forget()
    files.ensure_absent(fencing_report.VALIDATION)
    for name in _SERVICES:
        shutil.rmtree(pathlib.Path(_DROP_IN.format(name)).parent, ignore_errors=True)
    systemd.unmask(*_SERVICES)
