# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What holds whatever happens, in whatever order: the promises of the fencing monitor.

Hypothesis makes up histories of a small cloud: hosts die, are fenced, come back; APIs vanish,
answers get lost or come late, the monitor is killed or moves to a member without its journal, the
engine fails, people disable hosts and return them. Masakari's own protection against duplicates is switched off.
"""

import dataclasses
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from monitor_world import H1, H2, World

from fencing_monitor import machine, tracking, wants
from fencing_monitor.cloud import Notification
from fencing_monitor.failure import PROVISIONAL
from fencing_monitor.journal import Journal
from fencing_monitor.machine import State
from fencing_monitor.requests import (
    Answer,
    Problem,
    Report,
    Request,
    ReturnHost,
    SetEnabled,
    SetMaintenance,
)
from fencing_monitor.rules import Rules

HOSTS = st.sampled_from([H1, H2])


class Checked(World):
    """A world that notices a report that must not have been sent, and a return that must not be made."""

    def __init__(self, rules: Rules | None = None) -> None:
        super().__init__(rules, H1, H2)
        self.held: set[str] = set()  # hosts that a person took out of service
        self.is_returning = False
        self.is_careful = False
        self.episode = dict.fromkeys(self.machines, 0)
        self.reported: dict[str, tuple[str, int]] = {}
        self.late: list[Answer] = []
        self.is_slow = False

    def _report(self, host: str) -> Notification | Problem:
        assert not self.machines[host].on, f"{host} was reported while it ran"
        earlier = tuple(one for one in self.notifications if one.host == f"u-{host}")
        made = super()._report(host)
        if isinstance(made, Notification):
            self.reported[made.uuid] = (host, self.episode[host])
            assert all(self._is_done_with(before) for before in earlier), "reported twice"
        return made

    def _perform(self, request: Request) -> object:
        ends = isinstance(request, SetMaintenance) and not request.on
        if self.is_returning and (ends or (isinstance(request, SetEnabled) and request.enabled)):
            self._check_return(request.host)
        return super()._perform(request)

    def _restore(self, order: ReturnHost) -> object:
        self.is_returning = True
        try:
            return super()._restore(order)
        finally:
            self.is_returning = False

    def _check_return(self, host: str) -> None:
        assert self.machines[host].state == "up", f"{host} was returned while it was lost"
        assert self.machines[host].managed, f"{host} was returned while it was left alone"
        assert host not in self.unclean, f"{host} was returned before it had cleaned up"
        assert not self.services[host].forced_down
        assert host not in self.held, f"{host} was returned against somebody's will"
        assert not self.is_unfinished(host), f"{host} was returned in mid-recovery"

    def is_unfinished(self, host: str) -> bool:
        ours = (one for one in self.notifications if one.host == f"u-{host}")
        return any(one.status in tracking.UNFINISHED for one in ours)

    def _is_done_with(self, before: Notification) -> bool:
        """Whether a further notification is no second one for the same failure."""
        host, episode = self.reported[before.uuid]
        moves = {move.status for move in self.moves.get(before.uuid, ())}
        if before.status == "finished":
            return "pending" in moves or episode != self.episode[host]
        # One in error is done with once it is given up, which makes it failed.
        return before.status == "failed"

    def see(self) -> None:
        self.become(machine.see(self.state, self.cluster(), self.rules))
        under_way = {answer.request for answer in self.late}
        for one in wants.wanted(self.state, self.rules, self.now):
            if one.request not in under_way and self._due(one.request, one.every):
                self._last[one.request] = self.now
                self.late.append(self.carry(one.request))
        if not self.is_slow:
            while self.late:
                self.hear(self.late.pop(0))
        self.now += 1
        self.work()


class Promises(RuleBasedStateMachine):
    """Histories of a small cloud."""

    policy: Rules | None = None

    def __init__(self) -> None:
        super().__init__()
        self.world = Checked(self.policy)
        self.world.boot(H1, "vm1", "vm2")
        self.world.boot(H2, "vm3")

    @rule(times=st.integers(1, 12))
    def time_passes(self, times: int) -> None:
        for _ in range(times):
            self.world.see()

    @rule(host=HOSTS)
    def a_host_is_lost(self, host: str) -> None:
        if self.world.machines[host].state == "up":
            self.world.lose(host)

    @rule(host=HOSTS, skew=st.integers(-4, 4))
    def a_host_is_fenced(self, host: str, skew: int) -> None:
        if self.world.machines[host].state == "lost":
            self.world.fence(host, skew=skew)

    @rule(host=HOSTS, before=st.integers(0, 3), after=st.integers(0, 4))
    def a_host_dies_and_is_fenced(self, host: str, before: int, after: int) -> None:
        self.a_host_is_lost(host)
        for _ in range(before):
            self.world.see()
        self.a_host_is_fenced(host, 0)
        for _ in range(after):
            self.world.see()

    @rule(host=HOSTS, status=st.sampled_from(["failed", "pending"]))
    def a_fence_fails_or_hangs(self, host: str, status: str) -> None:
        if self.world.machines[host].state == "lost":
            self.world.fence(host, status=status)

    @rule(host=HOSTS)
    def a_human_says_that_a_running_host_is_off(self, host: str) -> None:
        if self.world.machines[host].state == "lost":
            self.world.fence(host, delegate="a human")

    @rule(host=HOSTS)
    def a_reconnection_is_tried(self, host: str) -> None:
        one = self.world.machines[host]
        if one.state in {"fenced", "trying"}:
            one.state = "trying" if one.state == "fenced" else "fenced"

    @rule(host=HOSTS, minutes=st.integers(1, 5), is_repaired=st.booleans())
    def a_host_comes_back(self, host: str, minutes: int, is_repaired: bool) -> None:
        world = self.world
        if world.machines[host].state == "up":
            return
        world.now += 60 * minutes
        world.episode[host] += 0 if world.machines[host].on else 1
        world.come_back(host)
        for name in ("vm1", "vm2", "vm3"):
            if world.servers[name].host == host:
                world.change_server(name, task="", status="SHUTOFF")
        if is_repaired:
            known = world.registered[host]
            world.registered[host] = dataclasses.replace(known, on_maintenance=False)

    @rule()
    def the_fencing_history_is_forgotten(self) -> None:
        self.world.events.clear()

    @rule(host=HOSTS)
    def the_cluster_restarts_and_has_to_fence_again(self, host: str) -> None:
        self.world.events.clear()
        one = self.world.machines[host]
        if one.state != "up":
            one.state, one.fenced = "lost", 0

    @rule(is_quorate=st.booleans())
    def quorum_comes_and_goes(self, is_quorate: bool) -> None:
        self.world.quorate = is_quorate

    @rule(
        down=st.sets(st.sampled_from(["nova", "masakari", "keystone"])),
        lost=st.integers(0, 2),
        unheard=st.integers(0, 2),
    )
    def apis_come_and_go(self, down: set[str], lost: int, unheard: int) -> None:
        self.world.down, self.world.lost_answers = down, lost
        self.world.lost_words = unheard
        self.world.see()

    @rule(is_slow=st.booleans())
    def answers_are_late(self, is_slow: bool) -> None:
        self.world.is_slow = is_slow

    @precondition(lambda self: self.world.late)
    @rule(data=st.data())
    def a_late_answer_arrives(self, data: st.DataObject) -> None:
        late = self.world.late
        self.world.hear(late.pop(data.draw(st.integers(0, len(late) - 1))))

    @rule(engine=st.sampled_from(["works", "drops", "fails", "errs", "dies", "dead"]))
    def the_engine_changes(self, engine: str) -> None:
        self.world.engine = engine

    @rule(has_journal=st.booleans(), times=st.integers(0, 5))
    def the_monitor_starts_anew(self, has_journal: bool, times: int) -> None:
        self.world.late.clear()
        if has_journal:
            self.world.crash_monitor()
            self.world.state = State(hosts=reread(self.world.state))
        else:
            self.world.forget_monitor()
        for _ in range(times):
            self.world.see()

    @invariant()
    def a_host_without_evidence_is_not_touched(self) -> None:
        for host in self.world.state.hosts.values():
            if host.failure is not None and host.failure.phase.value not in {"lost", "ended"}:
                assert host.failure.evidence is not None

    def teardown(self) -> None:
        """Everything is repaired: every host that is off then has an outcome."""
        world = self.world
        world.down, world.lost_answers, world.is_slow = set(), 0, False
        world.lost_words = 0
        world.quorate, world.engine = True, "works"
        world.unclean.clear()
        while world.late:
            world.hear(world.late.pop(0))
        for name, one in world.machines.items():
            one.managed = True
            if one.state != "up":
                world.lose(name)
                world.see()
                world.fence(name)
        for _ in range(400):
            world.see()
        for name, one in world.machines.items():
            failure = world.host(name).failure
            if one.state == "up":
                assert failure is None, f"{name} is back, and its failure is still open: {failure}"
            else:
                assert failure is not None, f"{name} is off, and nobody knows"
                assert failure.outcome is not None
                assert failure.outcome not in PROVISIONAL


class Returns(Promises):
    """The same where hosts return to service by themselves, among people who have their own plans."""

    policy = Rules(auto_return=True, return_after=40.0)

    def __init__(self) -> None:
        super().__init__()
        self.world.leaves_evacuations = True

    @rule(host=HOSTS, is_held=st.booleans(), is_clean=st.booleans(), is_watched=st.booleans())
    def a_host_dies_and_comes_back(
        self, host: str, is_held: bool, is_clean: bool, is_watched: bool
    ) -> None:
        """The usual way of it, which chance alone would seldom go to its end."""
        world = self.world
        world.down, world.is_slow, world.quorate, world.engine = set(), False, True, "works"
        if world.machines[host].state == "up":  # nova starts nothing on one that is not
            world.boot(host, "vm1", "vm2")
        if is_held:
            self.somebody_disables_a_host(host)
        self.a_host_dies_and_is_fenced(host, 1, 12)
        world.machines[host].managed = is_watched
        self.a_host_comes_back(host, 1, False)
        if is_clean:
            self.nova_compute_cleans_up(host)
        self.time_passes(60)

    @rule(seconds=st.integers(30, 90))
    def a_while_passes(self, seconds: int) -> None:
        self.time_passes(seconds)

    @rule(host=HOSTS)
    def nova_compute_cleans_up(self, host: str) -> None:
        self.world.unclean.discard(host)

    @rule(host=HOSTS)
    def somebody_disables_a_host(self, host: str) -> None:
        # While a recovery runs its engine may write over it, and nobody can tell afterwards.
        if self.world.machines[host].state == "up" and not self.world.is_unfinished(host):
            self.world.change_service(host, enabled=False, disabled_reason="bad memory")
            self.world.held.add(host)

    @rule(host=HOSTS)
    def somebody_returns_a_host(self, host: str) -> None:
        world = self.world
        if world.machines[host].state == "up" and not world.services[host].forced_down:
            world.change_service(host, enabled=True, disabled_reason="", up=True)
            world.registered[host] = dataclasses.replace(
                world.registered[host], on_maintenance=False
            )
            world.held.discard(host)

    @rule(host=HOSTS, is_watched=st.booleans())
    def the_cluster_is_told_to_watch_or_to_leave_alone(self, host: str, is_watched: bool) -> None:
        self.world.machines[host].managed = is_watched


def reread(state: State) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as directory:
        memory = Journal(directory)
        memory.write(*state.hosts.values())
        found = memory.read()
    return found  # type: ignore[return-value]


TestPromises = Promises.TestCase
TestPromises.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestReturns = Returns.TestCase
TestReturns.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_report_is_a_change_and_a_list_is_none() -> None:
    assert Report.changes
    assert not Request.changes
