# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A ring of two links: added to a ring that runs, each lost by one member, taken away again."""

import contextlib
from collections.abc import Generator, Iterator

import pytest

from lab.settings import SPACES
from tests.faults import workings
from tests.faults.arena import Arena

# The ring's first link is the network that `hanode` is bound to, and one of these may be the same.
FIRST, SECOND = SPACES[0].name, "internal"


def bind(arena: Arena, second: str) -> None:
    """Bind the names of further links, and wait until every member has as many links as there are networks."""
    arena.juju.cli("bind", "hacluster", f"ring0={FIRST}", f"ring1={second}")
    arena.note("operator", f"ring0 is bound to {FIRST}, ring1 to {second}")
    wanted = set(range(len({FIRST, second})))

    def linked() -> bool:
        found = [workings.links(arena, member) for member in arena.cluster.members]
        return all(set(links) == wanted and not _broken(links) for links in found)

    arena.await_(f"every member has {len(wanted)} links", linked, timeout=300)


def _broken(links: dict[int, dict[int, str]]) -> dict[int, set[int]]:
    """Return the links that miss somebody, each with the ids of who is missed."""
    missed = {
        number: {node for node, said in nodes.items() if said == "disconnected"}
        for number, nodes in links.items()
    }
    return {number: ids for number, ids in missed.items() if ids}


def rings(arena: Arena) -> dict[str, str]:
    """Return the id of the membership, as each member has it."""
    return {member: workings.ring_id(arena, member) for member in arena.cluster.members}


@pytest.fixture
def ring(arena: Arena) -> Iterator[dict[str, str]]:
    """The ring has two links; the id of its membership, which is the one that it had with one."""
    before = rings(arena)
    bind(arena, SECOND)
    yield before
    bind(arena, FIRST)
    assert rings(arena) == before
    arena.note("arena", "the membership is what it was before there was a second link")


def test_the_holder_of_the_address_loses_the_second_link_and_keeps_it(
    arena: Arena, ring: dict[str, str]
) -> None:
    lose(arena, ring, arena.holder(), 1)


def test_a_member_that_loses_the_first_link_stays(arena: Arena, ring: dict[str, str]) -> None:
    # One that is connected to hosts would miss those: their network is the same.
    with idle(arena) as member:
        lose(arena, ring, member, 0)


def lose(arena: Arena, ring: dict[str, str], member: str, link: int) -> None:
    """Have a member lose a link for a minute, and see that nothing comes of it."""
    holder = arena.holder()
    others = [other for other in arena.cluster.members if other != member]
    missing = {link: {workings.member_id(arena, member)}}
    arena.unplug(member, (FIRST, SECOND)[link])
    arena.broken.discard(member)
    arena.await_(
        f"the others miss {member} on link {link} alone",
        lambda: all(_broken(workings.links(arena, other)) == missing for other in others),
        timeout=30,
    )

    def whole() -> bool:
        status = arena.cluster.status(others[0])
        return status is not None and status.is_healthy and rings(arena) == ring

    arena.silent(60, whole, "everybody is online, and the membership is as it was")
    assert arena.holder() == holder
    arena.plug(member)
    arena.await_(
        "all links are there again",
        lambda: not any(_broken(workings.links(arena, each)) for each in arena.cluster.members),
        timeout=60,
    )
    assert rings(arena) == ring
    assert arena.power() == []


@contextlib.contextmanager
def idle(arena: Arena) -> Generator[str]:
    """Pause a member, so that it has neither the address nor a host's connection."""
    holder = arena.holder()
    member = next(each for each in arena.cluster.members if each != holder)
    unit = workings.unit_on(arena, "hacluster", member)
    arena.juju.run(unit, "pause")
    arena.note("operator", f"{member} is paused")
    try:
        arena.await_(
            f"{member} runs nothing",
            lambda: all(member not in where for where in arena.status().running.values()),
            timeout=60,
        )
        yield member
    finally:
        arena.juju.run(unit, "resume")
