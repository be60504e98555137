# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The decisions of fence_maas, without MAAS and without waiting."""

import pathlib
import sys
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import power
from fence_agent.errors import OptionError
from fence_agent.options import Timing, from_arguments, from_lines
from fence_maas_agent.answers import Answer, MaasError, error_of, value_of
from fence_maas_agent.api import Api, api_url, authorization
from fence_maas_agent.identity import (
    Expected,
    hindrances,
    parse_hosts,
    strangeness,
    unstoppable,
)
from fence_maas_agent.options import options
from fence_maas_agent.parameters import AGENT

TIMING = Timing(
    total=120, power=60, wait=0, interval=1, debounce=2, connect=10, answer=30, delay=0
)


class ScriptedMaas:
    """Answers with what the script says; each answer is a state, a truth or an error."""

    def __init__(self, states: list[str | MaasError], told: list[bool | MaasError]):
        self.states = states
        self.told = told
        self.calls: list[str] = []

    def power_state(self, system_id: str) -> str:
        self.calls.append("look")
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if isinstance(state, MaasError):
            raise state
        return state

    def power(self, system_id: str, action: str, comment: str) -> bool:
        self.calls.append(action)
        answer = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(answer, MaasError):
            raise answer
        return answer


class FastClock(power.Clock):
    """A clock that only the sleeper moves."""

    def __init__(self, limit: float):
        self.time = 0.0
        super().__init__(limit)

    def now(self) -> float:
        return self.time

    def _pause(self, seconds: float) -> None:
        self.time += seconds


def off(
    states: list[str | MaasError], told: list[bool | MaasError] | None = None
) -> tuple[list[str], float]:
    """Switch off by a script; return the calls and the seconds they took."""
    maas, clock = ScriptedMaas(states, told or [True]), FastClock(TIMING.total)
    power.switch(maas, "abc", "off", "why", TIMING, clock)
    return maas.calls, clock.time


def again(status: int = 503) -> MaasError:
    return MaasError(f"status {status}", retry=True, after=2)


@pytest.mark.parametrize(
    ("states", "calls"),
    [
        # Off already: seen twice, never told.
        (["off", "off"], ["look", "look"]),
        # Off, on: a BMC that glitched, or a machine that someone switches on.
        (["off", "on", "off"], ["look", "look", "off", "look", "look"]),
        (["on", "off"], ["look", "off", "look", "look"]),
        (["on", "on", "unknown", "error", "off"], ["look", "off", *["look"] * 5]),
        # Off for a moment after the action: keeps looking.
        (["on", "off", "on", "off"], ["look", "off", *["look"] * 4]),
    ],
)
def test_off_takes_two_looks_in_a_row(states: list[str | MaasError], calls: list[str]):
    assert off(states)[0] == calls


def test_the_second_look_comes_after_the_debounce():
    assert off(["off"])[1] == TIMING.debounce


@pytest.mark.parametrize("state", ["on", "unknown", "error", "", "OFF", "reset"])
def test_nothing_but_off_is_off(state: str):
    with pytest.raises(power.PowerError, match="gave up after 120 s"):
        off([state])


def test_an_action_without_effect_is_repeated_after_its_time():
    maas, clock = ScriptedMaas(["on"], [True]), FastClock(TIMING.total)
    with pytest.raises(power.PowerError):
        power.switch(maas, "abc", "off", "why", TIMING, clock)
    assert maas.calls.count("off") == 2  # 120 s hold two times 60 s


def test_a_machine_that_maas_cannot_switch_is_given_up_at_once():
    with pytest.raises(power.PowerError, match="answered with nothing"):
        off(["on"], [False])


def test_a_refusal_is_given_up_at_once():
    with pytest.raises(MaasError, match="no"):
        off(["on"], [MaasError("no")])


def test_after_a_failure_it_looks_before_it_tells_again():
    calls, _ = off(["on", "on", "off"], [again(), True])
    assert calls == ["look", "off", "look", "off", "look", "look"]


def test_a_lost_answer_may_have_been_a_success():
    lost = MaasError("timed out", retry=True, open=True)
    calls, _ = off(["on", "on", "on", "off"], [lost])
    assert calls.count("off") == 1


def test_looking_is_repeated_while_maas_may_answer():
    assert off([again(), again(502), "off"])[0] == ["look"] * 4


def test_the_last_word_of_maas_is_told_when_the_time_is_up():
    with pytest.raises(power.PowerError, match="gave up after 120 s; status 503"):
        off([again()])


# Answers: reference of the codes is MAAS' middleware


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 301, 302, 307])
def test_a_refusal_is_not_repeated(status: int):
    error = error_of(Answer(status, "no"))
    assert error is not None
    assert not error.retry


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599])
def test_a_passing_trouble_is(status: int):
    error = error_of(Answer(status, "later"))
    assert error is not None
    assert error.retry
    assert error.open == (status in (502, 504))


def test_a_machine_that_nobody_has_is_not_repeated():
    error = error_of(Answer(409, "Can't start node: it hasn't been allocated."))
    assert error is not None
    assert not error.retry


@pytest.mark.parametrize(
    ("header", "seconds"), [("5", 5.0), ("10", 10.0), ("600", 15.0), ("soon", 2.0), ("-1", 0.0)]
)
def test_maas_says_when_to_come_back_within_reason(header: str, seconds: float):
    error = error_of(Answer(503, "", {"retry-after": header}))
    assert error is not None
    assert error.after == seconds


def test_null_is_a_value_and_a_page_is_none():
    assert value_of(Answer(200, "null")) is None
    with pytest.raises(MaasError, match="not JSON"):
        value_of(Answer(200, "<html>Log in</html>"))


def test_a_long_body_is_cut():
    error = error_of(Answer(500, "x" * 5000))
    assert len(str(error)) < 300


# Which machine

MACHINE = {
    "system_id": "abc",
    "hostname": "host-1",
    "hardware_uuid": "1234-ABCD",
    "power_type": "ipmi",
    "locked": False,
    "owner": "juju",
}
EXPECTED = Expected("abc", "host-1", "1234-abcd")


def test_the_expected_machine_is_not_strange():
    assert not [*strangeness(MACHINE, EXPECTED)]
    assert not [*strangeness(MACHINE, Expected("abc", "host-1"))]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"system_id": "xyz"}, "another machine"),
        ({"hostname": "host-2"}, "renamed"),
        ({"hostname": ""}, "renamed"),
        ({"hardware_uuid": "other"}, "replaced"),
        ({"hardware_uuid": None}, "hardware is unknown"),
    ],
)
def test_a_machine_that_is_not_as_written_down_is_strange(
    change: dict[str, str | None], word: str
):
    (reason,) = strangeness({**MACHINE, **change}, EXPECTED)
    assert word in reason


@pytest.mark.parametrize(
    ("power_type", "word"),
    [("manual", "power type is manual"), ("", "not set"), (None, "not set")],
)
def test_a_machine_that_maas_cannot_switch_is_told_apart_from_a_stranger(
    power_type: str | None, word: str
):
    machine = {**MACHINE, "power_type": power_type}
    assert not [*strangeness(machine, EXPECTED), *unstoppable(MACHINE)]
    (reason,) = unstoppable(machine)
    assert word in reason


def test_locks_and_owners_hinder_but_not_administrators():
    boss = {"username": "admin", "is_superuser": True}
    guest = {"username": "guest", "is_superuser": False}
    owner = {"username": "juju", "is_superuser": False}
    assert not [*hindrances(MACHINE, boss), *hindrances(MACHINE, owner)]
    assert "belongs to juju" in next(hindrances(MACHINE, guest))
    assert "locked" in next(hindrances({**MACHINE, "locked": True}, boss))


def test_hosts_are_read_with_and_without_hardware():
    assert parse_hosts("a1:One.maas:AB-CD; b2:two") == {
        "a1": Expected("a1", "one", "ab-cd"),
        "b2": Expected("b2", "two"),
    }
    assert parse_hosts("") == {}


@pytest.mark.parametrize(
    "text", ["a1", "a1:", ":host", "a1:x a1:y", "a1:x b2:x", "a1:x b2:x.maas", "/no/such/file"]
)
def test_hosts_that_could_mean_two_machines_are_refused(text: str):
    with pytest.raises(OptionError):
        parse_hosts(text)


# Options


def test_lines_are_read_and_what_is_not_ours_is_left_out():
    lines = ["# note", "action=off", "port=abc", " nodename=n.maas ", "pcmk_x=1", "junk", ""]
    assert from_lines(AGENT, lines) == {"action": "off", "plug": "abc", "nodename": "n.maas"}


def test_arguments_are_read_in_every_spelling():
    expected = {"action": "off", "plug": "abc", "ssl_ca": "/ca", "verbose": "1"}
    assert from_arguments(AGENT, ["-o", "off", "-nabc", "--ssl-ca=/ca", "-v"]) == expected
    assert (
        from_arguments(AGENT, ["--action", "off", "--port=abc", "--ssl_ca", "/ca", "-v"])
        == expected
    )


@pytest.mark.parametrize("arguments", [["--nothing"], ["-z"], ["off"], ["--plug"]])
def test_arguments_that_make_no_sense_are_refused(arguments: list[str]):
    with pytest.raises(OptionError):
        from_arguments(AGENT, arguments)


def test_what_is_not_given_has_its_default():
    found = options({})
    assert found.action == "off"
    assert found.timing == TIMING


@pytest.mark.parametrize(
    "given",
    [{"action": "explode"}, {"total_timeout": "long"}, {"debounce": "-1"}, {"delay": "inf"}],
)
def test_values_that_make_no_sense_are_refused(given: dict[str, str]):
    with pytest.raises(OptionError):
        options(given)


@pytest.mark.parametrize(
    "text",
    [
        "http://m:5240/MAAS",
        "http://m:5240/MAAS/",
        "http://m:5240",
        "http://m:5240/MAAS/api/2.0/",
        " http://m:5240/MAAS/api/2.0 ",
    ],
)
def test_every_way_to_write_the_address_means_api_2(text: str):
    assert api_url(text) == "http://m:5240/MAAS/api/2.0/"


def test_the_secret_is_quoted_and_not_shown():
    header = authorization("c:t:s&x", 1.9, "n")
    assert 'oauth_signature="%26s%26x"' in header
    assert 'oauth_timestamp="1"' in header
    assert "s&x" not in repr(Api("http://m/", "c:t:s&x"))


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://[fd00::1]/MAAS", "fd00::1", 443),
        ("http://[fd00::1]", "fd00::1", 80),
        ("http://[fd00::1]:5240/MAAS", "fd00::1", 5240),
        ("https://maas.example/MAAS", "maas.example", 443),
    ],
)
def test_an_ipv6_address_needs_no_port(url: str, host: str, port: int):
    api = Api(api_url(url), "a:b:c")
    connection = api._connection(urllib.parse.urlsplit(api.url))
    assert (connection.host, connection.port) == (host, port)
