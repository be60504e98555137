# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A ring that is switched to another transport, as Juju sees it."""

import dataclasses
from collections.abc import Callable

import pytest
from ops import testing
from test_charm import PEERS, World, ctx, data, state, world

import calm
import corosync
import member
import pacemaker
import spare
import transport
from charm import HaclusterCharm
from instance_ha.command import CommandError
from switching import Phase, Switch

__all__ = ["ctx", "world"]  # fixtures

Context = testing.Context[HaclusterCharm]
NAMES = {"juju-a": 1000, "juju-b": 1001, "juju-c": 1002}
SWITCH = Switch(id="1f", phase=Phase.PREPARE, before="udpu", wanted="knet", until=2000)


class Daemons:
    """What is done to this member and the cluster, noted and not done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.transport = "udpu"
        self.up = True
        self.comes = True
        self.obstacle = ""
        self.done: list[str] = []
        self.fails = ""
        self.ends = True

    def stop(self) -> None:
        self.note("stop")
        self.up = False

    def switch(self, ring: corosync.Ring, *_: object, strict: bool, patience: float) -> bool:
        self.note(f"{ring.transport} {len(ring.nodes)}{' strict' if strict else ''}")
        self.transport = ring.transport
        self.up = self.comes
        return self.comes

    def note(self, what: str) -> None:
        self.done.append(what)
        if what.split()[0] == self.fails:
            raise CommandError(what, 1, "no")


@pytest.fixture
def daemons(world: World, monkeypatch: pytest.MonkeyPatch) -> Daemons:
    found = Daemons(world)
    world.formed = True
    world.nodes = dict(NAMES)
    monkeypatch.setattr(corosync, "present_transport", lambda: found.transport)
    monkeypatch.setattr(pacemaker, "status", lambda: world.status if found.up else None)
    monkeypatch.setattr(member, "wait_outside", found.stop)
    monkeypatch.setattr(member, "switch", found.switch)
    monkeypatch.setattr(calm, "obstacle", lambda _: found.obstacle)
    monkeypatch.setattr(calm, "begin", lambda: found.note("calm"))

    def end(*_: object, late: bool) -> bool:
        found.note("end late" if late else "end")
        return found.ends

    monkeypatch.setattr(calm, "end", end)
    monkeypatch.setattr(transport.time, "time", lambda: 1000.0)
    return found


def peers(switch: Switch | None, *said: str, told: str = "udpu") -> dict[int, dict[str, str]]:
    words = [switch.word(word) if switch else "" for word in said]  # type: ignore[arg-type]
    return {
        number: {**bag, "member_ready": "True", "ring": "1000 1001 1002", "transport": told}
        | {"keys": "of-the-ring", "switch": word}
        for (number, bag), word in zip(PEERS.items(), words or ["", ""], strict=True)
    }


def during(
    phase: Phase | None, *said: str, told: str = "udpu", is_leader: bool = True, **values: object
) -> testing.State:
    """Return the state in a phase of a switch, with what the other two say of it."""
    switch = SWITCH.model_copy(update={"phase": phase, **values}) if phase else None
    given = state(is_leader=is_leader, peers=peers(switch, *said, told=told))
    (relation,) = given.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    bag = {"switch": switch.model_dump_json()} if switch else {}
    relation_ = dataclasses.replace(
        relation,
        local_app_data={**relation.local_app_data, **bag},
        local_unit_data={"member_ready": "True"},
    )
    others = {each for each in given.relations if each.endpoint != "hanode"}
    return dataclasses.replace(given, relations={relation_, *others})


def phase_of(out: testing.State) -> str:
    (relation,) = out.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    text = relation.local_app_data.get("switch")
    return Switch.model_validate_json(text).phase.value if text else ""


def app(out: testing.State) -> dict[str, str]:
    (relation,) = out.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    return dict(relation.local_app_data)


def act(ctx: Context, given: testing.State, wanted: str = "knet") -> testing.State:
    return ctx.run(ctx.on.action("switch-transport", params={"transport": wanted}), given)


def test_it_begins_with_a_word_to_everybody_and_nothing_else(ctx: Context, daemons: Daemons):
    out = act(ctx, during(None))
    assert phase_of(out) == "prepare"
    assert daemons.done == []
    assert ctx.action_results == {
        "result": "the switch to knet has begun on 3 members; its units' statuses tell how far it is,"
        " and how it ends"
    }


def test_the_names_of_old_are_understood(ctx: Context, daemons: Daemons):
    act(ctx, during(None), "unicast")
    assert ctx.action_results == {"result": "the ring has udpu already"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda _: during(None, is_leader=False), "only the Juju leader can run this action"),
        (lambda _: during(Phase.STOP, "", ""), "being switched already, to knet"),
        (lambda _: during(None, told=""), "hacluster is too old on hacluster/1, hacluster/2"),
        (lambda _: during(None, told="udp"), "not of the same transport as the leader"),
        (lambda _: state(), "no members yet: hacluster/0, hacluster/1, hacluster/2"),
    ],
    ids=["not the leader", "twice", "predecessors", "mixed", "not formed"],
)
def test_it_is_refused(
    ctx: Context, daemons: Daemons, change: Callable[[None], testing.State], problem: str
):
    with pytest.raises(testing.ActionFailed, match=problem):
        act(ctx, change(None))
    assert daemons.done == []


def test_it_is_refused_while_somebody_is_away(ctx: Context, daemons: Daemons):
    daemons.obstacle = "not online, and would be left behind: 1001"
    with pytest.raises(testing.ActionFailed, match="not online, and would be left behind: 1001"):
        act(ctx, during(None))


def test_it_is_refused_while_keys_are_replaced(
    ctx: Context, daemons: Daemons, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spare, "names", lambda _: ("h1",))
    with pytest.raises(testing.ActionFailed, match="the keys are being replaced"):
        act(ctx, during(None))


def test_a_member_that_hears_of_it_says_so_and_goes_on(ctx: Context, daemons: Daemons):
    out = ctx.run(ctx.on.update_status(), during(Phase.PREPARE, "", "", is_leader=False))
    assert data(out, "hanode")["switch"] == "1f prepare done"
    assert daemons.done == ["udpu 3"]


def test_daemons_stop_when_all_have_answered_and_the_cluster_touches_nothing(
    ctx: Context, daemons: Daemons
):
    ctx.run(ctx.on.update_status(), during(Phase.PREPARE, "done", ""))
    assert daemons.done == ["udpu 3"]
    daemons.done.clear()
    out = ctx.run(ctx.on.update_status(), during(Phase.PREPARE, "done", "done"))
    assert daemons.done == ["udpu 3", "calm", "stop"]
    assert phase_of(out) == "stop"
    assert out.unit_status == testing.MaintenanceStatus(
        "Ring is switched to knet, nothing is watched meanwhile: waiting for hacluster/1, hacluster/2"
    )


def test_nothing_stops_when_the_cluster_cannot_be_told(ctx: Context, daemons: Daemons):
    daemons.fails = "calm"
    out = ctx.run(ctx.on.update_status(), during(Phase.PREPARE, "done", "done"))
    assert phase_of(out) == "prepare"
    assert "stop" not in daemons.done


def test_all_start_when_all_have_stopped(ctx: Context, daemons: Daemons):
    daemons.comes = False  # the others have not heard of it yet
    out = ctx.run(ctx.on.update_status(), during(Phase.STOP, "done", "done"))
    assert daemons.done == ["stop", "knet 3 strict"]
    assert phase_of(out) == "start"
    assert data(out, "hanode")["switch"] == "1f start"
    assert data(out, "hanode")["transport"] == "knet"


def test_the_cluster_takes_up_its_work_when_all_have_started(ctx: Context, daemons: Daemons):
    daemons.transport = "knet"
    out = ctx.run(ctx.on.update_status(), during(Phase.START, "done", "done", told="knet"))
    assert daemons.done == ["knet 3 strict", "knet 3", "end"]
    assert phase_of(out) == ""
    assert app(out)["transport"] == "knet"
    assert data(out, "hanode")["transport"] == "knet"
    # The hook goes on as any other.
    assert out.unit_status == testing.ActiveStatus("Unit is ready and clustered")
    assert daemons.world.rings[-1].transport == "knet"


def test_a_member_that_finds_nobody_says_so_and_the_ring_goes_back(ctx: Context, daemons: Daemons):
    daemons.comes = False
    out = ctx.run(ctx.on.update_status(), during(Phase.START, "", "", is_leader=False))
    assert data(out, "hanode")["switch"] == "1f start failed"
    out = ctx.run(ctx.on.update_status(), during(Phase.START, "failed", ""))
    assert phase_of(out) == "back-stop"
    assert daemons.done[-1] == "stop"


def test_daemons_that_do_not_stop_lead_back_too(ctx: Context, daemons: Daemons):
    daemons.fails = "stop"
    out = ctx.run(ctx.on.update_status(), during(Phase.STOP, "", "", is_leader=False))
    assert data(out, "hanode")["switch"] == "1f stop failed"
    daemons.fails = ""
    out = ctx.run(ctx.on.update_status(), during(Phase.STOP, "failed", "done"))
    assert phase_of(out) == "back"
    assert daemons.done[-1] == "udpu 3"


def test_a_program_that_fails_is_a_member_that_does_not_come(ctx: Context, daemons: Daemons):
    daemons.fails = "knet"
    out = ctx.run(ctx.on.update_status(), during(Phase.START, "", "", is_leader=False))
    assert data(out, "hanode")["switch"] == "1f start failed"


def test_back_where_it_was_the_status_tells_why(ctx: Context, daemons: Daemons):
    why = "hacluster/2 did not come into the ring"
    given = during(Phase.BACK, "done", "done", failure=why)
    out = ctx.run(ctx.on.update_status(), given)
    assert phase_of(out) == ""
    assert app(out)["switch-failure"] == f"ring stays on udpu: {why}"
    out = ctx.run(ctx.on.update_status(), out)
    assert out.unit_status == testing.ActiveStatus(
        f"Unit is ready and clustered (ring stays on udpu: {why}; mend that, and run switch-transport"
        " again)"
    )
    # Asked for what it has, it forgets.
    assert "switch-failure" not in app(act(ctx, out, "udpu"))


@pytest.mark.parametrize(("until", "word"), [(2000, "end"), (900, "end late")])
def test_the_end_is_tried_until_it_succeeds(ctx: Context, daemons: Daemons, until: int, word: str):
    daemons.ends = False
    out = ctx.run(ctx.on.update_status(), during(Phase.RESTORE, "", "", until=until))
    assert phase_of(out) == "restore"
    assert daemons.done[-1] == word
    assert out.unit_status == testing.MaintenanceStatus(
        "Ring is switched to knet, nothing is watched meanwhile: the cluster takes up its work"
    )


def test_another_leader_goes_on_where_the_last_one_stood(ctx: Context, daemons: Daemons):
    out = ctx.run(ctx.on.update_status(), during(Phase.STOP, "done", "", is_leader=False))
    assert data(out, "hanode")["switch"] == "1f stop done"
    daemons.comes = False
    again = ctx.run(ctx.on.leader_elected(), during(Phase.STOP, "done", "done"))
    assert phase_of(again) == "start"


def test_a_member_alone_switches_at_once(ctx: Context, daemons: Daemons):
    given = during(None)
    (relation,) = given.get_relations("hanode")
    alone = dataclasses.replace(relation, peers_data={})  # type: ignore[call-arg]
    others = {each for each in given.relations if each.endpoint != "hanode"}
    given = dataclasses.replace(given, relations={alone, *others}, config={"cluster_count": 1})
    out = act(ctx, given)
    assert ctx.action_results == {"result": "the ring has knet"}
    assert daemons.done == ["udpu 1", "calm", "stop", "knet 1 strict", "knet 1", "end"]
    assert phase_of(out) == ""


def test_a_unit_that_comes_meanwhile_waits_outside(
    ctx: Context, daemons: Daemons, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(corosync, "present_transport", lambda: None)
    daemons.world.formed = False
    ctx.run(ctx.on.update_status(), during(Phase.STOP, "", "", is_leader=False))
    assert daemons.world.rings == []
    assert daemons.done == ["stop"]  # which keeps it down


def test_a_unit_that_comes_later_has_the_transport_of_the_ring(
    ctx: Context, world: World, monkeypatch: pytest.MonkeyPatch
):
    given = during(None, told="udpu", is_leader=False)
    ctx.run(ctx.on.update_status(), given)
    assert world.rings[-1].transport == "udpu"


def test_a_member_that_was_away_meanwhile_takes_the_ring_as_it_is_now(
    ctx: Context, daemons: Daemons, monkeypatch: pytest.MonkeyPatch
):
    given = during(None, told="knet", is_leader=False)
    (relation,) = given.get_relations("hanode")
    assert isinstance(relation, testing.PeerRelation)
    agreed = dataclasses.replace(
        relation, local_app_data={**relation.local_app_data, "transport": "knet"}
    )
    others = {each for each in given.relations if each.endpoint != "hanode"}
    given = dataclasses.replace(given, relations={agreed, *others})
    # It is part of a cluster with quorum, whatever is said.
    ctx.run(ctx.on.update_status(), given)
    assert daemons.world.rings[-1].transport == "udpu"
    # It is alone.
    monkeypatch.setattr(pacemaker, "status", lambda: None)
    ctx.run(ctx.on.update_status(), given)
    assert daemons.world.rings[-1].transport == "knet"


def test_what_a_hook_that_broke_off_left_behind_is_cleared_away(
    ctx: Context, daemons: Daemons, monkeypatch: pytest.MonkeyPatch
):
    out = ctx.run(ctx.on.update_status(), during(None))
    assert daemons.done == []
    assert app(out)["transport"] == "udpu"
    monkeypatch.setattr(spare, "holds", lambda _: True)
    ctx.run(ctx.on.update_status(), during(None))
    assert daemons.done == ["end late"]
