#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Nova's control plane with Placement, Glance and Neutron's API, a flavour and a guest image."""

import dataclasses
import logging

import ops

import conf
import seed
import workload
from lab_charm import api, files, inputs, nova, ready, services, tls

logger = logging.getLogger(__name__)


class NovaCloudControllerCharm(ops.CharmBase):
    """Run the control plane and tell the hypervisors about it."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        for event in (self.on.install, self.on.start, self.on.config_changed, self.on.upgrade_charm,
                      self.on.update_status):  # fmt: skip
            framework.observe(event, self._reconcile)
        for name in ("shared-db", "amqp", "identity-service", "cloud-compute", "certificates"):
            for event in (self.on[name].relation_created, self.on[name].relation_changed,
                          self.on[name].relation_departed, self.on[name].relation_broken):  # fmt: skip
                framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        self._ask()
        try:
            pair = self._pair()
            databases, queue = self._databases(), inputs.queue(self)
            # The tables take longest and need nothing of Keystone: they are made while it starts.
            self._write(conf.databases(databases, queue))
            workload.ensure_scripts()
            services.begin(workload.TASKS)
            cloud = dataclasses.replace(self._cloud(), ca=pair.authority if pair else "")
            flags = inputs.flags(self)
        except ready.NotReadyError as missing:
            logger.info("not ready: %s", missing)
            return
        services.finish(workload.TASKS)
        changed = self._write(conf.everything(databases, queue, cloud, flags))
        if pair:
            changed |= {user for user in workload.USERS if tls.write(pair, f"/etc/{user}", user)}
        wanted = workload.services_of(tls=pair is not None)
        services.ensure(wanted, changed=workload.run_by(changed))
        if not (
            workload.answers(150, tls=pair is not None)
            and api.wait_answer(cloud.auth_url, timeout=90)
        ):
            logger.warning("an API does not answer yet; the next hook tries again")
            return
        seed.ensure(api.Session(cloud.auth_url, cloud.service_username, cloud.service_password,
                                cloud.service_tenant, cloud.service_domain))  # fmt: skip
        for relation in self.model.relations["cloud-compute"]:
            relation.data[self.unit].update(cloud.databag())

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            self._pair()
            self._databases()
            inputs.queue(self)
            self._cloud()
            inputs.flags(self)
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running(*(service.name for service in workload.services_of())):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        if not workload.answers(0, tls=bool(self.model.relations["certificates"])):
            event.add_status(ops.WaitingStatus("Waiting for the APIs to answer"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop(*(service.name for service in workload.services_of()))

    def _ask(self) -> None:
        for relation in self.model.relations["shared-db"]:
            relation.data[self.unit].update(conf.database_request(self._address("shared-db")))
        inputs.ask_for_queue(self)
        faces = {face: self._address(face) for face in ("public", "internal", "admin")}
        tls_wanted = bool(self.model.relations["certificates"])
        for relation in self.model.relations["identity-service"]:
            relation.data[self.unit].update(
                conf.catalogue_request(faces, str(self.config["region"]), tls=tls_wanted)
            )

    def _pair(self) -> tls.Pair | None:
        return tls.obtain(self, ("public", "internal", "admin"))

    def _databases(self) -> dict[str, str]:
        ready.require_program("nova-conductor", "control")
        relation = ready.related(self, "shared-db")
        for unit in relation.units:
            urls = conf.database_urls(relation.data[unit], self.unit.name)
            if urls:
                return urls
        raise ready.waiting("Waiting for a database")

    def _cloud(self) -> nova.Cloud:
        relation = ready.related(self, "identity-service")
        for unit in relation.units:
            cloud = nova.Cloud.from_databag(relation.data[unit], region=str(self.config["region"]))
            if cloud:
                return cloud
        raise ready.waiting("Waiting for Keystone")

    def _write(self, wanted: conf.Files) -> set[str]:
        """Write the files and return whose changed."""
        return {
            owner
            for (owner, name), text in wanted.items()
            if files.ensure(f"/etc/{owner}/{name}", text, mode=0o640, group=owner)
        }

    def _address(self, name: str) -> str:
        binding = self.model.get_binding(name)
        return str(binding.network.ingress_address) if binding else ""


if __name__ == "__main__":
    ops.main(NovaCloudControllerCharm)
