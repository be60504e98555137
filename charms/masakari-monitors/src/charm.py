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
import watcher
from config import Config, problems
from instance_ha import status, systemd
from instance_ha.command import CommandError
from instance_ha.interfaces import keystone_credentials, tls_certificates

logger = logging.getLogger(__name__)

CREDENTIALS = "identity-credentials"
CERTIFICATES = "certificates"
# Keystone knows the user by this name in deployments of the predecessors too.
USER, PROJECT = "masakari-monitors", "services"


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
            self.on[CERTIFICATES].relation_changed,
            self.on[CERTIFICATES].relation_broken,
        ):
            framework.observe(event, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if monitors.is_paused():
            event.add_status(status.PAUSED)
            return
        try:
            config = self._config()
            self._check_packaged(config)
            self._credentials()
            self._authorities(config)
        except status.NotReadyError as reason:
            event.add_status(reason.status)
            return
        if stopped := monitors.stopped(monitors.wanted(config)):
            message = f"Services not running that should be: {', '.join(stopped)}"
            event.add_status(ops.BlockedStatus(message))
        event.add_status(ops.ActiveStatus("Unit is ready"))

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        watcher.remove()
        monitors.remove()

    def _on_pause_action(self, event: ops.ActionEvent) -> None:
        try:
            watcher.stop()
            names = self._known()
            systemd.ensure_stopped(names, masked=True)
        except CommandError as error:
            event.fail(f"Couldn't pause: {error}")
            return
        event.set_results({"outcome": f"stopped until resume: {', '.join(names)}"})

    def _on_resume_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.unmask(*monitors.ALL)
        except CommandError as error:
            event.fail(f"Couldn't resume: {error}")
            return
        self._reconcile(event)
        found = systemd.read(*monitors.ALL).values()
        running = ", ".join(unit.name for unit in found if unit.is_active)
        event.set_results({"outcome": f"running: {running or 'nothing; the status says why'}"})

    def _on_restart_services_action(self, event: ops.ActionEvent) -> None:
        if monitors.is_paused():
            event.fail("the unit is paused; use the action resume")
            return
        try:
            names = monitors.wanted(self._config())
            systemd.restart(*names)
        except (CommandError, status.NotReadyError) as error:
            event.fail(str(error))
            return
        event.set_results({"outcome": f"restarted: {', '.join(names)}"})

    def _reconcile(self, _: ops.EventBase) -> None:
        """Bring the unit to the state that its options and relations describe."""
        try:
            config = self._config()
            self._publish(config)
            if monitors.is_paused():
                return
            self._check_packaged(config)
            self._reconcile_software(config)
            self._reconcile_monitors(config)
        except status.NotReadyError as reason:
            logger.info("not ready: %s", reason)

    def _publish(self, config: Config) -> None:
        request = keystone_credentials.Request(
            username=USER, project=PROJECT, role=config.keystone_role
        )
        for relation in self.model.relations[CREDENTIALS]:
            relation.data[self.unit].update(keystone_credentials.write(request))

    def _reconcile_software(self, config: Config) -> None:
        if monitors.version() is None:
            self.unit.status = ops.MaintenanceStatus("Installing packages")
        monitors.install(monitors.wanted(config))
        self.unit.set_workload_version(monitors.version() or "")

    def _reconcile_monitors(self, config: Config) -> None:
        if not self.model.relations[CREDENTIALS]:
            monitors.withdraw()
        credentials = self._credentials()
        trusted = self._authorities(config)
        names = monitors.wanted(config)
        text = conf.render(config, credentials, nova.host())
        if monitors.ensure_conf(text, trusted):
            systemd.try_restart(*names)
        systemd.ensure_running(names)
        systemd.ensure_stopped([name for name in monitors.ALL if name not in names])
        watcher.ensure()

    def _check_packaged(self, config: Config) -> None:
        if absent := monitors.missing(monitors.wanted(config)):
            raise status.blocked(f"this machine's sources do not have {', '.join(absent)}")

    def _authorities(self, config: Config) -> list[str]:
        """Return whom to trust beside the machine's own authorities, or raise that it is not known yet."""
        texts = [config.ssl_ca] if config.ssl_ca else []
        for relation in self.model.relations[CERTIFICATES]:
            units = sorted(relation.units, key=lambda unit: unit.name)
            found = tls_certificates.authorities(relation.data[unit] for unit in units)
            if not found:
                raise status.waiting(f"'{CERTIFICATES}' incomplete")
            texts.append(found)
        return texts

    def _known(self) -> list[str]:
        """Return the monitors that are to be masked; those that are not installed would get masks for nothing."""
        units = systemd.read(*monitors.ALL).values()
        return [
            unit.name
            for unit in units
            if unit.name == monitors.INSTANCE or unit.load != "not-found"
        ]

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
