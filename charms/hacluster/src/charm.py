#!/usr/bin/env python3
# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Cluster the principal's units, and fence the hosts beside them."""

import dataclasses
import logging
import xml.etree.ElementTree as ET

import ops

import access
import addresses
import agent
import bmc
import bmc_tools
import corosync
import crm_mon
import crmsh
import fencing_report
import former
import hanode
import health
import inputs
import keys
import leader
import matching
import member
import monitoring
import pacemaker
import plan
import publish
import ring
import rotation
import spare
import survey
import transport
from action_events import ActionEvents
from inputs import Inputs
from instance_ha.command import CommandError
from instance_ha.status import NotReadyError

logger = logging.getLogger(__name__)

_ENDPOINTS = ("ha", "juju-info", "peer-availability", "hanode", "pacemaker-remote")
_START = 15.0  # seconds for the cluster to start what is requested on a member
_SETTLE = 30.0  # seconds for the cluster to do what a new configuration asks of it


class HaclusterCharm(ops.CharmBase):
    """Cluster the principal's units with Corosync and Pacemaker."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self._report: matching.Report | None = None
        self._translation: tuple[plan.Part | None, str] | None = None
        framework.observe(self.on.collect_unit_status, self._on_collect_unit_status)
        framework.observe(self.on.stop, self._on_stop)
        self._actions = ActionEvents(self)
        for name in _ENDPOINTS:
            framework.observe(self.on[name].relation_departed, self._on_relation_departed)
        for name in (*_ENDPOINTS, *monitoring.ENDPOINTS):
            for event in (
                "relation_created",
                "relation_joined",
                "relation_changed",
                "relation_broken",
            ):
                framework.observe(getattr(self.on[name], event), self._reconcile)
        for source in (
            self.on.install,
            self.on.start,
            self.on.upgrade_charm,
            self.on.config_changed,
            self.on.update_status,
            self.on.leader_elected,
            self.on.secret_changed,
        ):
            framework.observe(source, self._reconcile)

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if member.has_left():
            event.add_status(ops.MaintenanceStatus("Leaving the cluster"))
            return
        try:
            given = inputs.read(self)
        except NotReadyError as error:
            event.add_status(error.status)
            return
        for status in health.statuses(self._view(given)):
            event.add_status(status)

    def _on_stop(self, _: ops.StopEvent) -> None:
        monitoring.forget()
        member.uninstall()
        addresses.forget()

    def _on_relation_departed(self, event: ops.RelationDepartedEvent) -> None:
        if event.departing_unit == self.unit:
            # From here on everybody else seems to leave, one after the other. It is we who leave.
            member.leave(hanode.node_id(self.unit.name))
            return
        self._reconcile(event)

    def _reconcile(self, _: ops.EventBase) -> None:
        if member.has_left():
            return
        member.install(self.charm_dir)
        self.unit.set_workload_version(member.workload_version())
        self._ensure_keys()
        try:
            given = inputs.read(self, follow=True)
        except NotReadyError as error:
            logger.info("not ready: %s", error)
            if not member.is_formed():
                member.wait_outside()
            return
        publish.to_peers(self, given.me)
        member.ensure_drop_ins(given.config)
        access.ensure(given.access)
        bmc_tools.ensure(given.access.kinds)
        monitoring.reconcile(self, given.config)
        addresses.ensure(self.charm_dir / "files")
        if transport.take_part(self, given):
            return
        joined = self._join(given)
        # Not before the key is on this member's disk too.
        publish.to_remotes(self, given.keys.pacemaker)
        if joined:
            self._reconcile_cluster(given)
            publish.to_principal(self)
            self._await_resources(given)

    def _join(self, given: Inputs) -> bool:
        wanted = ring.wanted(given, self.app.name)
        if wanted is None:
            member.wait_outside()
            return False
        settled = not given.keys_pending
        joined = member.join(wanted, given.keys, given.me.hostname, take_up=settled)
        me = dataclasses.replace(
            given.me,
            ring=frozenset(node.id for node in wanted.nodes),
            member_ready=joined or given.me.member_ready,
            keys=given.keys.id,
            transport=corosync.present_transport() or "",
        )
        publish.to_peers(self, me)
        if joined and self.unit.is_leader():
            publish.members(self, me.ring)
        return joined

    def _reconcile_cluster(self, given: Inputs) -> None:
        if given.request is not None:
            member.leave_to_cluster(crmsh.services(given.request))
        former.forget_lost()
        if not self.unit.is_leader():
            return
        transport.keep(self, given)
        rotation.advance(self, given)
        part, _ = self._translated(given)
        desires = leader.Desires(
            config=given.config,
            members=frozenset(node.name for node in corosync.present_nodes()),
            member_ids=given.peer_ids,
            remotes=given.remotes,
            principal=part,
            deleted=frozenset(given.request.delete_resources if given.request else ()),
            report=self._fencing_report(given),
            bmcs=frozenset(given.access.bmcs),
            unrefreshed=hanode.unrefreshed(given.others),
        )
        try:
            changed = leader.configure(desires)
        except pacemaker.ConfigurationError as error:
            logger.warning("Pacemaker does not accept the configuration: %s", error)
            self._translation = None, str(error)
            return
        if changed:
            pacemaker.settle(timeout=_SETTLE)
            publish.change(self)

    def _await_resources(self, given: Inputs) -> None:
        # A member that has just come, or come back, takes its share of the work some seconds later.
        names = given.request.resources if given.request else ()
        if names:
            node = given.me.hostname
            pacemaker.wait(
                lambda: health.runs_all(pacemaker.status(), names, node), timeout=_START
            )

    def _ensure_keys(self) -> None:
        relation = self.model.get_relation("hanode")
        if relation is None or not self.unit.is_leader():
            return
        try:
            keys.ensure(self.app, relation, inputs.config(self), member.present_keys())
        except NotReadyError as error:
            logger.info("no keys yet: %s", error)

    def _translated(self, given: Inputs) -> tuple[plan.Part | None, str]:
        """Return what the principal wants, and what is wrong with it if it cannot be told."""
        if given.request is None:
            return None, given.request_problem
        # Once a hook, by the leader alone: crmsh takes half a second.
        if self._translation is None:
            try:
                self._translation = crmsh.translate(given.request), ""
            except (crmsh.RequestError, CommandError) as error:
                self._translation = None, str(error)
        return self._translation

    def _fencing_report(self, given: Inputs) -> matching.Report:
        # Asked once a hook, by the leader alone.
        if self._report is None:
            self._report = survey.ask(given.config, given.access, given.remotes)
        return self._report

    def _unknown_bmcs(self, given: Inputs) -> tuple[str, ...]:
        return bmc.match(given.access.bmcs, [host.hostname for host in given.remotes]).unknown

    def _view(self, given: Inputs) -> health.View:
        is_leader = self.unit.is_leader() and member.is_formed()
        status = pacemaker.status() if member.is_formed() else None
        _, problem = self._translated(given) if is_leader else (None, given.request_problem)
        wishes = {remote.runs_resources for remote in given.remotes}
        unfenced = tuple(host.hostname for host in given.remotes if not host.fencing_name)
        asking = [host.hostname for host in given.remotes if host.fencing_name]
        configuration = _configuration(status)
        return health.View(
            node=given.me.hostname,
            count=given.config.cluster_count,
            peers=len([peer for peer in given.peers if peer.node]),
            formed=member.is_formed(),
            status=status,
            public_keys=given.keys.are_public,
            keys_behind=rotation.behind(given) if given.keys_pending else (),
            spared=() if configuration is None else spare.names(configuration),
            switch=given.switch,
            switch_waits=transport.waiting(given),
            switch_failure=given.switch_failure,
            unrefreshed=hanode.unrefreshed(given.others) if is_leader else (),
            guard=agent.now(status),
            requested=tuple(sorted(given.request.resources)) if given.request else (),
            request_problem=problem,
            fencing_problems=self._fencing_report(given).problems if is_leader else (),
            missing_programs=bmc_tools.missing(given.access.kinds),
            unknown_bmcs=self._unknown_bmcs(given) if is_leader else (),
            unfenced=unfenced,
            deviceless=()
            if configuration is None
            else fencing_report.deviceless(configuration, asking),
            unwatched=tuple(
                host.hostname
                for host in given.remotes
                if status is not None and status.node(host.hostname) is None
            ),
            fencing_declined=0 < len(given.remotes) == len(unfenced),
            mixed_resources={True, False} <= wishes,
        )


def _configuration(status: crm_mon.Status | None) -> ET.Element | None:
    try:
        return pacemaker.configuration() if status is not None else None
    except CommandError as error:
        logger.warning("the cluster's configuration cannot be read: %s", error)
        return None


if __name__ == "__main__":
    ops.main(HaclusterCharm)
