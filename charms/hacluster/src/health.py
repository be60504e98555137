# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The unit's status as a function of what is known (pure). Words as the predecessor's where it had them."""

import dataclasses
from collections.abc import Iterable, Iterator

import ops

import agent
import crm_mon
import fencing
import switching
from instance_ha.status import PAUSED

READY = "Unit is ready and clustered"
UNFENCED = f"{READY} (fencing is off: no host asks for it)"
PUBLIC = f"{READY} (with the predecessor's key, which is public: run rotate-keys)"


@dataclasses.dataclass(frozen=True)
class View:
    """What a unit knows of itself and its cluster."""

    node: str
    """This member's name."""
    count: int
    """Members that a cluster must have."""
    peers: int
    """Units that could be members, this one included."""
    formed: bool
    """Whether this unit has been made a member."""
    status: crm_mon.Status | None
    """``None`` if Pacemaker does not answer."""
    requested: tuple[str, ...] = ()
    """Resources that the principal asked for."""
    request_problem: str = ""
    public_keys: bool = False
    keys_behind: tuple[str, ...] = ()
    """Units without the keys that the ring is about to take up."""
    spared: tuple[str, ...] = ()
    """Remotes left alone until everybody has the new key."""
    unrefreshed: tuple[str, ...] = ()
    """Members that are units of the predecessor still; the leader's alone."""
    switch: switching.Switch | None = None
    """The switch to another transport that is going on."""
    switch_waits: tuple[str, ...] = ()
    """Units that it waits for."""
    switch_failure: str = ""
    """Why the last switch of it did not succeed."""
    guard: agent.Guard | None = None
    """What the storm guard says, if it holds fencing."""
    fencing_problems: tuple[str, ...] = ()
    missing_programs: tuple[str, ...] = ()
    """Fence agents that hosts' BMCs need."""
    unknown_bmcs: tuple[str, ...] = ()
    """Hosts whose BMC is described, and that nobody knows."""
    unfenced: tuple[str, ...] = ()
    """Remotes that did not ask for fencing."""
    deviceless: tuple[str, ...] = ()
    """Remotes that are watched and ask for fencing, and that no device would power off (yet)."""
    fencing_declined: bool = False
    """Whether there are remotes and none of them did."""
    unwatched: tuple[str, ...] = ()
    """Remotes that the cluster does not know (yet)."""
    mixed_resources: bool = False
    """Whether remotes disagree on running resources."""


def statuses(view: View) -> Iterator[ops.StatusBase]:
    """Yield all there is to say; Juju shows the worst."""
    if not view.formed and view.peers >= view.count:
        yield ops.WaitingStatus("Waiting to be taken into the ring: one unit at a time")
        return
    if not view.formed:
        yield ops.BlockedStatus(f"Insufficient peer units for ha cluster (require {view.count})")
        return
    if view.switch is not None:
        # Daemons that are down, and fencing that is held, are what it takes.
        yield _switch(view.switch, view.switch_waits)
        if view.switch.phase is switching.Phase.RESTORE and not (
            view.status and view.status.works
        ):
            yield _no_quorum()
        return
    if view.status is None or view.status.dc is None:
        yield ops.BlockedStatus("Pacemaker is down")
        return
    me = view.status.node(view.node)
    if me is not None and me.standby:
        yield PAUSED
        return
    yield from _membership(view, view.status)
    if view.status.maintenance:
        yield ops.MaintenanceStatus("Pacemaker in maintenance mode")
    yield from _resources(view, view.status)
    yield from _remotes(view, view.status)
    yield from _keys(view)
    off = view.fencing_declined and not view.status.fencing
    if view.switch_failure and not off:
        yield ops.ActiveStatus(
            f"Unit is ready and clustered ({view.switch_failure}; mend that, and run switch-transport again)"
        )
    active = PUBLIC if view.public_keys else READY
    yield ops.ActiveStatus(UNFENCED if off else active)


def runs_all(status: crm_mon.Status | None, names: Iterable[str], node: str) -> bool:
    """Return whether there is nothing to wait for on a node."""
    if status is None or status.maintenance:
        return True
    me = status.node(node)
    return bool(me and me.standby) or all(status.runs(name, node) for name in names)


def _no_quorum() -> ops.StatusBase:
    return ops.BlockedStatus("No quorum: this part of the cluster runs nothing")


def _switch(switch: switching.Switch, waits: tuple[str, ...]) -> ops.StatusBase:
    what = f"waiting for {_names(waits)}" if waits else "the cluster takes up its work"
    if switch.failure:
        return ops.MaintenanceStatus(
            f"Ring goes back to {switch.before} ({switch.failure}): {what}"
        )
    return ops.MaintenanceStatus(
        f"Ring is switched to {switch.wanted}, nothing is watched meanwhile: {what}"
    )


def _membership(view: View, status: crm_mon.Status) -> Iterator[ops.StatusBase]:
    if view.unrefreshed:
        yield ops.WaitingStatus(f"Waiting for the refresh of {_names(view.unrefreshed)}")
    if view.peers < view.count:
        yield ops.BlockedStatus(f"Insufficient peer units for ha cluster (require {view.count})")
    if not status.quorate:
        yield _no_quorum()
    online = [node for node in status.members if node.online]
    if len(online) < len(status.members):
        yield ops.WaitingStatus(f"{len(online)} of {len(status.members)} members online")


def _resources(view: View, status: crm_mon.Status) -> Iterator[ops.StatusBase]:
    if view.request_problem:
        yield ops.BlockedStatus(f"Request of the principal refused: {view.request_problem}")
        return
    for name in view.requested:
        if not status.has_resource(name):
            yield ops.WaitingStatus(f"Resource: {name} not yet configured")
        elif not status.runs(name, view.node):
            yield ops.BlockedStatus(f"Resource: {name} not running")


def _remotes(view: View, status: crm_mon.Status) -> Iterator[ops.StatusBase]:
    unclean = [node.name for node in status.remotes if node.unclean]
    if view.guard is not None:
        yield _held(view.guard)
    elif unclean:
        # Juju shows one status, and why it is so is what an operator needs then.
        why = f" ({'; '.join(view.fencing_problems)})" if view.fencing_problems else ""
        told = f"{_names(unclean)}{why}"
        yield ops.BlockedStatus(f"Lost and not fenced yet: {told}")
    if view.fencing_problems:
        yield ops.BlockedStatus(f"Fencing not certain: {'; '.join(view.fencing_problems)}")
    yield from _devices(view, status)
    if view.unfenced and status.fencing:
        yield ops.BlockedStatus(f"No fencing for {_names(view.unfenced)}: enable-stonith is false")
    if view.mixed_resources:
        yield ops.BlockedStatus("pacemaker-remote: enable-resources must be the same everywhere")
    if view.deviceless and status.fencing:
        yield ops.WaitingStatus(f"No fencing device yet: {_names(view.deviceless)}")
    if view.unwatched:
        yield ops.WaitingStatus(f"Not watched yet: {_names(view.unwatched)}")
    offline = [node.name for node in status.remotes if not node.online and not node.unclean]
    if offline:
        yield ops.WaitingStatus(f"Remotes offline: {_names(offline)}")


def _devices(view: View, status: crm_mon.Status) -> Iterator[ops.StatusBase]:
    for program in view.missing_programs:
        yield ops.BlockedStatus(f"Fencing not certain: {program} is not installed here")
    for device in (fencing.HOSTS, fencing.BMCS):
        if status.is_failing(device):
            yield ops.BlockedStatus(f"Fencing not certain: device {device} fails")
    if view.unknown_bmcs:
        names = _names(view.unknown_bmcs)
        yield ops.WaitingStatus(f"bmc_credentials: no host of this name yet: {names}")


def _keys(view: View) -> Iterator[ops.StatusBase]:
    if view.keys_behind:
        yield ops.WaitingStatus(f"New keys: waiting for {_names(view.keys_behind)}")
    elif view.spared:
        yield ops.WaitingStatus(
            f"New keys: not fenced until they have theirs: {_names(view.spared)}"
        )


def _held(guard: agent.Guard) -> ops.StatusBase:
    waiting = f" ({_names(guard.unclean)} not fenced)" if guard.unclean else ""
    if guard.hold:
        return ops.BlockedStatus(f"Fencing held: by order{waiting}; run release-fencing to end it")
    lost = f"{guard.lost} of {len(guard.remotes)} hosts lost at once{waiting}"
    return ops.BlockedStatus(f"Fencing held: {lost}; see to the network, then run release-fencing")


def _names(names: tuple[str, ...] | list[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(shown) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
