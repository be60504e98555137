# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The BMCs of the lab over real HTTPS: the login, looks, the switch, the knobs, the log."""

import base64
import dataclasses
import http.client
import json
import pathlib
import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from lab.bmc import certificate
from lab.bmc.redfish import PASSWORD, RESET, SYSTEMS, USERNAME
from lab.bmc.simulator import EVENTS, serving
from lab.maas.control import Control
from lab.maas.lifetime import CONTROL
from lab.maas.namespace import listen
from lab.maas.testing import FakeCloud

HOST = "host-01"
SYSTEM = f"{SYSTEMS}/{HOST}"


@dataclasses.dataclass(frozen=True)
class Bmcs:
    port: int
    home: pathlib.Path
    cloud: FakeCloud

    @property
    def knobs(self) -> Control:
        return Control(self.home / CONTROL)

    def ask(
        self, path: str, reset: str | None = None, password: str = PASSWORD
    ) -> tuple[int, dict[str, Any]]:
        trust = ssl.create_default_context(cafile=str(self.home / certificate.CERTIFICATE))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=trust)
        login = base64.b64encode(f"{USERNAME}:{password}".encode()).decode()
        body = None if reset is None else json.dumps({"ResetType": reset})
        method = "GET" if reset is None else "POST"
        connection.request(method, path, body, {"Authorization": f"Basic {login}"})
        reply = connection.getresponse()
        content = json.loads(reply.read())
        connection.close()
        return reply.status, content

    def told(self, event: str) -> list[dict[str, Any]]:
        records = map(json.loads, (self.home / EVENTS).read_text().splitlines())
        return [each for each in records if each["event"] == event]


@pytest.fixture
def bmcs(tmp_path: pathlib.Path) -> Iterator[Bmcs]:
    cloud = FakeCloud(HOST)
    tls = certificate.ensure(tmp_path, "127.0.0.1")
    with serving(listen("127.0.0.1", 0), cloud, tmp_path, tls) as server:
        found = Bmcs(server.server_address[1], tmp_path, cloud)
        for knob in ("power-latency", "query-latency"):
            found.knobs.set(knob, 0.0)
        yield found


def test_the_machine_is_switched_and_every_look_is_live(bmcs: Bmcs):
    status, system = bmcs.ask(SYSTEM)
    assert (status, system["PowerState"]) == (200, "On")
    target = system["Actions"]["#ComputerSystem.Reset"]["target"]
    assert bmcs.ask(target, "ForceOff")[0] == 200
    assert not bmcs.cloud.is_on(HOST)
    assert bmcs.ask(SYSTEM)[1]["PowerState"] == "Off"
    assert bmcs.ask(target, "On")[0] == 200
    assert bmcs.cloud.is_on(HOST)
    phases = [(each["action"], each["phase"]) for each in bmcs.told("power")]
    assert phases == [("off", "begin"), ("off", "end"), ("on", "begin"), ("on", "end")]
    assert [each["state"] for each in bmcs.told("query")] == ["on", "off"]


def test_nobody_gets_in_with_another_password(bmcs: Bmcs):
    for path, reset in ((SYSTEM, None), (f"{SYSTEM}{RESET}", "ForceOff")):
        assert bmcs.ask(path, reset, password="wrong")[0] == 401
    assert bmcs.cloud.is_on(HOST)
    assert [each["status"] for each in bmcs.told("request")] == [401, 401]
    assert "wrong" not in (bmcs.home / EVENTS).read_text()


@pytest.mark.parametrize(
    ("path", "reset", "status"),
    [
        (f"{SYSTEMS}/nobody", None, 404),
        (f"/elsewhere/{HOST}", None, 404),
        (f"{SYSTEMS}/nobody{RESET}", "ForceOff", 404),
        (SYSTEM, "ForceOff", 404),
        (f"{SYSTEM}{RESET}", "Nmi", 400),
    ],
)
def test_what_there_is_not_is_refused(bmcs: Bmcs, path: str, reset: str | None, status: int):
    assert bmcs.ask(path, reset)[0] == status
    assert bmcs.cloud.is_on(HOST)


def test_the_knobs_of_power_turn_them(bmcs: Bmcs):
    bmcs.knobs.set("switch", "stuck", HOST)
    assert bmcs.ask(f"{SYSTEM}{RESET}", "ForceOff")[0] == 500
    assert bmcs.cloud.is_on(HOST)
    bmcs.knobs.set("query-state", "unknown", HOST)
    assert bmcs.ask(SYSTEM)[0] == 503


def test_the_certificate_stays(tmp_path: pathlib.Path):
    certificate.ensure(tmp_path, "127.0.0.1")
    first = (tmp_path / certificate.CERTIFICATE).read_bytes()
    certificate.ensure(tmp_path, "127.0.0.1")
    assert (tmp_path / certificate.CERTIFICATE).read_bytes() == first
