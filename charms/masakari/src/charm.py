#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charm of Masakari: the API, the engine and the fencing monitor."""

import dataclasses
import logging
from collections.abc import Callable
from typing import Annotated

import ops
import pydantic

import conf
import database
import haproxy
import hypervisor
import masakari
import monitor
import network
import operations
import origin
import relations
import reports
import segment_sync
from config import Config, problems
from instance_ha import packages, status, systemd
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

OPERATIONS = operations.ACTIONS | reports.ACTIONS


@dataclasses.dataclass(frozen=True)
class Inputs:
    """What the API and the engine need to run."""

    config: Config
    services: conf.Services
    release: int
    database_relation: int


class HostParams(pydantic.BaseModel):
    """Parameters of the actions about one hypervisor."""

    host: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class MasakariCharm(ops.CharmBase):
    """Recover the instances of failed hypervisors."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        framework.observe(self.on.pause_action, self._on_pause_action)
        framework.observe(self.on.resume_action, self._on_resume_action)
        framework.observe(self.on.restart_services_action, self._on_restart_services_action)
        framework.observe(self.on.package_upgrade_action, self._on_package_upgrade_action)
        framework.observe(self.on.openstack_upgrade_action, self._on_openstack_upgrade_action)
        framework.observe(self.on.pause_host_action, self._on_pause_host_action)
        framework.observe(self.on.resume_host_action, self._on_resume_host_action)
        for name in OPERATIONS:
            framework.observe(self.on[name].action, self._on_operation)
        for event in (
            self.on.install,
            self.on.start,
            self.on.config_changed,
            self.on.upgrade_charm,
            self.on.update_status,
            self.on.leader_elected,
        ):
            framework.observe(event, self._reconcile)
        for name in (*relations.REQUIRED, relations.PEERS, "ha", "certificates"):
            for event in (
                self.on[name].relation_created,
                self.on[name].relation_changed,
                self.on[name].relation_departed,
                self.on[name].relation_broken,
            ):
                framework.observe(event, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if masakari.is_paused():
            event.add_status(status.PAUSED)
            return
        try:
            inputs = self._inputs()
            self._check(inputs)
            note = self._segments_note(inputs.config)
        except status.NotReadyError as reason:
            event.add_status(reason.status)
        else:
            event.add_status(ops.ActiveStatus("; ".join(["Unit is ready", *note])))

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        monitor.remove()
        masakari.remove()

    def _on_pause_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.ensure_stopped(self._services(), masked=True)
        except CommandError as error:
            event.fail(f"Couldn't pause: {error}")

    def _on_resume_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.unmask(*self._services())
        except CommandError as error:
            event.fail(f"Couldn't resume: {error}")
            return
        self._reconcile(event)

    def _on_restart_services_action(self, event: ops.ActionEvent) -> None:
        if masakari.is_paused():
            event.fail("the unit is paused; use the action resume")
            return
        try:
            systemd.restart(*self._services())
        except CommandError as error:
            event.fail(str(error))

    def _on_package_upgrade_action(self, event: ops.ActionEvent) -> None:
        try:
            changed = packages.upgrade(masakari.PACKAGES)
        except CommandError as error:
            event.fail(str(error))
            return
        names = ", ".join(f"{name} {version}" for name, version in sorted(changed.items()))
        event.set_results({"outcome": f"upgraded {names}" if changed else "nothing to upgrade"})
        self._reconcile(event)

    def _on_openstack_upgrade_action(self, event: ops.ActionEvent) -> None:
        event.fail(
            "this revision uses the distribution's own packages only, and they have no other"
            " OpenStack release; use the action package-upgrade"
        )

    def _on_pause_host_action(self, event: ops.ActionEvent) -> None:
        self._move_host(event, hypervisor.pause)

    def _on_resume_host_action(self, event: ops.ActionEvent) -> None:
        self._move_host(event, hypervisor.resume)

    def _on_operation(self, event: ops.ActionEvent) -> None:
        """Run one of the actions that stand in a table; ops tells its name only so."""
        name = event.handle.kind.removesuffix("_action").replace("_", "-")
        try:
            described = frozenset(one.name for one in self._config().segments)
        except status.NotReadyError as reason:
            event.fail(str(reason))
            return
        operations.run(event, OPERATIONS[name], described)

    def _reconcile(self, _: ops.EventBase) -> None:
        """Bring the unit to the state that its options and relations describe."""
        try:
            config = self._config()
            relations.publish(self.model, config, network.read())
            if masakari.is_paused():
                return
            self._reconcile_software(config)
            self._reconcile_front(config)
            inputs = self._inputs()
            self._reconcile_conf(inputs)
            self._reconcile_database(inputs)
            self._reconcile_services()
            self._reconcile_segments(inputs.config)
        except status.NotReadyError as reason:
            logger.info("not ready: %s", reason)

    def _reconcile_software(self, config: Config) -> None:
        if masakari.version() is None:
            self.unit.status = ops.MaintenanceStatus("Installing packages")
            origin.check(config.openstack_origin)
        masakari.install()
        self.unit.set_workload_version(masakari.version() or "")
        self.unit.set_ports(conf.PORT)
        if monitor.ensure_program():
            monitor.restart()

    def _reconcile_front(self, config: Config) -> None:
        """Run haproxy, or leave that to the cluster."""
        text = haproxy.render(
            config, relations.servers(self.model), port=conf.PORT, api_port=conf.API_PORT
        )
        changed = haproxy.ensure(text)
        if self.model.relations["ha"]:
            started = False
            systemd.ensure_disabled([masakari.HAPROXY])
        else:
            started = systemd.ensure_running([masakari.HAPROXY])
        if changed and not started:
            systemd.reload(masakari.HAPROXY)

    def _reconcile_conf(self, inputs: Inputs) -> None:
        changed = masakari.ensure_conf(conf.render(inputs.config, inputs.services, inputs.release))
        site_changed = masakari.ensure_site(conf.render_site(inputs.config, masakari.cores()))
        if changed or site_changed:
            systemd.reload(masakari.APACHE)
        if changed:
            systemd.try_restart(masakari.ENGINE)
        if monitor.ensure_settings(monitor.settings(inputs.config, inputs.services)):
            monitor.restart()

    def _reconcile_database(self, inputs: Inputs) -> None:
        peers = self.model.get_relation(relations.PEERS)
        word = inputs.database_relation, inputs.release
        if (
            peers
            and self.unit.is_leader()
            and not database.is_current(peers.data[self.app], *word)
        ):
            database.sync(inputs.services.database)
            peers.data[self.app].update(database.word(*word))
        self._check_database(inputs)

    def _reconcile_services(self) -> None:
        systemd.ensure_running(masakari.SERVICES)

    def _reconcile_segments(self, config: Config) -> None:
        peers = self.model.get_relation(relations.PEERS)
        wanted = config.segments and self.unit.is_leader() and relations.is_clustered(self.model)
        if peers and wanted:
            before = segment_sync.Memory.read(peers.data[self.app])
            after = segment_sync.reconcile(config.segments, before)
            peers.data[self.app].update(after.write())

    def _config(self) -> Config:
        try:
            return self.load_config(Config)
        except pydantic.ValidationError as error:
            raise status.blocked(problems(error))

    def _inputs(self) -> Inputs:
        """Return what the API and the engine need, or raise the status that says what is missing."""
        config = self._config()
        if self.model.relations["certificates"]:
            raise status.blocked("certificates: TLS is not supported by this revision")
        if config.vip and not self.model.relations["ha"]:
            raise status.blocked("vip: needs the relation ha")
        release = masakari.release()
        if not release:
            origin.check(config.openstack_origin)
        return Inputs(
            config=config,
            services=relations.services(self.model),
            release=release,
            database_relation=self.model.relations["shared-db"][0].id,
        )

    def _check(self, inputs: Inputs) -> None:
        """Raise the status of what keeps a complete unit from working."""
        self._check_database(inputs)
        if not relations.is_clustered(self.model):
            raise status.waiting("'ha': the cluster has not formed yet")
        if (
            self.model.relations["ha"]
            and not systemd.read(masakari.HAPROXY)[masakari.HAPROXY].is_healthy
        ):
            # The cluster's to start, as after a reboot; a hook may come before it has.
            raise status.waiting("'ha': the cluster has not started haproxy here")
        if found := masakari.faults((*masakari.SERVICES, masakari.HAPROXY), masakari.API_PORTS):
            raise status.blocked("; ".join(found))

    def _check_database(self, inputs: Inputs) -> None:
        peers = self.model.get_relation(relations.PEERS)
        word = inputs.database_relation, inputs.release
        if not (peers and database.is_ready(peers.data[self.app], *word)):
            raise status.waiting("the leader has not prepared the database yet")

    def _segments_note(self, config: Config) -> list[str]:
        """Return what the leader has to add about the segments, or raise it if it is serious."""
        peers = self.model.get_relation(relations.PEERS)
        if not (config.segments and peers and self.unit.is_leader()):
            return []
        return segment_sync.Memory.read(peers.data[self.app]).note()

    def _move_host(
        self, event: ops.ActionEvent, move: Callable[[str], hypervisor.Outcome]
    ) -> None:
        params = event.load_params(HostParams, errors="fail")
        outcome = move(params.host)
        event.set_results({"host": params.host, "steps": "\n".join(outcome.steps)})
        if outcome.error:
            event.fail(outcome.error)

    def _services(self) -> list[str]:
        """Return what this unit itself starts and stops; haproxy belongs to a cluster that there is."""
        return [*masakari.SERVICES, *([] if self.model.relations["ha"] else [masakari.HAPROXY])]


if __name__ == "__main__":
    ops.main(MasakariCharm)
