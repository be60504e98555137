#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Put the principal's host under the watch of a cluster."""

import logging
import socket
from collections.abc import Iterator

import ops

import remote
from config import Config
from instance_ha.command import CommandError
from instance_ha.interfaces import pacemaker_remote
from instance_ha.status import PAUSED, NotReadyError, blocked, waiting

logger = logging.getLogger(__name__)

_ENDPOINT = "pacemaker-remote"
_RELEASE = 180.0  # seconds for the cluster's leader to notice that this unit is gone


class PacemakerRemoteCharm(ops.CharmBase):
    """Put the principal's host under the watch of a cluster."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.stop, self._on_stop)
        framework.observe(self.on.pause_action, self._on_pause_action)
        framework.observe(self.on.resume_action, self._on_resume_action)
        for event in (
            self.on.install,
            self.on.start,
            self.on.upgrade_charm,
            self.on.config_changed,
            self.on.update_status,
            self.on[_ENDPOINT].relation_created,
            self.on[_ENDPOINT].relation_joined,
            self.on[_ENDPOINT].relation_changed,
        ):
            framework.observe(event, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            self._key()
            event.add_status(self._health())
        except NotReadyError as error:
            event.add_status(error.status)

    def _on_stop(self, _: ops.StopEvent) -> None:
        # The cluster's leader removes this host from the cluster when it sees the unit gone. A
        # daemon that stops earlier is a lost host, and lost hosts are powered off.
        if remote.wait_until_released(timeout=_RELEASE):
            remote.stop_serving()
        else:
            logger.warning(
                "the cluster still watches %s, so %s goes on running; stop it once the cluster's "
                "configuration does not name the host any more",
                socket.getfqdn(),
                remote.SERVICE,
            )

    def _on_pause_action(self, event: ops.ActionEvent) -> None:
        self._set_paused(event, paused=True)

    def _on_resume_action(self, event: ops.ActionEvent) -> None:
        self._set_paused(event, paused=False)

    def _set_paused(self, event: ops.ActionEvent, *, paused: bool) -> None:
        host = socket.getfqdn()
        if not paused and not remote.is_serving():
            event.fail(f"{remote.SERVICE} is down; start it first, or the cluster fences {host}")
            return
        try:
            remote.set_paused(host, paused=paused)
        except CommandError as error:
            away = "" if paused else "; if the host was off meanwhile, run masakari's resume-host"
            event.fail(f"the cluster cannot be told: {error}{away}")

    def _reconcile(self, _: ops.EventBase) -> None:
        source, name, address = self.charm_dir / "files", socket.getfqdn(), self._listens_on()
        remote.install(source, name, address)
        self.unit.set_workload_version(remote.workload_version())
        try:
            key = self._key()
        except NotReadyError as error:
            logger.info("not ready: %s", error)
            return
        remote.serve(key)
        remote.ensure_reachable(source, name, address)
        # The host is announced when it can be connected to, not before: the cluster takes an
        # announced host that does not answer for a lost one.
        self._announce(key)

    def _key(self) -> bytes:
        if not self.model.relations[_ENDPOINT]:
            raise blocked(f"Missing relation: {_ENDPOINT}")
        found = {key for key in self._published_keys() if key}
        if not found:
            raise waiting("Waiting for the cluster's key")
        if len(found) > 1:
            # While a key is replaced, members differ for some seconds.
            raise waiting("Waiting for the cluster to agree on its key")
        return found.pop()

    def _published_keys(self) -> Iterator[bytes | None]:
        for relation in self.model.relations[_ENDPOINT]:
            for unit in relation.units:
                try:
                    yield pacemaker_remote.read_key(relation.data[unit])
                except ValueError as error:
                    raise blocked(f"{unit.name}: {error}") from None

    def _announce(self, key: bytes) -> None:
        config = self.load_config(Config)
        name = socket.getfqdn()
        for relation in self.model.relations[_ENDPOINT]:
            content = pacemaker_remote.Remote(
                hostname=name,
                address=self._address(relation),
                fencing_name=name if config.enable_stonith else None,
                runs_resources=config.enable_resources,
            )
            relation.data[self.unit].update(pacemaker_remote.write_remote(content))
            relation.data[self.unit].update(pacemaker_remote.write_key_id(key))

    def _address(self, relation: ops.Relation) -> str:
        return str(self._network(relation).ingress_address)

    def _network(self, relation: ops.Relation) -> ops.Network:
        network = self.model.get_binding(relation).network
        if network.ingress_address is None:
            raise RuntimeError(f"Juju knows no address for {relation.name}")
        return network

    def _listens_on(self) -> str | None:
        """Return the one address of this machine by which all clusters reach it; ``None`` if there is none."""
        found = {
            _own_address(self._network(relation)) for relation in self.model.relations[_ENDPOINT]
        }
        return found.pop() if len(found) == 1 else None

    def _health(self) -> ops.StatusBase:
        if not remote.is_serving():
            return ops.BlockedStatus(f"{remote.SERVICE} is down")
        if remote.is_connected() and remote.is_paused(socket.getfqdn()):
            return PAUSED
        return ops.ActiveStatus("Unit is ready")


def _own_address(network: ops.Network) -> str | None:
    """Return the address that clusters are told, or the one behind it where addresses are translated."""
    local = [str(each.address) for each in network.interfaces if each.address is not None]
    told = str(network.ingress_address)
    return told if told in local else next(iter(local), None)


if __name__ == "__main__":
    ops.main(PacemakerRemoteCharm)
