# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

# Masakari is where the engine runs; where types are checked a module of the charm has that name.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

"""A task of Masakari's recovery flow: the order in which the instances of a host are evacuated.

Masakari says that instances with its key go first. It prepares them so, and since release 15 reads
them back from its table newest first: they go last. This task, which the engine runs between the two
(Masakari's "customized recovery flow"), puts them in the order of the key, however they are read: higher
numbers first; true counts as 1, no key as 0. Runs inside the engine, under the distribution's Python.
"""

import math
from collections.abc import Iterable, Mapping

import masakari.conf
from masakari.engine.drivers.taskflow import base
from oslo_log import log as logging
from oslo_utils import strutils

from masakari import objects

CONF = masakari.conf.CONF
LOG = logging.getLogger(__name__)


def priority(value: str | None) -> float:
    """Return how urgent an instance is, from what stands behind the key in its metadata."""
    try:
        number = float(value or 0)
    except ValueError:
        return float(strutils.bool_from_string(value))
    return number if math.isfinite(number) else 0.0


def ordered(
    uuids: Iterable[str], metadata: Mapping[str, Mapping[str, str]], key: str
) -> list[str]:
    """Return instances, the most urgent first; equals stay as they were."""
    return sorted(uuids, key=lambda uuid: -priority(metadata.get(uuid, {}).get(key)))


class OrderInstancesTask(base.MasakariTask):
    """Give the moves that the engine is about to make to the instances in their order."""

    def __init__(self, context, novaclient, **kwargs):
        kwargs["requires"] = ["host_name", "notification_uuid"]
        super().__init__(context, novaclient, **kwargs)

    def execute(self, host_name, notification_uuid):
        """Order the moves of a notification that have not begun."""
        try:
            self._order(host_name, notification_uuid)
        except Exception:  # whatever it is: an order is not worth a recovery
            LOG.exception("the instances of %s are evacuated in no particular order", host_name)

    def _order(self, host_name, notification_uuid):
        moves = list(
            objects.VMoveList.get_all_vmoves(self.context, notification_uuid, status="pending")
        )
        servers = self.novaclient.get_servers(self.context, host_name)
        metadata = {server.id: server.metadata for server in servers}
        names = {move.instance_uuid: move.instance_name for move in moves}
        wanted = ordered(names, metadata, CONF.host_failure.ha_enabled_instance_metadata_key)
        # A move that has not begun is nothing but a name in a row, and the rows are read in this order.
        for move, uuid in zip(moves, wanted, strict=True):
            if move.instance_uuid != uuid:
                move.instance_uuid, move.instance_name = uuid, names[uuid]
                move.save()
        self.update_details(f"Instances are evacuated in this order: {', '.join(wanted)}", 1.0)
