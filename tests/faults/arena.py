# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where things are broken on purpose, and what must be true whatever is broken.

The invariant: no machine is switched off that was not broken first; no address is on two machines at
once; when what was broken is repaired the cluster is whole again, and its leader, asked to look once
more, finds nothing to change.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jubilant

from lab import deployment, kinds, phases
from lab.bmc import simulator as bmc
from lab.maas import simulator as maas
from lab.maas.control import Control
from lab.maas.faults import Value
from lab.maas.lifetime import CONTROL
from lab.machines.cloud import Cloud, UnknownMachineError
from lab.settings import SPACES, Lab
from lab.story import timeline
from lab.story.cluster import AddressWatch, Cluster, Status
from lab.story.openstack import GaveUpError, wait_for
from lab.story.timeline import Moment, parse_time

VIP = "10.77.1.201"
VIP6 = "fd00:771::201"
INTERVAL = "5m"
"""How often units look at themselves, as everywhere. Where a test waits for what a unit says or does after a
look, it has that unit look (`look`)."""
_PAUSE = 15.0
"""Seconds between two such looks, each of which costs seconds of a processor."""

MAAS, BMCS = "MAAS", "the BMCs"
"""Who switches machines, each with a log of its own."""

_DISPATCH = ("env", "JUJU_DISPATCH_PATH=hooks/update-status", "./dispatch")


class Arena:
    """Breaks things, remembers what it broke, and knows what may follow from it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.juju = deployment.model(lab)
        self.cloud = Cloud(lab)
        self.cluster = Cluster(self.cloud)
        self.maas = Control(maas.directory(lab) / CONTROL)
        self.bmcs = Control(bmc.directory(lab) / CONTROL)
        self.vip = VIP6 if kinds.of(lab).ipv6 else VIP
        self.watch = AddressWatch(lab, self.cluster, self.vip)
        self.moments: list[Moment] = []
        self.broken: set[str] = set()
        """Machines that may be switched off now."""
        self._cut: dict[str, set[str]] = {}
        self._logs = {
            MAAS: maas.directory(lab) / maas.EVENTS,
            BMCS: bmc.directory(lab) / bmc.EVENTS,
        }
        self._events_before = dict.fromkeys(self._logs, 0)
        self._looked = 0.0
        self.zero = time.time()
        """When the test began, in seconds since the epoch."""

    # Before and after

    def begin(self) -> None:
        """Wait until the cluster is whole, and count from now."""
        self.juju.model_config({"update-status-hook-interval": INTERVAL})
        self._repair()
        self.await_whole(timeout=300)
        self._events_before = {who: len(self._events(who)) for who in self._logs}
        self.zero = time.time()

    def recover(self) -> None:
        """Repair everything, and see that the cluster is whole and has nothing left to change."""
        self._repair()
        self.await_whole(timeout=240)
        before = self.cluster.configuration()
        self.juju.exec(*_DISPATCH, unit=self.leader("hacluster"), wait=300)
        assert self.cluster.configuration() == before, "a second look changed the configuration"
        self.note("arena", "a second look changed nothing")

    def _repair(self) -> None:
        self.restore()
        status = self.status()
        if any(node.unclean for node in status.nodes.values()):
            self.note("operator", f"release-fencing: {self.act('release-fencing', check=False)}")
            wait_for("nobody is unclean", self._nobody_unclean, timeout=120)
            # What the release has switched off.
            self.restore()

    def _nobody_unclean(self) -> bool:
        status = self.cluster.status()
        return status is not None and not any(n.unclean for n in status.nodes.values())

    def restore(self) -> None:
        """Repair what was broken, whatever state it is in."""
        if phases.maas(self.lab).pid() is None:
            self.start_maas()
        phases.bmcs(self.lab).start()
        self.maas.reset()
        self.bmcs.reset()
        for machine in self.cloud.instances():
            if not self.cloud.is_on(machine.id):
                # One whose unit was removed may be given back meanwhile.
                with contextlib.suppress(UnknownMachineError):
                    self.cloud.power_on(machine.id)
                    self.cloud.wait(machine.id)
                    self.note("operator", f"{machine.id} is switched on")
                self._cut.pop(machine.id, None)
        for name, spaces in list(self._cut.items()):
            self.plug(name, *spaces)

    def judge(self) -> None:
        """See that nobody was harmed who was well."""
        assert not self.harm()

    def harm(self) -> list[str]:
        """Return what happened to those who were well."""
        hit = {str(event["machine"]) for event in self.power() if event["action"] == "off"}
        well = sorted(hit - self.broken)
        return [
            *(["the address was on two machines at once"] if self.watch.doubles else []),
            *([f"switched off although well: {', '.join(well)}"] if well else []),
        ]

    def await_whole(self, timeout: float) -> None:
        """Wait until every member and host is online and every unit active."""

        def whole() -> bool:
            status = self.cluster.status()
            expected = {*self.cluster.members, *self.cluster.hosts}
            if status is None or not status.is_healthy or set(status.nodes) != expected:
                self._leader_looks()
                return False
            return all(not self.cluster.confirmed(host) for host in self.cluster.hosts)

        try:
            wait_for("everybody is online", whole, timeout=timeout)
            wait_for("all active", self._all_active, timeout=120)
        except GaveUpError as error:
            seen = self.cluster.status()
            raise AssertionError(f"{error}\n{seen}\n{self.messages()}") from None
        self.note("arena", "everybody is online and active")

    def _all_active(self) -> bool:
        status = self.juju.status()
        found = [name for app in status.apps for name in status.get_units(app).items()]
        idle = [
            name for name, unit in found
            if unit.workload_status.current != "active" and unit.juju_status.current == "idle"
        ]  # fmt: skip
        if idle and time.time() - self._looked > _PAUSE:
            self.look(idle[0])
        return jubilant.all_active(status)

    # Breaking

    def cut_power(self, machine: str) -> float:
        """Take a machine's power away."""
        self.broken.add(machine)
        at = time.time()
        self.cloud.power_off(machine)
        return self.note("fault", f"{machine} loses its power", at)

    def unplug(self, machine: str, *spaces: str) -> float:
        """Take a machine's network away, or its cards in some spaces."""
        self.broken.add(machine)
        chosen = spaces or tuple(space.name for space in SPACES)
        at = time.time()
        for space in chosen:
            self.cloud.nic(machine, space, up=False)
        self._cut.setdefault(machine, set()).update(chosen)
        return self.note("fault", f"{machine} loses its network ({', '.join(chosen)})", at)

    def plug(self, machine: str, *spaces: str) -> None:
        """Give a machine its network back."""
        chosen = spaces or tuple(self._cut.get(machine, ()))
        if self.cloud.is_on(machine):
            for space in chosen:
                self.cloud.nic(machine, space, up=True)
            self.note("operator", f"{machine} has its network again")
        self._cut.pop(machine, None)

    def knob(self, knob: str, value: Value, machine: str | None = None) -> float:
        """Have MAAS misbehave."""
        self.maas.set(knob, value, machine)
        return self.note(
            "fault", f"MAAS: {knob} is {value}" + (f" for {machine}" if machine else "")
        )

    def stop_maas(self) -> float:
        """End MAAS."""
        phases.maas(self.lab).stop()
        return self.note("fault", "MAAS is down")

    def start_maas(self) -> float:
        """Start MAAS again."""
        phases.maas(self.lab).start()
        return self.note("operator", "MAAS is up again")

    # Looking

    def status(self, member: str | None = None) -> Status:
        """Return what a member says, or the first that has quorum."""
        found = self.cluster.status(member)
        assert found is not None, "no member answers"
        return found

    @property
    def url(self) -> str:
        """Where the principal answers at its virtual address."""
        return f"http://[{self.vip}]/" if ":" in self.vip else f"http://{self.vip}/"

    def units(self, application: str) -> list[str]:
        """Return an application's units."""
        return sorted(self.juju.status().get_units(application))

    def leader(self, application: str) -> str:
        """Return an application's leader; empty while there is none."""
        units = self.juju.status().get_units(application)
        return next((name for name, unit in units.items() if unit.leader), "")

    def messages(self) -> list[str]:
        """Return what the units of hacluster say."""
        units = self.juju.status().get_units("hacluster").values()
        return sorted({unit.workload_status.message for unit in units})

    def act(self, action: str, *, check: bool = True, **params: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
        """Run an action of hacluster on its leader, and return its results."""
        try:
            return dict(self.juju.run(self.leader("hacluster"), action, params, wait=300).results)
        except jubilant.TaskError as error:
            if check:
                raise
            return dict(error.task.results)

    def refusal(self, unit: str, action: str, **params: Any) -> str:  # noqa: ANN401 (JSON)
        """Run an action on a unit, and return why it failed; empty if it did not."""
        try:
            self.juju.run(unit, action, params, wait=300)
        except jubilant.TaskError as error:
            self.note("operator", f"{action} on {unit} is refused: {error.task.message}")
            return error.task.message
        return ""

    def holder(self) -> str:
        """Return the machine that has the address."""
        (machine,) = wait_for("one machine has the address", self.watch.holders, timeout=60)
        return machine

    def home(self, host: str) -> str:
        """Return the member that holds the connection to a host."""
        (member,) = self.status().running[f"{host}.maas"]
        return member

    def power(self, machine: str | None = None) -> list[dict[str, Any]]:
        """Return what MAAS and BMCs were told to switch since the test began, on the cluster's behalf."""
        found = [
            {**event, "who": who}
            for who in self._logs for event in self.events(who) if event["event"] == "power"
        ]  # fmt: skip
        found.sort(key=lambda event: str(event["time"]))
        return [event for event in found if machine in (None, event["machine"])]

    def client_of_last_power_off(self) -> str:
        """Return the address of whoever told MAAS last to switch a machine off."""
        told = [
            each for each in self._events(MAAS)
            if each["event"] == "request" and each["op"] == "power_off"
        ]  # fmt: skip
        return str(told[-1]["client"])

    def events(self, who: str) -> list[dict[str, Any]]:
        """Return what one of those who switch machines has written down since the test began."""
        return self._events(who)[self._events_before[who] :]

    def _events(self, who: str) -> list[dict[str, Any]]:
        return list(timeline.read(self._logs[who]))

    def look(self, unit: str) -> None:
        """Have a unit look at itself now, unless its machine is down."""
        with contextlib.suppress(jubilant.TaskError, jubilant.CLIError, TimeoutError):
            self.juju.exec(*_DISPATCH, unit=unit, wait=120)
        self._looked = time.time()

    def _leader_looks(self) -> None:
        if time.time() - self._looked > _PAUSE and (leader := self.leader("hacluster")):
            self.look(leader)

    # Waiting

    def await_(self, what: str, seen: Callable[[], Any], timeout: float) -> float:
        """Wait for something, note it, and return the seconds since the test began."""
        wait_for(what, seen, timeout=timeout, every=0.5)
        return self.note("arena", what) - self.zero

    def await_fenced(self, host: str, timeout: float = 120) -> float:
        """Wait until a host is off and the cluster knows it."""
        since = int(self.zero)  # the cluster notes whole seconds
        return self.await_(
            f"the cluster takes {host} for off",
            lambda: self.cluster.confirmed(host) >= since,
            timeout,
        )

    def await_lost(self, host: str, timeout: float = 60) -> float:
        """Wait until the cluster has noticed that a host is lost."""

        def lost() -> bool:
            node = self.status().nodes.get(host)
            return node is not None and (node.unclean or bool(self.cluster.confirmed(host)))

        return self.await_(f"{host} is seen to be lost", lost, timeout)

    def await_told(self, *words: str, timeout: float = 90) -> None:
        """Wait until a unit of hacluster says something."""

        def told() -> bool:
            self._leader_looks()
            return any(all(word in text for word in words) for text in self.messages())

        self.await_(f"hacluster says {' ... '.join(words)}", told, timeout)

    def silent(self, seconds: float, still: Callable[[], bool], what: str) -> None:
        """See that something stays so; what does not happen has no event to wait for."""
        end = time.time() + seconds
        while time.time() < end:
            assert still(), f"not any more: {what}"
            time.sleep(1)
        self.note("arena", f"for {seconds:.0f} s: {what}")

    # Telling

    def keep(self, directory: Path, *, all_of_it: bool) -> None:
        """Write the timeline into a directory, and everybody's journal of that time."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "timeline.txt").write_text(f"{self.timeline()}\n")
        if not all_of_it:
            return
        journal = ("journalctl", "--output=short-iso-precise", f"--since=@{self.zero - 30:.0f}")
        for machine in [*self.cluster.members, *self.cluster.hosts]:
            text = self.cluster.run(machine, *journal, timeout=60)
            (directory / f"{machine}.log").write_text(text or "it is off, or does not answer\n")
        for member in self.cluster.members:
            if text := self.cluster.run(member, "/usr/sbin/cibadmin", "--query", "--local"):
                (directory / f"{member}.cib.xml").write_text(text)

    def note(self, who: str, what: str, at: float | None = None) -> float:
        """Keep a moment for the timeline and return its time."""
        moment = Moment(time.time() if at is None else at, who, what)
        self.moments.append(moment)
        print(timeline.render([moment], self.zero), flush=True)
        return moment.at

    def timeline(self) -> str:
        """Return what happened, from everybody who kept a record."""
        told = [*self.moments, *self.watch.moves]
        for event in self.power():
            what = f"power {event['action']} {event['phase']}: {event['machine']}"
            told.append(Moment(parse_time(str(event["time"])), str(event["who"]), what))
        status = self.cluster.status()
        told += [moment for moment in (status.fences if status else ()) if moment.at >= self.zero]
        return timeline.render(told, self.zero)
