#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Charm of Masakari: the API, the engine and the fencing monitor."""

import logging

import ops
import pydantic

import action
import certificates
import conf
import database
import engine_parts
import haproxy
import hypervisor
import inputs as readings
import masakari
import monitor
import monitoring
import network
import operations
import policy
import purging
import readiness
import recoveries
import relations
import renewal
import reports
import segment_sync
import sources
import trust
import upgrade
from config import Config, problems
from inputs import Inputs
from instance_ha import packages, status, systemd
from instance_ha.command import CommandError

logger = logging.getLogger(__name__)

OPERATIONS = (
    operations.ACTIONS | reports.ACTIONS | readiness.ACTIONS | hypervisor.ACTIONS | purging.ACTIONS
)


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
        for name in (*relations.REQUIRED, relations.PEERS, "ha", "certificates", monitoring.COS):
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
            readings.check(self.model, inputs)
            note = readings.notes(self.model, inputs.config)
        except status.NotReadyError as reason:
            event.add_status(reason.status)
        else:
            event.add_status(ops.ActiveStatus("; ".join(["Unit is ready", *note])))

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        monitoring.remove()
        monitor.remove()
        renewal.remove()
        engine_parts.remove()
        masakari.remove()

    def _on_pause_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.ensure_stopped(self._services(), masked=True)
        except CommandError as error:
            event.fail(f"Couldn't pause: {error}")
            return
        event.set_results({"outcome": f"stopped until resume: {', '.join(self._services())}"})

    def _on_resume_action(self, event: ops.ActionEvent) -> None:
        try:
            systemd.unmask(*self._services())
        except CommandError as error:
            event.fail(f"Couldn't resume: {error}")
            return
        self._reconcile(event)
        stopped = masakari.faults(self._services(), ())
        outcome = "; ".join(stopped) or f"running: {', '.join(self._services())}"
        event.set_results({"outcome": outcome})

    def _on_restart_services_action(self, event: ops.ActionEvent) -> None:
        if masakari.is_paused():
            event.fail("the unit is paused; use the action resume")
            return
        try:
            systemd.restart(*self._services())
        except CommandError as error:
            event.fail(str(error))
            return
        event.set_results({"outcome": f"restarted: {', '.join(self._services())}"})

    def _on_package_upgrade_action(self, event: ops.ActionEvent) -> None:
        try:
            if upgrade.is_pending(self._config().openstack_origin):
                outcome = "upgrade skipped because an openstack upgrade is available"
                event.set_results({"outcome": outcome})
                return
            upgrade.check()
            changed = packages.upgrade(masakari.PACKAGES)
        except (status.NotReadyError, CommandError) as error:
            event.fail(str(error))
            return
        event.set_results({"outcome": upgrade.outcome(changed) or "nothing to upgrade"})
        self._reconcile(event)

    def _on_openstack_upgrade_action(self, event: ops.ActionEvent) -> None:
        try:
            upgrade.check()
            changed = upgrade.run(self._config().openstack_origin)
        except (status.NotReadyError, CommandError) as error:
            event.fail(str(error))
            return
        self._reconcile(event)
        outcome = upgrade.outcome(changed) or "this release is installed already"
        event.set_results({"outcome": outcome, "upgrade-check": upgrade.advice()})

    def _on_operation(self, event: ops.ActionEvent) -> None:
        """Run one of the actions that stand in a table; ops tells its name only so."""
        name = event.handle.kind.removesuffix("_action").replace("_", "-")
        try:
            described = frozenset(one.name for one in self._config().segments)
        except status.NotReadyError as reason:
            event.fail(str(reason))
            return
        action.run(event, OPERATIONS[name], described)

    def _reconcile(self, _: ops.EventBase) -> None:
        """Bring the unit to the state that its options and relations describe."""
        try:
            config = self._config()
            self._publish(config)
            if masakari.is_paused():
                return
            self._reconcile_software(config)
            self._reconcile_release(config)
            self._reconcile_front(config)
            inputs = self._inputs()
            self._reconcile_conf(inputs)
            self._reconcile_database(inputs)
            self._reconcile_services()
            self._reconcile_segments(inputs.config)
        except status.NotReadyError as reason:
            logger.info("not ready: %s", reason)

    def _publish(self, config: Config) -> None:
        certificates.publish(self.model, config)
        tls = certificates.offered(self.model, config) is not None
        relations.publish(self.model, config, network.read(), tls=tls)

    def _reconcile_software(self, config: Config) -> None:
        if masakari.version() is None:
            self.unit.status = ops.MaintenanceStatus("Installing packages")
            sources.apply(config.openstack_origin)
        masakari.install()
        self.unit.set_workload_version(masakari.version() or "")
        self.unit.set_ports(conf.PORT)
        if monitor.ensure_program():
            monitor.restart()
            monitoring.restart()
        monitoring.reconcile(self)

    def _reconcile_release(self, config: Config) -> None:
        """Follow ``openstack-origin``, unless that is left to the action."""
        if not upgrade.is_pending(config.openstack_origin):
            sources.remember(config.openstack_origin)
        elif not config.action_managed_upgrade:
            upgrade.check()
            self.unit.status = ops.MaintenanceStatus("Running openstack upgrade")
            if upgrade.run(config.openstack_origin):
                logger.info("masakari-status upgrade check: %s", upgrade.advice())
            self.unit.set_workload_version(masakari.version() or "")

    def _reconcile_front(self, config: Config) -> None:
        """Run haproxy, or leave that to the cluster."""
        servers = relations.servers(self.model)
        tls = certificates.offered(self.model, config) is not None
        text = haproxy.render(config, servers, port=conf.PORT, api_port=conf.API_PORT, tls=tls)
        changed = haproxy.ensure(text)
        if self.model.relations["ha"]:
            started = False
            systemd.ensure_disabled([masakari.HAPROXY])
        else:
            started = systemd.ensure_running([masakari.HAPROXY])
        if changed and not started:
            systemd.reload(masakari.HAPROXY)

    def _reconcile_conf(self, inputs: Inputs) -> None:
        config, services, tls = inputs.config, inputs.services, inputs.serving is not None
        trusted = trust.ensure_authorities(certificates.authorities(self.model, config))
        changed = masakari.ensure_conf(conf.render(config, services, inputs.release))
        engine_parts.ensure()
        changed |= trust.ensure_clients(services.database_tls, services.broker_authority)
        renews = trust.is_serving()
        served = trust.ensure_serving(inputs.serving)
        changed |= masakari.ensure_site(conf.render_site(config, masakari.cores(), tls=tls))
        if changed or trusted or (served and not renews):
            systemd.reload(masakari.APACHE)
        elif served or renewal.has_failed():
            renewal.begin(relations.server_name(self.unit.name))
        if monitor.ensure_settings(monitor.settings(config, services)) or trusted:
            monitor.restart()
        try:
            policy.ensure(readings.policies(self.model, config))
        except policy.PolicyError as error:
            logger.error("%s", error)  # the status says so; the rules in place stay

    def _reconcile_database(self, inputs: Inputs) -> None:
        peers = self.model.get_relation(relations.PEERS)
        word = inputs.database_relation, inputs.release
        if (
            peers
            and self.unit.is_leader()
            and not database.is_current(peers.data[self.app], *word)
        ):
            database.sync(inputs.services.database_url)
            peers.data[self.app].update(database.word(*word))
        readings.check_database(self.model, inputs)

    def _reconcile_services(self) -> None:
        systemd.ensure_running(masakari.SERVICES)
        # Not in the middle of a recovery: that would be aborted. The next hook looks again.
        if masakari.engine_is_stale() and not recoveries.running():
            systemd.restart(masakari.ENGINE)

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
        return readings.gather(self.model, self._config())

    def _services(self) -> list[str]:
        """Return what this unit itself starts and stops; haproxy belongs to a cluster that there is."""
        return [*masakari.SERVICES, *([] if self.model.relations["ha"] else [masakari.HAPROXY])]


if __name__ == "__main__":
    ops.main(MasakariCharm)
