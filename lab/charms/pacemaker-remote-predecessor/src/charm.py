#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Make the principal's host a remote as the predecessor of pacemaker-remote does."""

import base64
import json
import pathlib
import shutil
import socket

import ops

from lab_charm import command, files

_ENDPOINT = "pacemaker-remote"
_AUTHKEY = "/etc/pacemaker/authkey"
# Without pcs, which the lab's repository does not have and nothing needs.
_PACKAGES = ("pacemaker-remote", "resource-agents", "corosync")


class PredecessorCharm(ops.CharmBase):
    """Run pacemaker_remote with the cluster's key."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        endpoint = self.on[_ENDPOINT]
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.install, self._on_install)
        for event in (self.on.config_changed, endpoint.relation_joined, endpoint.relation_changed):
            framework.observe(event, self._on_changed)

    def _on_install(self, _: ops.InstallEvent) -> None:
        command.run("apt-get", "install", "--yes", "--quiet", *_PACKAGES, timeout=600)
        # The daemon of the ring goes on running, of whom nobody needs anything here.
        shutil.rmtree("/etc/corosync/uidgid.d", ignore_errors=True)
        pathlib.Path("/etc/corosync/corosync.conf").unlink(missing_ok=True)

    def _on_changed(self, _: ops.EventBase) -> None:
        name = socket.getfqdn()
        for relation in self.model.relations[_ENDPOINT]:
            binding = self.model.get_binding(relation)
            said = {
                "remote-hostname": name,
                "remote-ip": str(binding.network.bind_address) if binding else "",
                "stonith-hostname": name if self.config["enable-stonith"] else None,
                "enable-resources": bool(self.config["enable-resources"]),
            }
            relation.data[self.unit].update({key: json.dumps(said[key]) for key in said})
        key = self._key()
        # World-readable: so it was.
        if key and files.ensure(_AUTHKEY, base64.b64decode(key), mode=0o444,
                                owner="hacluster", group="haclient"):  # fmt: skip
            command.run("systemctl", "restart", "pacemaker_remote")

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if not self._key():
            event.add_status(ops.MaintenanceStatus("Installation complete - awaiting next status"))
        event.add_status(ops.ActiveStatus("Unit is ready"))

    def _key(self) -> str:
        bags = [
            relation.data[unit]
            for relation in self.model.relations[_ENDPOINT]
            for unit in relation.units
        ]
        found = {key for bag in bags if (key := bag.get("pacemaker-key"))}
        if len(found) > 1:
            raise RuntimeError("Inconsistent keys")
        return "".join(found)


if __name__ == "__main__":
    ops.main(PredecessorCharm)
