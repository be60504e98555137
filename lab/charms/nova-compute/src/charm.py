#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A hypervisor: libvirt with emulated guests, and nova-compute."""

import logging
import socket

import ops

import hypervisor
from lab_charm import inputs, nova, ready, services

logger = logging.getLogger(__name__)


class NovaComputeCharm(ops.CharmBase):
    """Run libvirt and nova-compute."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.remove, self._on_remove)
        for event in (self.on.install, self.on.start, self.on.config_changed, self.on.upgrade_charm,
                      self.on.update_status):  # fmt: skip
            framework.observe(event, self._reconcile)
        for name in ("cloud-compute", "amqp"):
            for event in (self.on[name].relation_created, self.on[name].relation_changed,
                          self.on[name].relation_departed, self.on[name].relation_broken):  # fmt: skip
                framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        inputs.ask_for_queue(self)
        # The name that libvirt gives the hypervisor: the canonical one of the host's name. Masakari
        # and Nova must know the machine by the same name.
        host = socket.getfqdn()
        for relation in self.model.relations["cloud-compute"]:
            relation.data[self.unit].update({"hostname": host})
        try:
            ready.require_program("libvirtd", "compute")
            hypervisor.prepare()
            cloud, queue, flags = self._cloud(), inputs.queue(self), inputs.flags(self)
        except ready.NotReadyError as missing:
            logger.info("not ready: %s", missing)
            return
        cloud.trust()
        hypervisor.run(host, cloud, queue, flags)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        try:
            ready.require_program("libvirtd", "compute")
            self._cloud()
            inputs.queue(self)
            inputs.flags(self)
        except ready.NotReadyError as missing:
            event.add_status(missing.status)
            return
        for name in services.not_running("libvirtd", "nova-compute"):
            event.add_status(ops.WaitingStatus(f"{name} is not running"))
        event.add_status(ops.ActiveStatus())

    def _on_remove(self, _: ops.RemoveEvent) -> None:
        services.stop("nova-compute", "libvirtd")

    def _cloud(self) -> nova.Cloud:
        relation = ready.related(self, "cloud-compute")
        for unit in relation.units:
            cloud = nova.Cloud.from_databag(relation.data[unit])
            if cloud:
                return cloud
        raise ready.waiting("Waiting for the controller")


if __name__ == "__main__":
    ops.main(NovaComputeCharm)
