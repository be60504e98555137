# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A cluster, a nova and a Masakari small enough to see through, for the monitor's tests.

Time is the test's: ``World.tick`` lets the monitor look, carries out what it wants and moves the
clock on. What nova and Masakari do is taken from their source (masakari/ha/api.py: 409 for a
duplicate and for a host on maintenance, 400 for a host in no segment).
"""

from __future__ import annotations

import dataclasses
import itertools

from fencing_monitor import hosts, journal, machine, wants
from fencing_monitor.cloud import Move, Notification, SegmentHost, Server, Service
from fencing_monitor.cluster import Cluster, Device, FenceEvent, Operation, Remote
from fencing_monitor.evidence import Evidence, confirm
from fencing_monitor.failure import Failure, Host
from fencing_monitor.machine import State
from fencing_monitor.requests import (
    Answer,
    CountEvacuations,
    Evacuate,
    GiveUp,
    LogIn,
    Problem,
    ReadHosts,
    ReadMoves,
    ReadNotifications,
    ReadServer,
    ReadServers,
    ReadServices,
    Report,
    Request,
    ReturnHost,
    SetEnabled,
    SetForcedDown,
    SetMaintenance,
    SyncHistory,
    Unlock,
)
from fencing_monitor.rules import Rules
from fencing_monitor.upkeep import Keeper
from fencing_monitor.work import HostError

NOW = 1_795_375_000.0
H1, H2, H3 = "virt-node-01.maas", "virt-node-02.maas", "virt-node-10.maas"
TIMER = 180.0  # when at the latest an engine looks after what it was not told of
DEVICES = (Device("st-maas", "fence_maas", frozenset({H1, H2, H3})),)


@dataclasses.dataclass
class Machine:
    """A hypervisor: ``on`` is the truth, the rest is what Pacemaker makes of it."""

    name: str
    on: bool = True
    state: str = "up"  # up, lost, fencing, fenced, trying (a false online)
    fenced: int = 0
    maintenance: bool = False
    managed: bool = True

    def remote(self) -> Remote:
        connected = Operation("masakari-0", "monitor", 0, 0, 9, int(NOW))
        trying = Operation("masakari-0", "start", 193, -1, -1, int(NOW))
        online = self.state in {"up", "trying"}
        return Remote(
            self.name,
            online=online,
            unclean=self.state in {"lost", "fencing"},
            maintenance=self.maintenance,
            managed=self.managed,
            node_fenced=self.fenced,
            member="masakari-0" if online else None,
            operations=(connected,)
            if self.state == "up"
            else (trying,)
            if self.state == "trying"
            else (),
        )


class World:
    """Everything around the monitor, and the monitor's state."""

    def __init__(self, rules: Rules | None = None, *names: str):
        self.rules = rules or Rules()
        self.now = NOW
        self.machines = {name: Machine(name) for name in names or (H1, H2, H3)}
        self.events: list[FenceEvent] = []
        self.quorate = True
        self.devices = DEVICES
        self.services = {
            name: Service(f"s-{name}", name, up=True, enabled=True, forced_down=False)
            for name in self.machines
        }
        self.servers: dict[str, Server] = {}
        self.registered = {
            name: SegmentHost(f"u-{name}", name, "segment", on_maintenance=False)
            for name in self.machines
        }
        self.notifications: list[Notification] = []
        self.moves: dict[str, list[Move]] = {}
        self.down: set[str] = set()  # APIs that do not answer
        self.mute: set[type[Request]] = set()  # requests that nobody answers
        self.unclean: set[str] = set()  # hosts whose nova-compute has not cleaned up yet
        self.orphans: set[str] = set()  # notifications whose engine died: nobody goes on with them
        self.lost_answers = 0  # how many reports are carried out without an answer
        self.lost_words = 0  # how many reports RabbitMQ loses on their way to the engines
        self.unheard: set[str] = set()  # notifications of such reports
        self.is_full = False  # nova finds no host for an instance
        self.leaves_evacuations = (
            False  # whether a returned nova-compute has something to clean up
        )
        self.engine = "works"  # works, drops, fails, errs, blind (errs before it looks), busy, dead, dies (in mid-recovery)
        self.log: list[tuple[float, Request, Answer]] = []
        self.state = State()
        self.disk: dict[str, Host] = {}  # what the journal has
        self.window = 0.0  # duplicate_notification_detection_interval
        self.is_careful = True  # whether Masakari refuses duplicates
        self._count = itertools.count(1)
        self._last: dict[Request, float] = {}

    # What happens in the world

    def boot(self, host: str, *names: str) -> None:
        for name in names:
            self.servers[name] = Server(name, name, host, "ACTIVE")

    def lose(self, name: str) -> None:
        self.machines[name].state = "lost"

    def fence(
        self, name: str, delegate: str = "masakari-1", status: str = "success", skew: int = 0
    ) -> None:
        one = self.machines[name]
        completed = int(self.now) + skew if status != "pending" else None
        event = FenceEvent(name, "off", status, delegate, "pacemaker-controld.92", completed)
        self.events = [old for old in self.events if (old.target, old.status) != (name, "pending")]
        self.events.insert(0, event)
        if status == "success":
            one.state, one.fenced = "fenced", int(self.now) + skew
            one.on = one.on and delegate == "a human"  # who only says so

    def kill(self, name: str) -> None:
        self.lose(name)
        self.tick()
        self.fence(name)

    def come_back(self, name: str) -> None:
        one = self.machines[name]
        one.state, one.on, one.fenced = "up", True, 0
        self.change_service(name, up=not self.services[name].forced_down)

    def change_service(self, name: str, **changes: bool | str) -> None:
        self.services[name] = dataclasses.replace(self.services[name], **changes)  # type: ignore[arg-type]

    def change_server(self, name: str, **changes: str) -> None:
        self.servers[name] = dataclasses.replace(self.servers[name], **changes)

    def forget_monitor(self) -> None:
        """The monitor starts on another member, where there is no journal."""
        self.state, self._last, self.disk = State(), {}, {}

    # What the monitor does

    def cluster(self) -> Cluster:
        remotes = tuple(one.remote() for one in self.machines.values())
        return Cluster(self.now, self.quorate, remotes, tuple(self.events), self.devices)

    def tick(self, seconds: float = 1.0, times: int = 1) -> None:
        for _ in range(times):
            self.become(machine.see(self.state, self.cluster(), self.rules))
            for _ in range(20):
                due = [one.request for one in self.wanted() if self._due(one.request, one.every)]
                if not due:
                    break
                for request in due:
                    self._last[request] = self.now
                    self.hear(self.carry(request))
            self.now += seconds
            self.work()

    def wanted(self) -> tuple[wants.Wanted, ...]:
        return wants.wanted(self.state, self.rules, self.now)

    def hear(self, answer: Answer) -> None:
        self.become(machine.hear(self.state, answer, self.rules))

    def become(self, state: State) -> None:
        for name, host in state.hosts.items():
            if journal.worth_writing(self.state.hosts.get(name), host):
                self.disk[name] = host
        self.state = state

    def crash_monitor(self) -> None:
        """The monitor is killed and starts again with what its journal has."""
        self.state, self._last = State(hosts=dict(self.disk)), {}

    def host(self, name: str = H1) -> Host:
        return self.state.hosts[name]

    def failure(self, name: str = H1) -> Failure:
        host = self.host(name)
        found = host.failure or (host.former[-1] if host.former else None)
        assert found is not None, f"{name} has not failed"
        return found

    def orders(self, kind: type[Request], host: str = H1) -> list[float]:
        return [at for at, one, _ in self.log if type(one) is kind and one.host == host]  # type: ignore[attr-defined]

    def accepted(self, host: str = H1) -> int:
        return sum(1 for one in self.notifications if one.host == f"u-{host}")

    def _due(self, request: Request, every: float) -> bool:
        last = self._last.get(request)
        return last is None or self.now - last >= every

    # What nova and Masakari do

    def carry(self, request: Request) -> Answer:
        asked = self.now
        answer = self._answer(request, asked)
        self.log.append((asked, request, answer))
        return answer

    def _answer(self, request: Request, asked: float) -> Answer:
        if request.api in self.down or type(request) in self.mute:
            return Answer(request, asked, asked, problem=Problem("connection refused"))
        outcome = self._perform(request)
        if isinstance(outcome, Problem):
            return Answer(request, asked, asked, problem=outcome)
        if isinstance(request, Report) and self.lost_answers:
            self.lost_answers -= 1
            return Answer(request, asked, asked, problem=Problem("read timed out"))
        return Answer(request, asked, asked, outcome)

    def _perform(self, request: Request) -> object:
        match request:
            case ReadServices():
                return tuple(self.services.values())
            case ReadServers():
                return tuple(one for one in self.servers.values() if one.host == request.host)
            case ReadServer():
                return self.servers.get(request.uuid)
            case SetForcedDown():
                return self._force(request)
            case ReadHosts():
                return tuple(self.registered.values())
            case ReadNotifications():
                return tuple(one for one in self.notifications if one.host == request.uuid)
            case ReadMoves():
                return tuple(self.moves.get(request.notification, ()))
            case Report():
                return self._report(request.host)
            case SetMaintenance():
                return self._maintain(request)
            case _:
                return self._repair(request)

    def _repair(self, request: Request) -> object:
        match request:
            case LogIn():
                return None
            case GiveUp():
                return self._give_up(request)
            case ReturnHost():
                return self._restore(request)
            case Evacuate():
                return self._start_elsewhere(request)
            case CountEvacuations():
                return int(request.host in self.unclean)
            case SetEnabled():
                reason = "" if request.enabled else request.reason
                self.change_service(request.host, enabled=request.enabled, disabled_reason=reason)
                return None
            case Unlock():
                self.servers[request.uuid] = dataclasses.replace(
                    self.servers[request.uuid], locked=False
                )
                return None
            case _:
                assert isinstance(request, SyncHistory), f"unexpected request: {request}"
                return None

    def _force(self, order: SetForcedDown) -> Problem | None:
        if not order.down and order.host in self.unclean:
            return Problem("evacuations are not cleaned up", 400)
        up = not order.down and self.machines[order.host].state == "up"
        self.change_service(order.host, forced_down=order.down, up=up)
        return None

    def _restore(self, order: ReturnHost) -> object:
        keeper = Keeper(self.cluster, lambda host: self.machines[host].managed)
        try:
            reasons = sorted(self.rules.return_reasons)
            return str(len(hosts.restore_host(self.carry, keeper, order.host, reasons)))
        except HostError as error:
            return Problem(str(error))

    def _start_elsewhere(self, order: Evacuate) -> Problem | None:
        server = self.servers[order.uuid]
        if self.services[order.host].up:
            return Problem("compute service is still in use", 400)
        host, status = (server.host, "ERROR") if self.is_full else (H2, "ACTIVE")
        self.servers[order.uuid] = dataclasses.replace(server, host=host, status=status)
        return None

    def certain(self, name: str) -> Evidence:
        """Return the evidence that a host is off, as the program itself tells it."""
        cluster = self.cluster()
        remote = cluster.remote(name)
        assert remote is not None
        known = self.disk.get(name, Host(name))
        verdict = confirm(cluster, remote, known.memory, self.rules.policy)
        if verdict.evidence is None:
            raise HostError(f"{name} is not known to be off: {verdict.reason}")
        return verdict.evidence

    def _maintain(self, order: SetMaintenance) -> Problem | None:
        if self._is_busy():
            return Problem("the segment has a notification that is not ended", 409)
        known = self.registered[order.host]
        self.registered[order.host] = dataclasses.replace(known, on_maintenance=order.on)
        return None

    def _is_busy(self) -> bool:
        return any(one.status in {"new", "running", "error"} for one in self.notifications)

    def _give_up(self, order: GiveUp) -> bool:
        for index, one in enumerate(self.notifications):
            if (one.uuid, one.status) == (order.notification, order.status):
                self.notifications[index] = dataclasses.replace(one, status="failed")
                return True
        return False

    def _report(self, host: str) -> Notification | Problem:
        known = self.registered.get(host)
        if known is None:
            return Problem("no such host", 400)
        if known.on_maintenance:
            return Problem("the host is already under maintenance", 409)
        if any(
            one.host == known.uuid
            and (one.status in {"new", "running"} or self.now - one.generated < self.window)
            for one in self.notifications
        ):
            return Problem("duplicate", 409)
        made = Notification(f"n{next(self._count)}", known.uuid, "new", self.now)
        self.notifications.append(made)
        if self.lost_words:
            self.lost_words -= 1
            self.unheard.add(made.uuid)
        return made

    def work(self) -> None:
        """Let the engine take its next step with every notification."""
        if self.engine == "busy":  # with something else
            return
        if self.engine == "dead":
            self.orphans |= {one.uuid for one in self.notifications if one.status == "running"}
            return
        for index, one in enumerate(self.notifications):
            name = one.host.removeprefix("u-")
            if one.uuid in self.unheard and self.now - one.generated < TIMER:
                continue
            if one.status == "new":
                self.notifications[index] = dataclasses.replace(one, status="running")
                if name in self.registered:
                    self.registered[name] = dataclasses.replace(
                        self.registered[name], on_maintenance=True
                    )
                    reason = "Masakari detected host failed."
                    self.change_service(name, enabled=False, disabled_reason=reason)
            elif one.uuid in self.orphans or self.engine == "works slowly":
                continue
            elif one.status == "running" and self.engine == "dies":
                self._die(one.uuid, name)
                return
            elif one.status == "running":
                status = self._recover(one.uuid, name)
                self.notifications[index] = dataclasses.replace(one, status=status)

    def _recover(self, notification: str, name: str) -> str:
        """Recover a host and return what its notification is then."""
        if self.engine == "blind":
            return "error"
        done = {"fails": "failed", "errs": "error"}.get(self.engine, "finished")
        return done if self._evacuate(notification, name) else "failed"

    def _die(self, notification: str, name: str) -> None:
        """Die with one instance moved, one locked and under way, and the others not begun."""
        self.engine = "dead"
        self.orphans.add(notification)
        there = sorted(
            (one for one in self.servers.values() if one.host == name), key=lambda one: one.uuid
        )
        for server, status in zip(
            there, ("succeeded", "ongoing", *["pending"] * 99), strict=False
        ):
            move = Move(server.uuid, server.name, status, "", self.now)
            self.moves.setdefault(notification, []).append(move)
            host = H3 if status == "succeeded" else name
            self.servers[server.uuid] = dataclasses.replace(
                server, host=host, locked=server.locked or status == "ongoing"
            )

    def _evacuate(self, notification: str, name: str) -> bool:
        """Evacuate a host and return whether nova let it: not from a service that is up."""
        results = {"works": "succeeded", "drops": "pending", "fails": "failed", "errs": "failed"}
        refused = self.services[name].up if name in self.services else False
        for server in [one for one in self.servers.values() if one.host == name]:
            status = "failed" if refused else results[self.engine]
            move = Move(server.uuid, server.name, status, H2, self.now, self.now)
            self.moves.setdefault(notification, []).append(move)
            if status == "succeeded":
                self.unclean |= {name} if self.leaves_evacuations else set()
                self.servers[server.uuid] = dataclasses.replace(
                    server, host=H2 if name != H2 else H3
                )
        return not refused
