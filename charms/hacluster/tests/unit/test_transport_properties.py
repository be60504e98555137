# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What holds in every history of a switch: hooks in any order and again, leaders and machines that are lost.

The charm's own steps run on members that are values. Only the doors to the system are replaced. A hook may break
off at any of them: what it did to the machine stays, what it wrote into databags is lost, and it runs again.
"""

import dataclasses
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import calm
import corosync
import crm_mon
import hanode
import inputs
import member
import pacemaker
import ring
import spare
import transport
from access import Access
from config import Config
from keys import Keys

OLD, NEW = "udpu", "knet"
KEYS = Keys(b"r" * 128, b"p" * 128)
STEP = st.integers(0, 8)  # the door at which a hook breaks off


class BreakOffError(Exception):
    """The hook ends here: the agent died, or the machine."""


class StillWaitingError(Exception):
    """The hook waits for other members, and others may run meanwhile."""


@dataclasses.dataclass
class Machine:
    """One member."""

    number: int
    transport: str = OLD
    alive: bool = True
    corosync: bool = True
    pacemaker: bool = True
    enabled: bool = True
    waits: "dict[str, Any] | None" = None
    """The databags as they were when the hook began that still waits."""

    @property
    def unit(self) -> str:
        return f"hacluster/{self.number}"


class Bag(dict[str, str]):
    """A databag: an empty value is none."""

    def __setitem__(self, key: str, value: str) -> None:
        if value:
            super().__setitem__(key, value)
        else:
            self.pop(key, None)

    def update(self, values: dict[str, str]) -> None:  # type: ignore[override]
        for key, value in values.items():
            self[key] = value


class World(RuleBasedStateMachine):
    """Three or more members, their databags and the cluster's configuration."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.now = 1000.0
        self.machines: list[Machine] = []
        self.leader = 0
        self.bags: dict[str, Bag] = {}
        self.calm = False
        self.held = False
        self.slow_remotes = False
        self.me: Machine
        self.budget = 99
        self.gives_up = False

    @initialize(count=st.integers(1, 4))
    def form(self, count: int) -> None:
        self.machines = [Machine(number) for number in range(count)]
        self.bags = {
            machine.unit: Bag(member_ready="True", transport=OLD) for machine in self.machines
        }
        self.bags["hacluster"] = Bag()
        doors: dict[tuple[types.ModuleType, str], Callable[..., Any]] = {
            (corosync, "present_transport"): lambda: self.me.transport,
            (member, "wait_outside"): self.stop,
            (member, "switch"): self.switch,
            (member, "leavers"): lambda _: frozenset(),
            (pacemaker, "status"): self.status,
            (pacemaker, "configuration"): lambda: None,
            (spare, "names"): lambda _: (),
            (spare, "holds"): lambda _: self.held,
            (calm, "obstacle"): lambda _: "" if self.is_sound() else "not online",
            (calm, "begin"): self.calm_down,
            (calm, "end"): self.take_up_work,
        }
        for (module, name), door in doors.items():
            self.patch.setattr(module, name, door)
        self.patch.setattr(transport.time, "time", lambda: self.now)

    # What is done to the members, at the doors.

    def door(self) -> None:
        if self.budget == 0:
            raise BreakOffError
        self.budget -= 1

    def stop(self) -> None:
        self.door()
        # Nothing that runs is stopped for it, and nobody is fenced.
        assert self.calm or not self.is_quorate(self.me)
        self.me.enabled = self.me.pacemaker = self.me.corosync = False

    def switch(self, wanted: corosync.Ring, *_: object, patience: float, strict: bool) -> bool:
        self.door()
        me = self.me
        if me.transport != wanted.transport:
            if me.corosync:
                self.stop()
            me.transport = wanted.transport
        me.corosync = True
        self.door()
        peers = [
            each for each in self.machines if each.number + 1000 in {n.id for n in wanted.nodes}
        ]
        whole = all(self.is_joined(each, me.transport) for each in peers)
        if not whole and patience > 60 and not self.gives_up:
            raise StillWaitingError
        if strict and not whole:
            return False
        if not me.pacemaker and me.transport != (self.bags["hacluster"].get("transport") or OLD):
            # Who came later would be taken for lost.
            assert whole or '"restore"' in self.bags["hacluster"]["switch"]
            # Nobody goes forward before all have stopped.
            running = {each.transport for each in self.machines if each.alive and each.pacemaker}
            assert running <= {me.transport}
        me.pacemaker = me.enabled = True
        self.door()
        return True

    def calm_down(self) -> None:
        self.door()
        self.calm = self.held = True
        self.door()

    def take_up_work(self, _: Config, *, late: bool) -> bool:
        self.door()
        if not self.is_quorate(self.me):
            return False
        self.calm = False
        if self.slow_remotes and not late:
            return False
        self.held = False
        self.door()
        return True

    # What is seen of them.

    @staticmethod
    def is_joined(machine: Machine, over: str) -> bool:
        return machine.alive and machine.corosync and machine.transport == over

    def is_quorate(self, machine: Machine) -> bool:
        votes = sum(self.is_joined(each, machine.transport) for each in self.machines)
        return machine.alive and machine.pacemaker and 2 * votes > len(self.machines)

    def is_sound(self) -> bool:
        return all(self.is_quorate(machine) for machine in self.machines)

    def status(self) -> crm_mon.Status | None:
        if not self.me.pacemaker:
            return None
        return crm_mon.Status("a", self.is_quorate(self.me), self.calm, True, (), ())

    @property
    def is_over(self) -> bool:
        return "switch" not in self.bags["hacluster"]

    # Hooks.

    def hook(self, number: int, *, wanted: str = "", budget: int = 99) -> None:
        """Run a hook of a unit, or its action if a transport is wanted."""
        self.me, self.budget = self.machines[number], budget
        bags = self.me.waits or {name: Bag(bag) for name, bag in self.bags.items()}
        self.me.waits = None
        charm, given = self.charm(bags), self.given(bags)
        try:
            if wanted:
                transport.begin(charm, given, wanted)
            elif not transport.take_part(charm, given):
                self.rest_of_hook(charm, given)
        except BreakOffError:
            return
        except StillWaitingError:
            self.me.waits = bags
            return
        self.bags[self.me.unit] = bags[self.me.unit]
        if number == self.leader:
            self.bags["hacluster"] = bags["hacluster"]

    def rest_of_hook(self, charm: Any, given: inputs.Inputs) -> None:
        wanted = ring._transport(given)
        if wanted != self.me.transport:
            self.stop()
            self.me.transport = wanted
        self.me.corosync = self.me.pacemaker = self.me.enabled = True
        charm.model.get_relation("").data[charm.unit]["transport"] = wanted
        if charm.unit.is_leader():
            transport.keep(charm, given)

    def charm(self, bags: dict[str, Bag]) -> Any:
        unit, leads = self.me.unit, self.me.number == self.leader

        class Unit(str):
            __slots__ = ()
            name = unit
            is_leader = staticmethod(lambda: leads)

        class App(str):
            __slots__ = ()
            name = "hacluster"

        relation = types.SimpleNamespace(data=bags)
        model = types.SimpleNamespace(get_relation=lambda _: relation)
        return types.SimpleNamespace(unit=Unit(unit), app=App("hacluster"), model=model)

    def given(self, bags: dict[str, Bag]) -> inputs.Inputs:
        peers = [
            dataclasses.replace(
                hanode.read(machine.unit, bags[machine.unit]),
                hostname=f"n{machine.number}",
                address=f"10.0.0.{machine.number + 1}",
                ready=True,
            )
            for machine in self.machines
        ]
        peers.sort(key=lambda peer: peer.unit != self.me.unit)
        peers[0] = dataclasses.replace(peers[0], transport=self.me.transport)
        app = bags["hacluster"]
        return inputs.Inputs(
            config=Config(cluster_count=len(peers)),
            peers=tuple(peers),
            ring=frozenset(),
            keys=KEYS,
            keys_loaded="",
            access=Access(),
            remotes=(),
            request=None,
            request_problem="",
            transport=app.get(inputs.TRANSPORT, ""),
            switch=inputs._switch(app),
            switch_failure=app.get(inputs.SWITCH_FAILURE, ""),
        )

    # What happens.

    def alive(self) -> list[Machine]:
        return [machine for machine in self.machines if machine.alive]

    @precondition(lambda self: self.is_over and self.is_sound())
    @rule(wanted=st.sampled_from([OLD, NEW]), budget=st.one_of(st.just(99), STEP))
    def an_operator_switches(self, wanted: str, budget: int) -> None:
        if self.machines[self.leader].waits is None:
            self.hook(self.leader, wanted=wanted, budget=budget)

    @rule(data=st.data())
    def a_hook(self, data: st.DataObject) -> None:
        if self.alive():
            self.hook(data.draw(st.sampled_from(self.alive())).number)

    @rule()
    def a_hook_of_each(self) -> None:
        for machine in self.alive():
            self.hook(machine.number)

    @rule(data=st.data(), budget=STEP)
    def a_hook_breaks_off(self, data: st.DataObject, budget: int) -> None:
        if self.alive():
            self.hook(data.draw(st.sampled_from(self.alive())).number, budget=budget)

    @rule(data=st.data())
    def a_member_loses_patience(self, data: st.DataObject) -> None:
        waiting = [machine for machine in self.alive() if machine.waits]
        if waiting:
            self.gives_up = True
            self.hook(data.draw(st.sampled_from(waiting)).number)
            self.gives_up = False

    @rule(data=st.data())
    def another_leads(self, data: st.DataObject) -> None:
        if self.alive():
            self.leader = data.draw(st.sampled_from(self.alive())).number

    @precondition(lambda self: 2 * len(self.alive()) > len(self.machines) + 1)
    @rule(data=st.data())
    def a_machine_is_lost(self, data: st.DataObject) -> None:
        if self.alive():
            lost = data.draw(st.sampled_from(self.alive()))
            lost.alive = lost.corosync = lost.pacemaker = False
            lost.waits = None

    @rule(data=st.data())
    def a_machine_boots(self, data: st.DataObject) -> None:
        lost = [machine for machine in self.machines if not machine.alive]
        if lost:
            self.boot(data.draw(st.sampled_from(lost)))

    @staticmethod
    def boot(machine: Machine) -> None:
        machine.alive = True
        machine.corosync = machine.pacemaker = machine.enabled

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(slow=st.booleans())
    def remotes_are_slow(self, slow: bool) -> None:
        self.slow_remotes = slow

    # What must hold.

    @invariant()
    def no_two_clusters_have_quorum(self) -> None:
        assert (
            len({machine.transport for machine in self.machines if self.is_quorate(machine)}) <= 1
        )

    def quiet(self) -> None:
        """Let hooks run as they do every few minutes, and nothing else happen."""
        for _ in range(40):
            self.now += 100.0
            for machine in self.alive():
                self.gives_up = machine.waits is not None
                self.hook(machine.number)
                self.gives_up = False

    def teardown(self) -> None:
        try:
            if self.machines:
                self.comes_to_its_end()
        finally:
            self.patch.undo()

    def comes_to_its_end(self) -> None:
        if not self.machines[self.leader].alive and self.alive():
            self.leader = self.alive()[0].number
        self.quiet()
        if 2 * len(self.alive()) > len(self.machines):
            self.is_at_work()
        for machine in self.machines:
            if not machine.alive:
                self.boot(machine)
        self.quiet()
        self.is_at_work()
        assert self.is_sound()

    def is_at_work(self) -> None:
        assert self.is_over
        assert (self.calm, self.held) == (False, False)
        found = {machine.transport for machine in self.alive()}
        assert len(found) == 1
        assert self.bags["hacluster"][inputs.TRANSPORT] in found


def test_a_switch_ends_whatever_happens_and_nothing_is_stopped_or_fenced_for_it():
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        World, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )


@pytest.fixture
def three() -> Iterator[World]:
    found = World()
    found.form(count=3)
    yield found
    found.patch.undo()


def until(world: World, condition: Callable[[], bool]) -> int:
    """Let each unit run a hook in turn until something is so, and return how many it took."""
    for number in range(1, 60):
        world.now += 5.0
        world.hook((1, 2, 0)[number % 3])
        if condition():
            return number
    raise AssertionError("it never came to that")


def test_all_switch_within_a_few_hooks(three: World):
    three.hook(0, wanted=NEW)
    assert until(three, lambda: three.is_over) <= 15
    assert {machine.transport for machine in three.machines} == {NEW}
    assert three.is_sound()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_member_that_dies_with_the_new_transport_finds_the_others_on_the_old_one(
    three: World, lost: int
):
    machine = three.machines[lost]
    three.hook(0, wanted=NEW)
    until(three, lambda: machine.transport == NEW and machine.corosync)
    machine.alive = machine.corosync = machine.pacemaker = False
    machine.waits = None
    three.leader = 2
    three.quiet()
    three.is_at_work()
    assert three.machines[2].transport == OLD
    assert three.bags["hacluster"]["switch-failure"].startswith("ring stays on udpu: hacluster/")
    three.boot(machine)
    assert machine.transport == NEW
    three.quiet()
    assert machine.transport == OLD
    assert three.is_sound()


def test_a_member_whose_agent_is_gone_before_it_has_stopped_stays_where_the_others_come_back_to(
    three: World,
):
    three.hook(0, wanted=NEW)
    until(three, lambda: "stop" in three.bags["hacluster"]["switch"])
    for _ in range(30):
        three.now += 30.0
        for number in (0, 1):
            three.hook(number)
    assert three.is_over
    assert three.is_sound()
    assert {machine.transport for machine in three.machines} == {OLD}
