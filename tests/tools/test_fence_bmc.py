# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
# pyright: basic, reportMissingImports=false

"""fence_bmc with the distribution's own fence_redfish and fence_ipmilan, against BMCs on this machine."""

import base64
import http.server
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

FILES = pathlib.Path(__file__).parents[2] / "charms/hacluster/files"
CERTIFICATE = FILES.parent / "tests/unit/data/maas-tls.pem"
sys.path.insert(0, str(FILES))

from fence_agent import power  # noqa: E402 (the agent's own modules, found only now)
from fence_bmc_agent import actions, request  # noqa: E402
from fence_bmc_agent.options import options  # noqa: E402

PASSWORD = "p\"a$s w'rd"
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
        self.entry = {"address": "127.0.0.1", "username": "fencing", **entry}

    def run(self, action: str, seconds: int = 60, **change: object) -> int:
        self.file.touch(mode=0o600)
        entry = {"password": PASSWORD, **self.entry, **change}
        self.file.write_text(json.dumps({HOST: entry}))
        given = {"credentials_file": str(self.file), "plug": HOST, "total_timeout": str(seconds)}
        return actions.perform(options({**given, "action": action}))


class Redfish(http.server.BaseHTTPRequestHandler):
    """One system whose power is a word."""

    power = "On"
    told: list[str] = []  # noqa: RUF012 (the server makes an instance for each request)
    path_of_system = "/redfish/v1/Systems/1"

    def _answers(self) -> bool:
        wanted = "Basic " + base64.b64encode(f"fencing:{PASSWORD}".encode()).decode()
        allowed = self.headers["Authorization"] == wanted
        if not allowed:
            self._send(401, {"error": {"message": "no such user"}})
        return allowed

    def _send(self, status: int, body: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self) -> None:
        reset = {"target": f"{self.path_of_system}/Actions/ComputerSystem.Reset"}
        body = {"PowerState": type(self).power, "Actions": {"#ComputerSystem.Reset": reset}}
        if self._answers():
            self._send(200, body if self.path == self.path_of_system else {"error": "none"})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        wanted = json.loads(self.rfile.read(length))["ResetType"]
        if self._answers():
            self.told.append(wanted)
            type(self).power = {"ForceOff": "Off", "On": "On"}[wanted]
            self._send(200, {})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def redfish(tmp_path: pathlib.Path) -> Iterator[Bmc]:
    needs("fence_redfish")
    Redfish.power = "On"
    Redfish.told.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redfish)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield Bmc(
        tmp_path,
        kind="redfish",
        port=server.server_port,
        systems_uri=Redfish.path_of_system,
        ca=CERTIFICATE.read_text(),
    )
    server.shutdown()
    server.server_close()


def test_redfish_powers_off_and_is_believed_twice(redfish: Bmc):
    assert redfish.run("status") == 0
    assert redfish.run("off") == 0
    assert Redfish.told == ["ForceOff"]
    assert redfish.run("status") == 2
    assert redfish.run("off") == 0
    assert Redfish.told == ["ForceOff"]
    assert redfish.run("on") == 0
    assert redfish.run("status") == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"password": "wrong"}, "Unable to get PowerState"),
        ({"ca": None}, "CERTIFICATE_VERIFY_FAILED|certificate verify failed"),
        ({"systems_uri": "/redfish/v1/Systems/2"}, "Unable to get PowerState"),
    ],
)
def test_redfish_that_refuses_or_is_not_trusted_is_no_power_off(
    redfish: Bmc, change: dict[str, object], why: str
):
    with pytest.raises(power.PowerError, match=why) as caught:
        redfish.run("off", 8, **change)
    assert PASSWORD not in str(caught.value)
    assert Redfish.told == []


def test_redfish_without_verification_is_for_whoever_says_so(redfish: Bmc):
    assert redfish.run("status", ca=None, ssl_insecure=True) == 0


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
