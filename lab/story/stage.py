# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where the drill is played: the cloud as its operator sees it, and the machines beneath it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import jubilant

from lab.maas.simulator import EVENTS, directory
from lab.machines.cloud import Cloud
from lab.progress import Progress
from lab.settings import DOMAIN, Lab
from lab.story.openstack import OpenStack, wait_for
from lab.story.timeline import Moment
from lab.story.watch import Watch

SEGMENT = "S1"


@dataclasses.dataclass
class Stage:
    """Everything that the drill's acts use, and the moments they have noted."""

    lab: Lab
    juju: jubilant.Juju
    openstack: OpenStack
    cloud: Cloud
    watch: Watch
    progress: Progress
    moments: list[Moment] = dataclasses.field(default_factory=list[Moment])

    @property
    def maas_events(self) -> Path:
        """What MAAS has done, one JSON object on a line."""
        return directory(self.lab) / EVENTS

    def note(self, who: str, what: str, at: float | None = None) -> float:
        """Keep a moment for the timeline, tell of it, and return its time."""
        moment = Moment(time.time() if at is None else at, who, what)
        self.moments.append(moment)
        self.progress.say(f"{who}: {what}")
        return moment.at

    def beats(self, uuid: str) -> int:
        """Return the length of an instance's console, which grows while its guest is alive."""
        console = self.lab.root / "instances" / uuid / "console.log"
        return console.stat().st_size if console.exists() else 0


def make_segment(stage: Stage) -> list[str]:
    """Put every hypervisor into one failover segment and return their names at nova."""
    openstack = stage.openstack
    if SEGMENT not in {row["name"] for row in openstack.list("segment", "list")}:
        openstack.run("segment", "create", SEGMENT, "auto", "COMPUTE")
    hosts = registered(stage)
    for host in sorted(set(hosts) - set(openstack.segment_hosts(SEGMENT))):
        openstack.run("segment", "host", "create", host, "COMPUTE", "SSH", SEGMENT)
    return hosts


def registered(stage: Stage) -> list[str]:
    """Return nova's hypervisors, once every nova-compute can be sent instances.

    A unit is active when its daemon runs; the daemon's first report comes some seconds later, and
    nova's API finds the new host some seconds after that.
    """
    units = len(stage.juju.status().get_units("nova-compute"))

    def seen() -> list[str] | None:
        hosts = sorted(stage.openstack.hypervisors() & stage.openstack.services().keys())
        return hosts if len(hosts) >= units else None

    return wait_for(f"{units} hypervisors known to nova", seen, timeout=180)


def machine_of(host: str) -> str:
    """Return the machine's name from nova's name of a hypervisor."""
    return host.removesuffix(f".{DOMAIN}")


def unit_on(stage: Stage, application: str, host: str) -> str:
    """Return the unit of an application on the machine of a hypervisor.

    Raises:
        LookupError: There is none.
    """
    units = stage.juju.status().get_units(application)
    for unit in units:
        if stage.juju.exec("hostname", "--fqdn", unit=unit).stdout.strip() == host:
            return unit
    raise LookupError(f"no unit of {application} is on {host}")


def usable(stage: Stage) -> list[str]:
    """Return the hypervisors in service."""
    services = stage.openstack.services().items()
    return sorted(h for h, row in services if (row["Status"], row["State"]) == ("enabled", "up"))


def boot(
    stage: Stage, names: tuple[str, ...], host: str, *, highly_available: bool = True
) -> dict[str, str]:
    """Boot instances on a hypervisor, replacing those of an earlier run; return uuids by name.

    Raises:
        GaveUpError: One did not become active, or its guest does not beat.
    """
    present = instances(stage)
    for name in names:
        if name in present:
            stage.openstack.run("server", "delete", "--wait", present[name]["ID"])
        stage.openstack.boot(name, host=host, highly_available=highly_available)
    return _booted(stage, names, host, timeout=180)


def boot_many(stage: Stage, prefix: str, count: int, host: str) -> dict[str, str]:
    """Boot instances ``prefix-1``, ``prefix-2`` ... on a hypervisor; return uuids by name.

    Raises:
        GaveUpError: One did not become active, or its guest does not beat.
    """
    lift_quota(stage)
    stage.openstack.boot(prefix, host=host, count=count)
    names = tuple(f"{prefix}-{number}" for number in range(1, count + 1))
    return _booted(stage, names, host, timeout=60 + 20 * count)


def lift_quota(stage: Stage) -> None:
    """Allow any number of instances; nova allows ten unless told otherwise."""
    stage.openstack.run(
        "quota", "set", "--instances", "-1", "--cores", "-1", "--ram", "-1", "admin"
    )


def _booted(stage: Stage, names: tuple[str, ...], host: str, *, timeout: float) -> dict[str, str]:
    def active() -> bool:
        rows = instances(stage)
        return all(is_active(rows.get(name), on=host) for name in names)

    wait_for(f"{', '.join(names)} ACTIVE on {host}", active, timeout=timeout, every=2.0)
    found = {name: str(row["ID"]) for name, row in instances(stage).items() if name in names}
    for name, uuid in found.items():
        alive(stage, name, uuid)
    return found


def instances(stage: Stage) -> dict[str, Any]:
    """Return the cloud's instances by name (``ID``, ``Status``, ``Host``)."""
    rows = stage.openstack.list("server", "list", "--all-projects", "--long")
    return {row["Name"]: row for row in rows}


def is_active(row: Any, *, on: str | None = None, away_from: str | None = None) -> bool:  # noqa: ANN401 (JSON)
    """Return whether an instance is active where it should be."""
    return (
        row is not None
        and row["Status"] == "ACTIVE"
        and (on is None or row["Host"] == on)
        and row["Host"] != away_from
    )


def alive(stage: Stage, name: str, uuid: str, timeout: float = 120.0) -> None:
    """Wait until an instance's guest has printed another heartbeat.

    Raises:
        GaveUpError: It did not in ``timeout`` seconds.
    """
    before = stage.beats(uuid)
    wait_for(
        f"a heartbeat of {name}", lambda: stage.beats(uuid) > before, timeout=timeout, every=0.5
    )
