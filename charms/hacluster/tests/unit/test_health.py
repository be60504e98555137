# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The unit's status."""

import dataclasses
from collections.abc import Callable

import ops
import pytest

import agent
import crm_mon
import health
import switching

MEMBERS = tuple(
    crm_mon.Node(name, str(1000 + number), True, False, False, False, False, 1)
    for number, name in enumerate("abc")
)
REMOTE = crm_mon.Node("h.maas", "h.maas", True, False, False, False, True, 0)
VIP = crm_mon.Resource("vip", ("vips",), True, False, ("b",))
HEALTHY = crm_mon.Status("a", True, False, True, (*MEMBERS, REMOTE), (VIP,))


def view(status: crm_mon.Status | None = HEALTHY, **values: object) -> health.View:
    given = {"node": "a", "count": 3, "peers": 3, "formed": True, "requested": ("vip",), **values}
    return health.View(status=status, **given)  # type: ignore[arg-type]


def worst(found: health.View) -> ops.StatusBase:
    """Return what Juju shows (ops, CollectStatusEvent.add_status)."""
    rank = ["blocked", "maintenance", "waiting", "active"]
    return min(health.statuses(found), key=lambda status: rank.index(status.name))


def with_nodes(*nodes: crm_mon.Node) -> crm_mon.Status:
    return dataclasses.replace(HEALTHY, nodes=nodes)


SWITCH = switching.Switch(
    id="1f", phase=switching.Phase.STOP, before="udpu", wanted="knet", until=1
)
BACK = SWITCH.model_copy(update={"phase": switching.Phase.BACK, "failure": "x did not stop"})
LAST = SWITCH.model_copy(update={"phase": switching.Phase.RESTORE})

CASES = {
    "switched": (
        view(None, switch=SWITCH, switch_waits=("x/2", "x/1")),
        ops.MaintenanceStatus(
            "Ring is switched to knet, nothing is watched meanwhile: waiting for x/1, x/2"
        ),
    ),
    "switched, and about to end": (
        view(switch=LAST),
        ops.MaintenanceStatus(
            "Ring is switched to knet, nothing is watched meanwhile: the cluster takes up its work"
        ),
    ),
    "switched, and too few to go on": (
        view(dataclasses.replace(HEALTHY, quorate=False), switch=LAST),
        ops.BlockedStatus("No quorum: this part of the cluster runs nothing"),
    ),
    "switched back": (
        view(None, switch=BACK, switch_waits=("x/1",)),
        ops.MaintenanceStatus("Ring goes back to udpu (x did not stop): waiting for x/1"),
    ),
    "not switched": (
        view(switch_failure="ring stays on udpu: x did not stop"),
        ops.ActiveStatus(
            "Unit is ready and clustered (ring stays on udpu: x did not stop; mend that, and run"
            " switch-transport again)"
        ),
    ),
    "all is well": (view(), ops.ActiveStatus("Unit is ready and clustered")),
    "too few to form": (
        view(None, formed=False, peers=2),
        ops.BlockedStatus("Insufficient peer units for ha cluster (require 3)"),
    ),
    "others are taken in first": (
        view(None, formed=False),
        ops.WaitingStatus("Waiting to be taken into the ring: one unit at a time"),
    ),
    "too few left": (
        view(peers=2),
        ops.BlockedStatus("Insufficient peer units for ha cluster (require 3)"),
    ),
    "no pacemaker": (view(None), ops.BlockedStatus("Pacemaker is down")),
    "no coordinator": (
        view(dataclasses.replace(HEALTHY, dc=None)),
        ops.BlockedStatus("Pacemaker is down"),
    ),
    "paused": (
        view(with_nodes(dataclasses.replace(MEMBERS[0], standby=True), *MEMBERS[1:])),
        ops.MaintenanceStatus("Paused. Use 'resume' action to resume normal service."),
    ),
    "maintenance": (
        view(dataclasses.replace(HEALTHY, maintenance=True)),
        ops.MaintenanceStatus("Pacemaker in maintenance mode"),
    ),
    "no quorum": (
        view(dataclasses.replace(HEALTHY, quorate=False)),
        ops.BlockedStatus("No quorum: this part of the cluster runs nothing"),
    ),
    "a host does not answer yet": (
        view(unwatched=("new.maas",)),
        ops.WaitingStatus("Not watched yet: new.maas"),
    ),
    "nothing would power a host off yet": (
        view(deviceless=("new.maas",)),
        ops.WaitingStatus("No fencing device yet: new.maas"),
    ),
    "a member is lost": (
        view(with_nodes(*MEMBERS[:2], dataclasses.replace(MEMBERS[2], online=False))),
        ops.WaitingStatus("2 of 3 members online"),
    ),
    "units of the predecessor": (
        view(unrefreshed=("hacluster/2",)),
        ops.WaitingStatus("Waiting for the refresh of hacluster/2"),
    ),
    "not configured": (
        view(dataclasses.replace(HEALTHY, resources=())),
        ops.WaitingStatus("Resource: vip not yet configured"),
    ),
    "not running": (
        view(dataclasses.replace(HEALTHY, resources=(dataclasses.replace(VIP, active=False),))),
        ops.BlockedStatus("Resource: vip not running"),
    ),
    "a senseless request": (
        view(request_problem="vip: not understood"),
        ops.BlockedStatus("Request of the principal refused: vip: not understood"),
    ),
    "lost": (
        view(with_nodes(*MEMBERS, dataclasses.replace(REMOTE, online=False, unclean=True))),
        ops.BlockedStatus("Lost and not fenced yet: h.maas"),
    ),
    "lost, and there is a reason why it is not fenced": (
        view(
            with_nodes(*MEMBERS, dataclasses.replace(REMOTE, online=False, unclean=True)),
            fencing_problems=("MAAS: unreachable: Connection refused",),
        ),
        ops.BlockedStatus(
            "Lost and not fenced yet: h.maas (MAAS: unreachable: Connection refused)"
        ),
    ),
    "fenced": (
        view(with_nodes(*MEMBERS, dataclasses.replace(REMOTE, online=False))),
        ops.WaitingStatus("Remotes offline: h.maas"),
    ),
    "fencing uncertain": (
        view(fencing_problems=("h.maas: unknown to MAAS",)),
        ops.BlockedStatus("Fencing not certain: h.maas: unknown to MAAS"),
    ),
    "fencing is held": (
        view(
            with_nodes(*MEMBERS, dataclasses.replace(REMOTE, online=False, unclean=True)),
            guard=agent.Guard("held", 1, ("g", "h.maas"), ("h.maas",), ("g",), False, 0.0),
        ),
        ops.BlockedStatus(
            "Fencing held: 2 of 2 hosts lost at once (h.maas not fenced);"
            " see to the network, then run release-fencing"
        ),
    ),
    "fencing is held by order": (
        view(guard=agent.Guard("held", 1, ("h.maas",), (), (), True, 0.0)),
        ops.BlockedStatus("Fencing held: by order; run release-fencing to end it"),
    ),
    "no fencing asked for": (
        view(unfenced=("h.maas",)),
        ops.BlockedStatus("No fencing for h.maas: enable-stonith is false"),
    ),
    "no remote asks for fencing": (
        view(
            dataclasses.replace(HEALTHY, fencing=False),
            unfenced=("h.maas",),
            fencing_declined=True,
        ),
        ops.ActiveStatus("Unit is ready and clustered (fencing is off: no host asks for it)"),
    ),
    "fencing is still on": (
        view(unfenced=(), fencing_declined=True),
        ops.ActiveStatus("Unit is ready and clustered"),
    ),
    "remotes disagree": (
        view(mixed_resources=True),
        ops.BlockedStatus("pacemaker-remote: enable-resources must be the same everywhere"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_status_says_who_must_act(name: str):
    found, expected = CASES[name]
    assert worst(found) == expected


def test_a_device_that_does_not_start_is_reported(data: Callable[[str], str]):
    status = crm_mon.parse(data("crm_mon-unclean.xml"))
    messages = [
        found.message for found in health.statuses(view(status, node="node-01", requested=()))
    ]
    assert "Fencing not certain: device st-maas fails" in messages


def test_many_names_are_cut_short():
    nodes = [dataclasses.replace(REMOTE, name=f"h{number}", online=False) for number in range(8)]
    found = worst(view(with_nodes(*MEMBERS, *nodes)))
    assert found.message == "Remotes offline: h0, h1, h2, h3, h4 and 3 more"


def test_there_is_nothing_to_wait_for_in_maintenance_standby_or_without_pacemaker():
    stopped = dataclasses.replace(HEALTHY, resources=())
    assert not health.runs_all(stopped, ["vip"], "a")
    assert health.runs_all(HEALTHY, ["vip"], "a")
    assert health.runs_all(None, ["vip"], "a")
    assert health.runs_all(dataclasses.replace(stopped, maintenance=True), ["vip"], "a")
    standby = with_nodes(dataclasses.replace(MEMBERS[0], standby=True))
    assert health.runs_all(dataclasses.replace(standby, resources=()), ["vip"], "a")
