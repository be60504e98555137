# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Everything that MAAS is known to answer and to do wrong, and what fence_maas makes of each."""

import pathlib
import ssl
from collections.abc import Iterator

import pytest
from conftest import no_ipv6
from test_fence_maas import HOSTS, NAME, NODE, OTHER, OTHER_NAME, PLUG, Agent, refused

from lab.maas.machines import hardware_uuid
from lab.maas.testing import Maas, running

CERTIFICATE = pathlib.Path(__file__).parent / "data" / "maas-tls.pem"


@pytest.fixture
def maas(tmp_path: pathlib.Path) -> Iterator[Maas]:
    with running(tmp_path / "maas") as simulator:
        simulator.knobs.set("retry-after", 0.1)
        yield simulator


@pytest.fixture
def agent(maas: Maas, tmp_path: pathlib.Path) -> Agent:
    return Agent(maas, tmp_path)


def posts(agent: Agent) -> int:
    return len([r for r in agent.maas.events("request") if r["method"] == "POST"])


# Refusals: the same call would be refused again


REFUSALS = [
    ("redirect", "MAAS redirects to /MAAS/accounts/login/ (302)"),
    ("bad-request", "MAAS rejected the request (400)"),
    ("unauthorized", "MAAS refused the API key (401)"),
    ("forbidden", "MAAS does not allow it (403)"),
    ("not-found", "MAAS knows no such machine (404)"),
    ("gone", "does not speak API 2.0 (410)"),
]
STRANGE = ("another-shape", "the answer of MAAS is not what was asked for")


@pytest.mark.parametrize(("trouble", "words"), [*REFUSALS, STRANGE])
def test_a_refusal_ends_it_at_once(agent: Agent, trouble: str, words: str):
    agent.maas.knobs.set("trouble", trouble)
    done = agent.off()
    refused(done, words)
    assert "gave up" not in done.stderr
    assert agent.maas.cloud.is_on(NAME)


@pytest.mark.parametrize(("trouble", "words"), REFUSALS)
def test_so_does_one_of_the_switch_alone(agent: Agent, trouble: str, words: str):
    agent.maas.knobs.set("trouble", trouble)
    agent.maas.knobs.set("trouble-calls", "actions")
    done = agent.off()
    refused(done, words)
    assert "gave up" not in done.stderr
    assert posts(agent) == 1


# Troubles that pass


PASSING = [
    ("conflict", "(409)"),
    ("throttled", "(429)"),
    ("failure", "(500)"),
    ("bad-gateway", "(502)"),
    ("no-rack", "(503)"),
    ("timeout", "(504)"),
    ("page", "the answer is not JSON"),
    ("hang-up", "MAAS cannot be reached"),
]


@pytest.mark.parametrize(("trouble", "words"), PASSING)
def test_what_may_pass_is_tried_until_the_time_is_up(agent: Agent, trouble: str, words: str):
    agent.maas.knobs.set("trouble", trouble)
    refused(agent.off(total_timeout="1"), "gave up after 1 s", words)
    assert agent.maas.cloud.is_on(NAME)


@pytest.mark.parametrize(("trouble", "words"), PASSING)
def test_what_passes_keeps_nobody_from_being_fenced(agent: Agent, trouble: str, words: str):
    agent.maas.knobs.set("trouble", trouble)
    agent.maas.knobs.set("trouble-every", 3)  # the second action, among others
    done = agent.off(power_timeout="1")  # whether it was done after all is waited for that long
    assert done.returncode == 0, done.stderr
    assert words in done.stderr
    assert not agent.maas.cloud.is_on(NAME)


def test_an_action_whose_answer_is_lost_is_found_done_and_not_repeated(agent: Agent):
    agent.maas.knobs.set("trouble", "lost-answer")
    agent.maas.knobs.set("trouble-calls", "actions")
    done = agent.off()
    assert done.returncode == 0, done.stderr
    assert "(504)" in done.stderr
    assert posts(agent) == 1


def test_an_action_that_failed_is_repeated_only_after_a_look(agent: Agent):
    agent.maas.knobs.set("trouble", "failure")
    agent.maas.knobs.set("trouble-calls", "actions")
    refused(agent.off(total_timeout="6"), "(500)")
    steps = [r.get("op") for r in agent.maas.events("request")]
    told = [index for index, step in enumerate(steps) if step == "power_off"]
    assert len(told) > 1
    assert all(steps[index - 1] == "query_power_state" for index in told)


def test_without_a_live_answer_nothing_is_off_whatever_maas_remembers(agent: Agent):
    agent.maas.knobs.set("cached-state", "off", NAME)
    agent.maas.knobs.set("trouble", "timeout", NAME)
    agent.maas.knobs.set("trouble-calls", "queries", NAME)
    refused(agent.off(total_timeout="1"), "gave up after 1 s", "(504)")


def test_a_memory_that_says_on_does_not_hide_that_it_is_off(agent: Agent):
    agent.maas.knobs.set("cached-state", "on", NAME)
    assert agent.off().returncode == 0


def test_the_trouble_of_one_machine_is_not_anothers(agent: Agent):
    agent.maas.knobs.set("trouble", "no-rack", NAME)
    assert agent("off", plug=OTHER, nodename=f"{OTHER_NAME}.maas").returncode == 0
    assert agent.maas.cloud.is_on(NAME)


def test_a_clock_that_differs_is_told_as_what_it_is(agent: Agent):
    agent.maas.knobs.set("clock-skew", 301.0)
    refused(agent.off(), "(401)", "Expired timestamp")


def test_a_machine_that_comes_on_again_by_itself_is_not_off(agent: Agent):
    agent.maas.knobs.set("switch", "bounce", NAME)
    agent.maas.knobs.set("bounce-after", 0.1, NAME)
    refused(agent.off(total_timeout="4", debounce="0.3"), "gave up after 4 s")


# Which machine it is


@pytest.mark.parametrize(
    ("knob", "value", "words"),
    [
        ("renamed", "virt-node-77", "it is called virt-node-77 now"),
        ("replaced", True, "its hardware is"),
        ("owner", "somebody", "it belongs to somebody now, not to juju: deployed anew"),
        ("power-type", "manual", "its power type is manual"),
        ("power-type", "", "its power type is not set"),
        ("deleted", True, "knows no such machine"),
    ],
)
def test_a_machine_that_is_not_the_one_or_cannot_be_switched_is_refused_at_once(
    agent: Agent, knob: str, value: str | bool, words: str
):
    hosts = " ".join(f"{entry}:juju" for entry in HOSTS.split())
    agent.maas.knobs.set(knob, value, NAME)
    done = agent.off(hosts=hosts)
    refused(done, words)
    assert "gave up" not in done.stderr
    assert posts(agent) == 0
    assert agent.maas.cloud.is_on(NAME)
    # Validation has found it out before, and does not mistake the other one.
    found = agent("validate-all", hosts=hosts)
    refused(found, f"{NAME} ({PLUG}): ", words)
    assert OTHER_NAME not in found.stderr
    assert agent("monitor", hosts=hosts).returncode == 0


def test_a_machine_that_nobody_has_any_more_may_be_switched_off(agent: Agent):
    agent.maas.cloud.in_use.clear()
    assert agent.off(hosts=f"{PLUG}:{NAME}:{hardware_uuid(PLUG)}:juju").returncode == 0


def test_of_two_machines_with_one_name_the_right_one_is_switched(agent: Agent):
    agent.maas.knobs.set("twin", True, NAME)
    assert len(agent.maas.get(f"/api/2.0/machines/?hostname={NAME}").json) == 2
    assert agent.off().returncode == 0
    (power,) = [r for r in agent.maas.events("power") if r["phase"] == "end"]
    assert power["system_id"] == PLUG


# https


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    return made


@pytest.fixture
def https(tmp_path: pathlib.Path) -> Iterator[Agent]:
    with running(tmp_path / "maas", tls=context()) as simulator:
        yield Agent(simulator, tmp_path)


@no_ipv6
def test_maas_may_have_an_ipv6_address(tmp_path: pathlib.Path):
    with running(tmp_path / "maas", tls=context(), address="::1") as simulator:
        assert simulator.url.startswith("https://[::1]:")
        done = Agent(simulator, tmp_path).off(ssl_ca=str(CERTIFICATE))
        assert done.returncode == 0, done.stderr
        assert not simulator.cloud.is_on(NAME)


def test_a_certificate_of_a_known_authority_is_trusted(https: Agent):
    done = https.off(ssl_ca=str(CERTIFICATE))
    assert done.returncode == 0, done.stderr
    assert not https.maas.cloud.is_on(NAME)


def test_one_of_an_unknown_authority_is_not_and_no_key_is_told(https: Agent):
    refused(https.off(), "the certificate of MAAS is not trusted")
    assert not https.maas.events("request")


def test_nor_is_one_of_another_host(https: Agent):
    url = https.maas.url.replace("127.0.0.1", "localhost")
    refused(https.off(url=url, ssl_ca=str(CERTIFICATE)), "is not trusted")


def test_a_missing_file_of_authorities_is_told(https: Agent):
    refused(https.off(ssl_ca="/nonexistent"), "cannot use ssl_ca /nonexistent")


def test_who_has_nodename_and_no_hosts_is_not_asked_for_an_owner(agent: Agent):
    agent.maas.knobs.set("owner", "somebody", NAME)
    assert agent("off", plug=PLUG, nodename=NODE, hosts="").returncode == 0
