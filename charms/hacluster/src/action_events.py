# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Juju's actions: from the event to what is done for it, and back to results or a failure."""

import socket
import uuid
from collections.abc import Callable

import ops

import actions
import fencing_actions
import inputs
import pacemaker
import rotation
import transport
from config import TRANSPORTS
from instance_ha.command import CommandError
from instance_ha.status import NotReadyError


class ActionEvents(ops.Object):
    """Answers every action."""

    def __init__(self, charm: ops.CharmBase):
        super().__init__(charm, "action-events")
        self._charm = charm
        observe = self.framework.observe
        observe(charm.on.pause_action, self._on_pause)
        observe(charm.on.resume_action, self._on_resume)
        observe(charm.on.cleanup_action, self._on_cleanup)
        observe(charm.on.status_action, self._on_status)
        observe(charm.on.update_ring_action, self._on_update_ring)
        observe(charm.on.delete_node_from_ring_action, self._on_delete_node)
        observe(charm.on.rotate_keys_action, self._on_rotate_keys)
        observe(charm.on.switch_transport_action, self._on_switch_transport)
        for name in fencing_actions.ACTIONS:
            observe(charm.on[name].action, self._on_fencing)

    def _on_pause(self, event: ops.ActionEvent) -> None:
        self._act(event, lambda: actions.pause(socket.gethostname()))

    def _on_resume(self, event: ops.ActionEvent) -> None:
        self._act(event, lambda: actions.resume(socket.gethostname()))

    def _on_cleanup(self, event: ops.ActionEvent) -> None:
        self._act(event, lambda: actions.cleanup(event.params.get("resource", "all")))

    def _on_status(self, event: ops.ActionEvent) -> None:
        resources, history = (
            event.params.get("resources", True),
            event.params.get("history", False),
        )
        self._act(event, lambda: actions.status(resources=resources, history=history))
        try:
            public = inputs.read(self._charm).keys.are_public
        except NotReadyError:
            return
        event.set_results({"keys": "public" if public else "private"})

    def _on_update_ring(self, event: ops.ActionEvent) -> None:
        if not event.params.get("i-really-mean-it"):
            event.fail("i-really-mean-it is a required parameter")
            return
        self._change_ring(event, lambda: actions.update_ring(inputs.read(self._charm).peer_ids))

    def _on_delete_node(self, event: ops.ActionEvent) -> None:
        self._change_ring(
            event,
            lambda: actions.delete_node(event.params["node"], inputs.read(self._charm).peer_ids),
        )

    def _on_rotate_keys(self, event: ops.ActionEvent) -> None:
        if self._is_leader(event):
            self._act(event, lambda: rotation.begin(self._charm, inputs.read(self._charm)))

    def _on_switch_transport(self, event: ops.ActionEvent) -> None:
        wanted = TRANSPORTS[event.params["transport"]]
        if self._is_leader(event):
            self._act(
                event, lambda: transport.begin(self._charm, inputs.read(self._charm), wanted)
            )

    def _on_fencing(self, event: ops.ActionEvent) -> None:
        name = event.handle.kind.removesuffix("_action")
        self._act(event, lambda: fencing_actions.perform(name, event.params))

    def _change_ring(self, event: ops.ActionEvent, act: Callable[[], dict[str, str]]) -> None:
        if not self._is_leader(event):
            return
        self._act(event, act)
        peers = self.model.get_relation("hanode")
        if peers is not None:
            # Makes a predecessor's unit write corosync.conf again.
            peers.data[self._charm.unit]["trigger-corosync-update"] = uuid.uuid1().hex

    def _is_leader(self, event: ops.ActionEvent) -> bool:
        if self._charm.unit.is_leader():
            return True
        event.fail("only the Juju leader can run this action")
        return False

    def _act(self, event: ops.ActionEvent, act: Callable[[], dict[str, str] | None]) -> None:
        try:
            event.set_results(act() or {})
        except actions.ActionError as error:
            event.set_results(error.results)
            event.fail(str(error))
        except (CommandError, pacemaker.ConfigurationError, NotReadyError) as error:
            event.fail(str(error))
