# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""fence_bmc with the distribution's own fence_redfish and fence_ipmilan, against BMCs on this machine."""

import dataclasses
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from lab.bmc import certificate
from lab.bmc.redfish import PASSWORD, SYSTEMS, USERNAME
from lab.bmc.simulator import EVENTS, serving
from lab.maas.control import Control
from lab.maas.lifetime import CONTROL
from lab.maas.namespace import listen
from lab.maas.testing import FakeCloud

FILES = pathlib.Path(__file__).parents[2] / "charms/hacluster/files"
sys.path.insert(0, str(FILES))

from fence_agent import power  # noqa: E402 (the agent's own modules, found only now)
from fence_bmc_agent import actions, request  # noqa: E402
from fence_bmc_agent.options import options  # noqa: E402

HOST = "virt-node-01"


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program, path="/usr/sbin:/usr/bin") is None:
            pytest.skip(f"{program} is not installed")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Bmc:
    """Where a BMC is; the agent is given it by a file."""

    def __init__(self, home: pathlib.Path, **entry: object) -> None:
        self.file = home / "bmcs.json"
        self.entry = {"address": "127.0.0.1", "username": USERNAME, **entry}

    def run(self, action: str, seconds: int = 60, **change: object) -> int:
        self.file.touch(mode=0o600)
        entry = {"password": PASSWORD, **self.entry, **change}
        self.file.write_text(json.dumps({HOST: entry}))
        given = {"credentials_file": str(self.file), "plug": HOST, "total_timeout": str(seconds)}
        return actions.perform(options({**given, "action": action}))


@dataclasses.dataclass(frozen=True)
class Redfish:
    """The lab's BMCs, and a host behind one of them."""

    bmc: Bmc
    cloud: FakeCloud
    log: pathlib.Path

    def told(self) -> list[str]:
        """Return what the host's was told to do."""
        records = map(json.loads, self.log.read_text().splitlines())
        return [
            each["action"]
            for each in records
            if each["event"] == "power" and each["phase"] == "begin"
        ]


@pytest.fixture
def redfish(tmp_path: pathlib.Path) -> Iterator[Redfish]:
    needs("fence_redfish")
    home, cloud = tmp_path / "bmc", FakeCloud(HOST)
    tls = certificate.ensure(home, "127.0.0.1")
    with serving(listen("127.0.0.1", 0), cloud, home, tls) as server:
        for knob in ("power-latency", "query-latency"):
            Control(home / CONTROL).set(knob, 0.0)
        bmc = Bmc(
            tmp_path,
            kind="redfish",
            port=server.server_address[1],
            systems_uri=f"{SYSTEMS}/{HOST}",
            ca=(home / certificate.CERTIFICATE).read_text(),
        )
        yield Redfish(bmc, cloud, home / EVENTS)


def test_redfish_powers_off_and_is_believed_twice(redfish: Redfish):
    bmc = redfish.bmc
    assert bmc.run("status") == 0
    assert bmc.run("off") == 0
    assert not redfish.cloud.is_on(HOST)
    assert redfish.told() == ["off"]
    assert bmc.run("status") == 2
    assert bmc.run("off") == 0
    assert redfish.told() == ["off"]
    assert bmc.run("on") == 0
    assert bmc.run("status") == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"password": "wrong"}, "Unable to get PowerState"),
        ({"ca": None}, "CERTIFICATE_VERIFY_FAILED|certificate verify failed"),
        ({"systems_uri": f"{SYSTEMS}/nobody"}, "Unable to get PowerState"),
    ],
)
def test_redfish_that_refuses_or_is_not_trusted_is_no_power_off(
    redfish: Redfish, change: dict[str, object], why: str
):
    with pytest.raises(power.PowerError, match=why) as caught:
        redfish.bmc.run("off", 8, **change)
    assert PASSWORD not in str(caught.value)
    assert redfish.told() == []
    assert redfish.cloud.is_on(HOST)


def test_redfish_without_verification_is_for_whoever_says_so(redfish: Redfish):
    assert redfish.bmc.run("status", ca=None, ssl_insecure=True) == 0


@pytest.fixture
def ipmi(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bmc]:
    """Run openipmi's simulator with one machine whose power is a file."""
    needs("fence_ipmilan", "ipmitool", "ipmi_sim")
    monkeypatch.setattr(request, "IPMITOOL", str(FILES / "fence_bmc_ipmitool"))
    port = free_port(socket.SOCK_DGRAM)
    power_file = tmp_path / "power"
    power_file.write_text("1")
    control = tmp_path / "control"
    control.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *"get power"*) echo "power:$(cat {power_file})";;'
        f' *"set power 0"*) echo 0 >{power_file};; *"set power 1"*) echo 1 >{power_file};; esac\n'
    )
    control.chmod(0o755)
    word = "plainpassword"
    levels = ("callback", "user", "operator", "admin")
    (tmp_path / "lan.conf").write_text(
        'name "bmc"\nset_working_mc 0x20\n  startlan 1\n'
        f"    addr 127.0.0.1 {port}\n    priv_limit admin\n"
        + "".join(f"    allowed_auths_{each} none md2 md5 straight\n" for each in levels)
        + "    guid a123456789abcdefa123456789abcdef\n  endlan\n"
        f'  chassis_control "{control} 0x20"\n  startnow false\n'
        '  user 1 true "" "test" user 10 none md2 md5 straight\n'
        f'  user 2 true "fencing" "{word}" admin 10 none md2 md5 straight\n'
    )
    (tmp_path / "bmc.emu").write_text(
        "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\n"
        "mc_enable 0x20\n"
    )
    (tmp_path / "state").mkdir()
    arguments = ("-d", "-c", "lan.conf", "-f", "bmc.emu", "-s", "state", "-n")
    process = subprocess.Popen(
        ("/usr/bin/ipmi_sim", *arguments),
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    listening = f":{port:04X} "
    while listening not in pathlib.Path("/proc/net/udp").read_text():
        assert time.monotonic() < until, "ipmi_sim does not start"
        time.sleep(0.1)
    yield Bmc(tmp_path, kind="ipmi", port=port, lanplus=True, cipher=3, password=word)
    process.kill()
    process.wait()


def test_ipmi_powers_off_and_no_argument_holds_the_password(ipmi: Bmc):
    seen: list[str] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(each.read_bytes().decode(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert ipmi.run("status") == 0
        assert ipmi.run("off") == 0
        assert ipmi.run("status") == 2
    finally:
        done.set()
        watcher.join()
    assert any("ipmitool" in each and "-E" in each for each in seen)
    assert not any(str(ipmi.entry["password"]) in each for each in seen)


def test_ipmi_with_a_wrong_password_is_no_power_off(ipmi: Bmc):
    with pytest.raises(power.PowerError):
        ipmi.run("off", 8, password="wrong")
    assert ipmi.run("status") == 0
