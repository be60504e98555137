# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

# Masakari is where the engine runs; where types are checked a module of the charm has that name.
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false

"""A task of Masakari's recovery flow: no evacuation is begun from a host that is back.

nova refuses to evacuate from a host that is up. But it calls a host down for as long as its ``forced_down`` is
set, and does not let anybody take that back while evacuations are on record that ended after the host's
nova-compute had started (nova/api/openstack/compute/services.py, ``_check_for_evacuations``): a host that is switched
on in the middle of a recovery would be evacuated to the end, and what it runs meanwhile would run twice. So
each order is preceded by a look whether its nova-compute has reported since the recovery began. The engine runs
this task when it has disabled the host. Runs inside the engine, under the distribution's Python.
"""

from masakari.compute import nova
from masakari.engine.drivers.taskflow import base
from oslo_log import log as logging

LOG = logging.getLogger(__name__)


class HostIsBackError(Exception):
    """An instance was not evacuated, for its host is not dead any more."""


def last_report(context, host):
    """Return when nova's record of a host's nova-compute was last written, as nova says it.

    Every report of nova-compute writes it, whether the host is forced down or not.
    """
    (service,) = nova.novaclient(context).services.list(host=host, binary="nova-compute")
    return service.updated_at


class GuardHostTask(base.MasakariTask):
    """Have the orders of this recovery, whose client of nova is its own, look at the host first."""

    def __init__(self, context, novaclient, **kwargs):
        kwargs["requires"] = ["host_name"]
        super().__init__(context, novaclient, **kwargs)

    def execute(self, host_name):
        """Remember the host's last word, and let no evacuation begin after another one."""
        # With the methods of priority a second flow, which has disabled the host anew, uses the same client.
        vars(self.novaclient).pop("evacuate_instance", None)
        order, last = self.novaclient.evacuate_instance, last_report(self.context, host_name)

        def evacuate(context, uuid, *args, **kwargs):
            if (now := last_report(context, host_name)) != last:
                raise HostIsBackError(
                    f"not evacuated: {host_name} is back, nova has heard of it at {now}"
                )
            return order(context, uuid, *args, **kwargs)

        self.novaclient.evacuate_instance = evacuate
        self.update_details(f"Not evacuated from '{host_name}' if it reports after {last}", 1.0)
