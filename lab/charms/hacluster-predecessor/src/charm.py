#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Cluster the principal's units as the predecessor of hacluster does."""

import json
import pathlib
import socket

import ops

import crm
import member
import ring
import state
from lab_charm import command

_WAITING = "Insufficient peer units for ha cluster (require {})"
_READY = "Unit is ready and clustered"
_REMOTE = frozenset({"remote-hostname", "remote-ip", "stonith-hostname", "enable-resources"})


class PredecessorCharm(ops.CharmBase):
    """Make a cluster, one restart and one call of crm after the other."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        peers, remotes = self.on["hanode"], self.on["pacemaker-remote"]
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.install, self._on_install)
        framework.observe(self.on.config_changed, self._on_config_changed)
        framework.observe(peers.relation_joined, self._on_hanode_joined)
        framework.observe(remotes.relation_joined, self._on_pacemaker_remote_joined)
        # The last two are not the predecessor's, which does without until something else happens; in
        # a busy lab leadership moves, and what a leader left undone has to be done by somebody.
        for event in (peers.relation_changed, remotes.relation_changed,
                      self.on["ha"].relation_joined, self.on["ha"].relation_changed,
                      self.on.leader_elected, self.on.update_status):  # fmt: skip
            framework.observe(event, self._on_changed)

    # Handlers

    def _on_install(self, _: ops.InstallEvent) -> None:
        source = pathlib.Path(__file__).parent / "maas.py"
        member.install(source, self._address(), self.unit.name)
        state.remember(self.charm_dir, "unit-paused", False)

    def _on_config_changed(self, _: ops.ConfigChangedEvent) -> None:
        self._publish_to_peers()
        # Every unit forms a cluster of its own first; those that meet later become one.
        self._ensure_member()
        if self.unit.is_leader():
            self._configure_globally(crm.Cluster())

    def _on_hanode_joined(self, _: ops.RelationJoinedEvent) -> None:
        self._publish_to_peers()

    def _on_pacemaker_remote_joined(self, _: ops.RelationJoinedEvent) -> None:
        for relation in self.model.relations["pacemaker-remote"]:
            relation.data[self.unit]["pacemaker-key"] = self._remote_key()

    def _on_changed(self, _: ops.EventBase) -> None:
        peers = self.model.get_relation("hanode")
        if peers is None:
            return
        peers.data[self.unit]["ready"] = "True"
        if len(self._peers("ready")) + 1 < int(self.config["cluster_count"]):
            return
        request = self._request()
        if request is None:
            return
        self._ensure_member()
        if self.unit.is_leader():
            self._configure(request)
        for relation in self.model.relations["ha"]:
            relation.data[self.unit]["clustered"] = "yes"
        peers.data[self.unit]["member_ready"] = "True"

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        count = int(self.config["cluster_count"])
        request = self._request() or {}
        if len(self._peers("private-address")) + 1 < count:
            event.add_status(ops.BlockedStatus(_WAITING.format(count)))
        for name in crm.asked(request, "resources"):
            if not command.succeeds("crm_resource", "--resource", name, "--locate", "--quiet"):
                event.add_status(ops.WaitingStatus(f"Resource: {name} not yet configured"))
        event.add_status(ops.ActiveStatus(_READY))

    # The machine

    def _ensure_member(self) -> None:
        addresses = {ring.node_id(unit): found["private-address"]
                     for unit, found in self._peers("private-address").items()}  # fmt: skip
        addresses[ring.node_id(self.unit.name)] = self._address()
        limits = (
            int(self.config["service_start_timeout"]),
            int(self.config["service_stop_timeout"]),
        )
        conf = ring.render(addresses)
        member.ensure(conf, str(self.config["corosync_key"]), self._remote_key(), limits)

    def _configure_globally(self, cluster: crm.Cluster) -> None:
        cluster.configure_globally(
            int(self.config["failure_timeout"]), int(self.config["cluster_recheck_interval"])
        )

    def _configure(self, request: crm.Databag) -> None:
        cluster = crm.Cluster()
        self._configure_globally(cluster)
        cluster.configure_request(request)
        if len(self._peers("member_ready")) + 1 < int(self.config["cluster_count"]):
            return
        said = self._remotes()
        wishes = {bool(remote["enable-resources"]) for remote in said}
        if len(wishes) != 1:
            return
        (runs_resources,) = wishes
        addresses = {str(each["remote-hostname"]): str(each["remote-ip"]) for each in said}
        cluster.configure_remotes(addresses, runs_resources=runs_resources)
        clones = crm.asked(request, "clones")
        if not runs_resources:
            cluster.allow_on_members((*crm.asked(request, "groups"), *clones))
            cluster.limit_clones(clones)
        if hosts := [str(name) for each in said if (name := each["stonith-hostname"])]:
            url, key = str(self.config["maas_url"]), str(self.config["maas_credentials"])
            cluster.configure_fencing(hosts, url, key)
            if not runs_resources:
                cluster.allow_on_members(("st-maas", "st-null"))

    # Juju

    def _publish_to_peers(self) -> None:
        for relation in self.model.relations["hanode"]:
            relation.data[self.unit]["private-address"] = self._address()
            relation.data[self.unit]["hostname"] = socket.gethostname()

    def _address(self) -> str:
        binding = self.model.get_binding("hanode")
        return str(binding.network.ingress_address) if binding else ""

    def _remote_key(self) -> str:
        return str(self.config.get("pacemaker_key") or self.config["corosync_key"])

    def _peers(self, key: str) -> dict[str, crm.Databag]:
        """Return the databags of the other units that have a key."""
        return {
            unit.name: relation.data[unit]
            for relation in self.model.relations["hanode"]
            for unit in sorted(relation.units, key=lambda each: each.name)
            if relation.data[unit].get(key)
        }

    def _request(self) -> crm.Databag | None:
        principals = [*self.model.relations["ha"], *self.model.relations["juju-info"]]
        if len(principals) != 1:
            return None
        return next((principals[0].data[unit] for unit in principals[0].units), None)

    def _remotes(self) -> list[dict[str, object]]:
        """Return what each host says; all of it is JSON."""
        return [
            {key: json.loads(bag[key]) for key in _REMOTE}
            for relation in self.model.relations["pacemaker-remote"]
            for unit in sorted(relation.units, key=lambda each: each.name)
            if (bag := relation.data[unit]).keys() >= _REMOTE
        ]


if __name__ == "__main__":
    # ops' own state is with the controller, so that the file of charm-helpers is what it was.
    ops.main(PredecessorCharm, use_juju_for_storage=True)
