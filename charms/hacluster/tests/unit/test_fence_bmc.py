# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""fence_bmc, with stand-ins for the distribution's agents that note how they were called."""

import json
import pathlib
import runpy
import sys
from collections.abc import Callable

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "files"))

from fence_agent import metadata, power, program, witness
from fence_agent.guard import HeldError
from fence_agent.options import from_lines
from fence_agent.parameters import ACTIONS
from fence_bmc_agent import actions, request, stranger, tool
from fence_bmc_agent.options import options
from fence_bmc_agent.parameters import AGENT
from fence_maas_agent.answers import MaasError

IPMITOOL = pathlib.Path(__file__).resolve().parents[2] / "files/fence_bmc_ipmitool"
HOST, NODE = "virt-node-01", "virt-node-01.maas"
PASSWORD = 's3cret "quoted" $x'
BMCS = {
    HOST: {
        "kind": "redfish",
        "address": "10.0.9.11",
        "username": "fencing",
        "password": PASSWORD,
        "systems_uri": "/redfish/v1/Systems/1",
    },
    "virt-node-02": {
        "kind": "ipmi",
        "address": "10.0.9.12",
        "username": "fencing",
        "password": PASSWORD,
        "lanplus": True,
        "port": 6230,
    },
}
# Answers from a script, a line for each call ("CODE WORDS"), the last for good, and notes each call.
STAND_IN = """#!{python}
import fcntl, json, os, pathlib, sys
home = pathlib.Path({home!r})
turn = open(home / "turn", "w")
fcntl.flock(turn, fcntl.LOCK_EX)  # hosts are asked at the same time
call = dict(argv=sys.argv, stdin=sys.stdin.read(), env=dict(os.environ))
call["ca"] = open(os.environ["REQUESTS_CA_BUNDLE"]).read() if "REQUESTS_CA_BUNDLE" in os.environ else ""
with open(home / "calls", "a") as file:
    file.write(json.dumps(call) + chr(10))
script = home / "script"
lines = script.read_text().splitlines()
script.write_text(chr(10).join(lines[1:] if len(lines) > 1 else lines))
code, _, words = lines[0].partition(" ")
print(words, file=sys.stdout if words.startswith("S") else sys.stderr)
sys.exit(int(code))
"""
ON, OFF, DONE = "0 Status: ON", "2 Status: OFF", "0 Success: Powered OFF"


class World:
    """A directory of agents, the file of secrets, and what the guard says."""

    def __init__(self, home: pathlib.Path) -> None:
        self.home = home
        self.file = home / "bmcs.json"
        self.write(BMCS)
        for name in ("fence_ipmilan", "fence_redfish"):
            agent = home / name
            agent.write_text(STAND_IN.format(python=sys.executable, home=str(home)))
            agent.chmod(0o755)

    def write(self, bmcs: object, mode: int = 0o600) -> None:
        self.file.write_text(json.dumps(bmcs))
        self.file.chmod(mode)

    def answers(self, *lines: str) -> None:
        (self.home / "script").write_text("\n".join(lines))

    @property
    def calls(self) -> list[dict[str, object]]:
        noted = self.home / "calls"
        lines = noted.read_text().splitlines() if noted.exists() else []
        return [json.loads(line) for line in lines]

    def actions(self) -> list[str]:
        return [from_lines(AGENT, str(call["stdin"]).split("\n"))["action"] for call in self.calls]

    def run(self, action: str, plug: str = HOST, nodename: str = NODE, **more: str) -> int:
        given = {"credentials_file": str(self.file), "plug": plug, "nodename": nodename, **more}
        quick = {"debounce": "0", "power_interval": "0", "power_timeout": "60"}
        return actions.perform(options({**quick, **given, "action": action}))


@pytest.fixture
def world(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(tool, "DIRECTORY", str(tmp_path))
    monkeypatch.setattr(power.Clock, "_pause", lambda *_: None)
    return World(tmp_path)


# Off


def test_off_is_told_and_then_seen_twice(world: World):
    world.answers(ON, DONE, OFF)
    assert world.run("off") == program.OK
    assert world.actions() == ['"status"', '"off"', '"status"', '"status"']


def test_a_machine_that_is_off_is_seen_twice_and_not_told_again(world: World):
    world.answers(OFF)
    assert world.run("off") == program.OK
    assert world.actions() == ['"status"', '"status"']


def test_a_machine_that_comes_back_on_is_not_off(world: World):
    world.answers(ON, DONE, OFF, ON, OFF)
    assert world.run("off") == program.OK
    assert world.actions().count('"off"') == 1
    assert world.actions()[-2:] == ['"status"', '"status"']


@pytest.mark.parametrize(
    "answer",
    [
        "2 Failed: bad arguments",
        "2",
        "0 Success",
        "2 Status: ON",
        "0 Status: OFF",
        "1 Unable to connect/login to fencing device",
    ],
)
def test_only_a_code_and_a_word_that_agree_are_a_state(world: World, answer: str):
    world.answers(answer)
    with pytest.raises(power.PowerError, match="gave up after 1 s"):
        world.run("off", total_timeout="1")
    assert '"off"' not in world.actions()


def test_a_failed_power_off_is_looked_at_again_before_it_is_repeated(world: World):
    world.answers(ON, "1 Failed: Timed out waiting to power OFF", OFF)
    assert world.run("off") == program.OK
    assert world.actions() == ['"status"', '"off"', '"status"', '"status"']


def test_an_agent_that_hangs_is_given_up(world: World):
    hanging = world.home / "fence_redfish"
    hanging.write_text("#!/bin/sh\nexec sleep 20\n")
    with pytest.raises(power.PowerError, match=r"did not end within 0 s|gave up"):
        world.run("off", shell_timeout="0.2", total_timeout="1")


def test_an_agent_that_is_not_installed_is_named(world: World):
    (world.home / "fence_redfish").unlink()
    with pytest.raises(Exception, match=r"cannot run .*/fence_redfish: No such file"):
        world.run("off")


# The guard


@pytest.mark.parametrize("action", ["off", "reboot"])
def test_the_guard_refuses_before_anything_is_asked(
    world: World, monkeypatch: pytest.MonkeyPatch, action: str
):
    targets: list[str] = []

    class Refusing(witness.Guard):
        def __init__(self, rule: object, target: str) -> None:
            targets.append(target)

        def check(self) -> None:
            raise HeldError("3 of 4 hosts are lost at once")

    monkeypatch.setattr(actions, "Guard", Refusing)
    world.answers(OFF)
    with pytest.raises(HeldError):
        world.run(action, max_hosts="0")
    assert targets == [NODE]
    assert world.calls == []


def test_the_guard_is_asked_again_right_before_the_switch(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    asked: list[int] = []

    class Late(witness.Guard):
        def check(self) -> None:
            asked.append(len(world.calls))
            if len(asked) > 1:
                raise HeldError("held meanwhile")

    monkeypatch.setattr(actions, "Guard", Late)
    world.answers(ON)
    with pytest.raises(HeldError):
        world.run("off", max_hosts="0")
    assert asked == [0, 1]
    assert world.actions() == ['"status"']


# Secrets


@pytest.mark.parametrize("host", sorted(BMCS))
def test_no_secret_is_an_argument_or_in_what_is_said(
    world: World,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    host: str,
):
    caplog.set_level("DEBUG")
    world.answers(f"1 Failed: login denied for {PASSWORD}")
    with pytest.raises(power.PowerError) as caught:
        world.run("off", plug=host, nodename=host, total_timeout="1")
    said = capfd.readouterr()
    assert world.calls
    assert all(PASSWORD not in str(call["argv"]) for call in world.calls)
    for text in (str(caught.value), caplog.text, said.out, said.err):
        assert PASSWORD not in text
    assert "login denied for ***" in str(caught.value)


def test_redfish_is_told_on_standard_input(world: World):
    world.answers(ON)
    assert world.run("status") == program.OK
    (call,) = world.calls
    assert call["argv"] == [str(world.home / "fence_redfish")]
    assert str(call["stdin"]).splitlines() == [
        'action="status"',
        'username="fencing"',
        'ip="10.0.9.11"',
        f'password="{PASSWORD}"',
        'systems_uri="/redfish/v1/Systems/1"',
    ]


def test_ipmi_gets_its_password_past_the_arguments_of_ipmitool(world: World):
    world.answers(OFF)
    assert world.run("status", plug="virt-node-02", nodename="") == program.OFF
    (call,) = world.calls
    assert "password" not in str(call["stdin"])
    assert f'ipmitool_path="{request.IPMITOOL}"' in str(call["stdin"])
    assert 'lanplus="1"' in str(call["stdin"])
    assert 'ipport="6230"' in str(call["stdin"])
    assert call["env"][request.PASSWORD] == PASSWORD  # type: ignore[index]


def test_ipmitool_reads_the_password_from_its_environment(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    ran: list[list[str]] = []

    def execv(_: str, argv: list[str]) -> None:
        ran.append(argv[1:])

    def run(*given: str) -> None:
        monkeypatch.setattr(sys, "argv", ["fence_bmc_ipmitool", *given])
        runpy.run_path(str(IPMITOOL))

    monkeypatch.setattr("os.execv", execv)
    run("-H", "10.0.9.12", "-U", "u", "-P", "", "chassis", "power", "status")
    assert ran == [["-H", "10.0.9.12", "-U", "u", "-E", "chassis", "power", "status"]]
    with pytest.raises(SystemExit, match="must not be an argument"):
        run("-P", PASSWORD, "chassis", "power", "status")
    assert len(ran) == 1


def test_a_flag_that_is_false_is_not_told(world: World):
    world.write({HOST: {**BMCS[HOST], "ssl_insecure": False}})
    world.answers(ON)
    world.run("status")
    world.write({HOST: {**BMCS[HOST], "ssl_insecure": True}})
    world.run("status")
    told = ["ssl_insecure" in str(call["stdin"]) for call in world.calls]
    assert told == [False, True]


def test_authorities_are_trusted_for_this_run_alone(world: World):
    world.write({HOST: {**BMCS[HOST], "ca": "PEM\n", "address": "fd00::11"}})
    world.answers(ON)
    world.run("status")
    (call,) = world.calls
    assert call["ca"] == "PEM\n"
    assert not pathlib.Path(call["env"]["REQUESTS_CA_BUNDLE"]).exists()  # type: ignore[index]
    assert 'ip="[fd00::11]"' in str(call["stdin"])


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_of_secrets_that_others_can_read_is_refused(world: World, mode: int):
    world.write(BMCS, mode)
    with pytest.raises(Exception, match="open to others"):
        world.run("off")
    assert world.calls == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "telnet"}, "not what it must be"),
        ({"address": "10.0.9.11 -v"}, "not what it must be"),
        ({"address": "-v"}, "not what it must be"),
        ({"password": "a\nb"}, "not what it must be"),
        ({"password": ""}, "not what it must be"),
        ({"username": None}, "'username' is missing"),
        ({"systems_uri": ["x"]}, "not what it must be"),
    ],
)
def test_an_entry_that_is_none_is_refused(world: World, change: dict[str, object], why: str):
    world.write({HOST: {**BMCS[HOST], **change}})
    with pytest.raises(Exception, match=why) as caught:
        world.run("off")
    assert PASSWORD not in str(caught.value)
    assert world.calls == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}'])
def test_a_file_that_is_none_is_refused(world: World, text: str):
    world.file.write_text(text)
    with pytest.raises(Exception, match="cannot use credentials_file"):
        world.run("off")


# Which host


def test_a_host_is_known_by_pacemakers_name_as_well(world: World):
    world.answers(ON)
    assert world.run("status", plug="") == program.OK
    assert "10.0.9.11" in str(world.calls[0]["stdin"])


@pytest.mark.parametrize(
    ("plug", "nodename"), [(HOST, "virt-node-02.maas"), ("virt-node-09", ""), ("", "")]
)
def test_whoever_is_not_certain_is_not_switched(world: World, plug: str, nodename: str):
    with pytest.raises(Exception, match=r"do not belong together|has no host"):
        world.run("off", plug=plug, nodename=nodename)
    assert world.calls == []


# MAAS

MAAS = {
    "maas_url": "http://127.0.0.1:1/MAAS",
    "maas_credentials_file": "/nonexistent",
    "maas_hosts": f"a7d4v1:{HOST}:uuid-1:juju",
}
MACHINE = {"system_id": "a7d4v1", "hostname": HOST, "hardware_uuid": "uuid-1", "owner": "juju"}


class Maas:
    """Answers what it was told to."""

    def __init__(self, answer: list[dict[str, str]] | MaasError) -> None:
        self.answer = answer

    def machines(self, *, ids: list[str]) -> list[dict[str, str]]:
        assert ids == ["a7d4v1"]
        if isinstance(self.answer, MaasError):
            raise self.answer
        return self.answer


@pytest.fixture
def maas(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[dict[str, str]] | MaasError], None]:
    return lambda answer: monkeypatch.setattr(stranger, "_api", lambda _: Maas(answer))


@pytest.mark.parametrize(
    "answer",
    [
        [MACHINE],
        [{**MACHINE, "power_type": "manual"}],
        [{**MACHINE, "locked": "true"}],
        MaasError("MAAS refused the API key (401)"),
        MaasError("MAAS cannot be reached", retry=True),
    ],
)
def test_a_machine_that_is_still_the_one_or_nobody_knows_is_switched(
    world: World,
    maas: Callable[[list[dict[str, str]] | MaasError], None],
    answer: list[dict[str, str]] | MaasError,
):
    maas(answer)
    world.answers(ON, DONE, OFF)
    assert world.run("off", **MAAS) == program.OK


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [{**MACHINE, "hostname": "other"}],
        [{**MACHINE, "hardware_uuid": "uuid-2"}],
        [{**MACHINE, "owner": "somebody"}],
    ],
)
def test_a_machine_that_maas_has_given_to_somebody_else_is_not(
    world: World,
    maas: Callable[[list[dict[str, str]] | MaasError], None],
    answer: list[dict[str, str]],
):
    maas(answer)
    with pytest.raises(Exception, match=r"refusing the machine of virt-node-01\.maas"):
        world.run("off", **MAAS)
    assert world.calls == []


def test_a_maas_without_a_key_on_this_member_tells_nothing(world: World):
    world.answers(OFF)
    assert world.run("off", **MAAS) == program.OK


# What else can be asked


def test_a_device_fails_only_when_no_host_could_be_fenced(world: World):
    world.answers("1 no answer", ON)
    assert world.run("monitor") == program.OK
    assert world.run("validate-all") == program.OK
    world.answers("1 no answer", ON)
    assert world.run("validate-all") == program.FAILED
    world.answers("1 no answer")
    assert world.run("monitor") == program.FAILED


def test_a_host_that_the_file_does_not_know_keeps_no_other_from_being_fenced(
    world: World, capsys: pytest.CaptureFixture[str]
):
    hosts = f"{HOST} virt-node-09"
    world.answers(ON)
    assert world.run("examine", hosts=hosts) == program.OK
    told = json.loads(capsys.readouterr().out)
    assert told[HOST] == {"bmc": "redfish 10.0.9.11", "power_state": "on", "problems": []}
    assert told["virt-node-09"]["problems"] == ["virt-node-09: the file of BMCs has no such host"]
    world.answers(ON, DONE, OFF)
    assert world.run("off", hosts=hosts) == program.OK


def test_hosts_are_described_without_asking_them(world: World, capsys: pytest.CaptureFixture[str]):
    assert world.run("describe") == program.OK
    told = capsys.readouterr().out
    assert json.loads(told)["virt-node-02"] == {"bmc": "ipmi 10.0.9.12"}
    assert world.run("list") == program.OK
    assert f"{HOST},redfish 10.0.9.11" in capsys.readouterr().out
    assert world.calls == []
    world.answers(ON)
    assert world.run("list-status") == program.OK
    assert f"{HOST},redfish 10.0.9.11,ON" in capsys.readouterr().out


def test_a_reboot_that_does_not_come_back_on_is_a_power_off(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    def stays_off(*_: object) -> int:
        raise power.PowerError("gave up")

    monkeypatch.setattr(actions, "_on", stays_off)
    world.answers(ON, DONE, OFF)
    assert world.run("reboot") == program.OK


def test_on_is_seen_too(world: World):
    world.answers(OFF, "0 Success: Powered ON", ON)
    assert world.run("on") == program.OK
    assert '"on"' in world.actions()


def test_every_action_is_told_to_pacemaker_and_done():
    known = {action for action in ACTIONS if action not in ("metadata", "manpage")}
    assert set(actions._ACTIONS) == (known | set(AGENT.own_actions)) - {"guard"}
    assert 'name="fence_bmc"' in metadata.render(AGENT)


def test_the_guard_can_be_asked_for_its_word(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(witness, "told", lambda _: {"refusal": ""})
    assert world.run("guard") == program.OK
    assert json.loads(capsys.readouterr().out) == {"refusal": ""}
