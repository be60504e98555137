#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A principal for hacluster: haproxy that answers with its host's name, and a virtual address."""

import logging
import socket

import ops

import request
from lab_charm import command, files, ready

logger = logging.getLogger(__name__)

_CONF = """\
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend anchor
    bind {bind}
    http-request return status 200 content-type text/plain string "{name}\\n"
"""


class AnchorCharm(ops.CharmBase):
    """Run haproxy and ask the cluster for an address."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        ha, peers = self.on["ha"], self.on["cluster"]
        for event in (self.on.install, self.on.start, self.on.config_changed, self.on.upgrade_charm,
                      ha.relation_created, ha.relation_changed, peers.relation_created):  # fmt: skip
            framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        if not ready.has_program("haproxy"):
            command.run("apt-get", "install", "--yes", "--quiet", "haproxy", timeout=300)
        vips = str(self.config["vip"]).split()
        # A machine without IPv6 cannot bind an address of it.
        bind = ":::80 v4v6" if any(map(request.is_ipv6, vips)) else ":80"
        conf = _CONF.format(name=socket.gethostname(), bind=bind)
        if files.ensure("/etc/haproxy/haproxy.cfg", conf):
            # Who runs it, systemd or the cluster, is for the cluster to say.
            command.succeeds("systemctl", "try-reload-or-restart", "haproxy")
        for relation in self.model.relations["cluster"]:
            network = self.model.get_binding(relation)
            address = str(network.network.bind_address) if network else ""
            relation.data[self.unit]["private-address"] = address
        asked = request.write(vips, haproxy=bool(self.config["resources"]))
        for relation in self.model.relations["ha"]:
            relation.data[self.unit].update(asked)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        answers = [
            relation.data[unit].get("clustered")
            for relation in self.model.relations["ha"]
            for unit in relation.units
        ]
        if not answers:
            event.add_status(ops.ActiveStatus("Unit is ready, without a cluster"))
        elif answers != ["yes"]:
            event.add_status(ops.WaitingStatus("Waiting for the cluster"))
        event.add_status(ops.ActiveStatus("Unit is ready"))


if __name__ == "__main__":
    ops.main(AnchorCharm)
