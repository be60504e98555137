#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charm of Masakari's monitors: report failed instances of a hypervisor."""

import logging

import ops
import pydantic

import conf
import monitors
import nova
from config import Config, problems
from instance_ha import status, systemd
from instance_ha.command import CommandError
from instance_ha.interfaces import keystone_credentials

logger = logging.getLogger(__name__)

CREDENTIALS = "identity-credentials"
# Keystone knows the user by this name in deployments of the predecessors too.
REQUEST = keystone_credentials.Request(username="masakari-monitors", project="services")


class MasakariMonitorsCharm(ops.CharmBase):
    """Report the instances that fail on the principal's hypervisor."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        framework.observe(self.on.pause_action, self._on_pause_action)
        framework.observe(self.on.resume_action, self._on_resume_action)
        framework.observe(self.on.restart_services_action, self._on_restart_services_action)
        for event in (
            self.on.install,
            self.on.start,
            self.on.config_changed,
            self.on.upgrade_charm,
            self.on.update_status,
            self.on[CREDENTIALS].relation_created,
            self.on[CREDENTIALS].relation_changed,
            self.on[CREDENTIALS].relation_broken,
        ):
            framework.observe(event, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if monitors.is_paused():
            event.add_status(status.PAUSED)
            return
        try:
            config = self._config()
            self._credentials()
        except status.NotReadyError as reason:
            event.add_status(reason.status)
            return
        if stopped := monitors.stopped(monitors.wanted(host_monitor=config.host_monitor)):
            message = f"Services not running that should be: {', '.join(stopped)}"
            event.add_status(ops.BlockedStatus(message))
        event.add_status(ops.ActiveStatus("Unit is ready"))

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        monitors.remove()

    def _on_pause_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.ensure_stopped([monitors.INSTANCE, monitors.HOST], masked=True)
        except CommandError as error:
            event.fail(f"Couldn't pause: {error}")

    def _on_resume_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.unmask(monitors.INSTANCE, monitors.HOST)
        except CommandError as error:
            event.fail(f"Couldn't resume: {error}")
            return
        self._reconcile(event)

    def _on_restart_services_action(self, event: ops.ActionEvent) -> None:
        if monitors.is_paused():
            event.fail("the unit is paused; use the action resume")
            return
        try:
            systemd.restart(*monitors.wanted(host_monitor=self._config().host_monitor))
        except (CommandError, status.NotReadyError) as error:
            event.fail(str(error))

    def _reconcile(self, _: ops.EventBase) -> None:
        """Bring the unit to the state that its options and relations describe."""
        for relation in self.model.relations[CREDENTIALS]:
            relation.data[self.unit].update(keystone_credentials.write(REQUEST))
        if monitors.is_paused():
            return
        try:
            config = self._config()
            self._reconcile_software(config)
            self._reconcile_monitors(config)
        except status.NotReadyError as reason:
            logger.info("not ready: %s", reason)

    def _reconcile_software(self, config: Config) -> None:
        if monitors.version() is None:
            self.unit.status = ops.MaintenanceStatus("Installing packages")
        monitors.install(monitors.wanted(host_monitor=config.host_monitor))
        self.unit.set_workload_version(monitors.version() or "")

    def _reconcile_monitors(self, config: Config) -> None:
        if not self.model.relations[CREDENTIALS]:
            monitors.withdraw()
        credentials = self._credentials()
        names = monitors.wanted(host_monitor=config.host_monitor)
        cafile = str(monitors.AUTHORITIES) if config.ssl_ca else None
        text = conf.render(config, credentials, nova.host(), cafile=cafile)
        if monitors.ensure_conf(text, config.ssl_ca):
            systemd.try_restart(*names)
        systemd.ensure_running(names)
        if not config.host_monitor:
            systemd.ensure_stopped([monitors.HOST])

    def _config(self) -> Config:
        try:
            return self.load_config(Config)
        except pydantic.ValidationError as error:
            raise status.blocked(problems(error))

    def _credentials(self) -> keystone_credentials.Credentials:
        relations = self.model.relations[CREDENTIALS]
        if not relations:
            raise status.blocked(f"'{CREDENTIALS}' missing")
        for relation in relations:
            units = sorted(relation.units, key=lambda unit: unit.name)
            if found := keystone_credentials.read(relation.data[unit] for unit in units):
                return found
        raise status.waiting(f"'{CREDENTIALS}' incomplete")


if __name__ == "__main__":
    ops.main(MasakariMonitorsCharm)
