# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A lost host whose daemon answers the member that fences is not powered off; one that hangs is."""

import dataclasses
import pathlib
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import response, witness
from fence_agent.guard import Facts, HeldError, Rule

HOST = "h1.maas"
RULE = Rule(2, 120.0)
Serve = Callable[[Callable[[socket.socket], None]], tuple[str, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    opened: list[socket.socket] = []

    def begin(behaviour: Callable[[socket.socket], None]) -> tuple[str, int]:
        server = socket.create_server(("127.0.0.1", 0))
        opened.append(server)

        def accept() -> None:
            try:
                connection, _ = server.accept()
            except OSError:
                return  # nobody came
            opened.append(connection)
            behaviour(connection)

        threading.Thread(target=accept, daemon=True).start()
        return server.getsockname()[:2]

    yield begin
    for one in opened:
        one.close()


def hangs(_: socket.socket) -> None:
    pass


def hangs_up(connection: socket.socket) -> None:
    connection.recv(100)
    connection.close()


def complains(connection: socket.socket) -> None:
    connection.sendall(b"\x15\x03\x03\x00\x02\x02\x0a")


def resets(connection: socket.socket) -> None:
    # Closed with something unread, or told not to linger, a socket is reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.recv(1)
    connection.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response, "_ANSWER_SECONDS", 0.3)


@pytest.mark.parametrize("behaviour", [hangs_up, complains, resets])
def test_a_daemon_that_does_anything_about_it_is_alive(
    serve: Serve, behaviour: Callable[[socket.socket], None]
):
    assert response.responds(serve(behaviour))


def test_one_that_hangs_or_is_not_there_is_not(serve: Serve):
    assert not response.responds(serve(hangs))
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = gone.getsockname()[:2]
    assert not response.responds(place)


def facts(place: tuple[str, int]) -> Facts:
    names, lost = frozenset({HOST, "h2.maas", "h3.maas"}), frozenset({HOST})
    return Facts(names, lost, frozenset(), hold=False, released=0.0, missed={HOST: place})


def guard(monkeypatch: pytest.MonkeyPatch, found: Facts) -> witness.Guard:
    monkeypatch.setattr(witness, "ask", lambda _: found)
    return witness.Guard(RULE, HOST)


def test_a_lost_host_that_answers_is_not_switched_off(
    monkeypatch: pytest.MonkeyPatch, serve: Serve
):
    asked = guard(monkeypatch, facts(serve(hangs_up)))
    asked.check()  # one that is off already is what was asked for
    with pytest.raises(HeldError, match="answers this member"):
        asked.check_switch()


@pytest.mark.parametrize(
    ("behaviour", "change"),
    [
        (hangs, {}),
        (hangs_up, {"missed": {}, "unclean": frozenset[str]()}),
        (hangs_up, {"released": 60.0}),
    ],
    ids=["hangs", "the cluster calls it well", "an operator wants it"],
)
def test_otherwise_it_is(
    monkeypatch: pytest.MonkeyPatch,
    serve: Serve,
    behaviour: Callable[[socket.socket], None],
    change: dict[str, object],
):
    found = dataclasses.replace(facts(serve(behaviour)), **change)
    guard(monkeypatch, found).check_switch()


def test_a_second_try_asks_anew(monkeypatch: pytest.MonkeyPatch, serve: Serve):
    asked = guard(monkeypatch, facts(serve(hangs)))
    asked.check_switch()
    back = facts(serve(hangs_up))
    monkeypatch.setattr(witness, "ask", lambda _: back)
    with pytest.raises(HeldError):
        asked.check_switch()


def test_whoever_asks_the_guard_is_told_of_it(monkeypatch: pytest.MonkeyPatch, serve: Serve):
    well, hung = facts(serve(hangs_up)), facts(serve(hangs))
    monkeypatch.setattr(witness, "ask", lambda _: well)
    assert witness.told(RULE)["alive"] == [HOST]
    monkeypatch.setattr(witness, "ask", lambda _: hung)
    assert witness.told(RULE)["alive"] == []
