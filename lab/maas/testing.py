# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A MAAS on the loopback interface, over machines that are only remembered."""

import contextlib
import dataclasses
import http.client
import json
import pathlib
import ssl
import threading
import time
import urllib.parse
import uuid
from collections.abc import Generator
from typing import Any

from lab import settings
from lab.maas.control import Control
from lab.maas.lifetime import CONTROL
from lab.maas.namespace import listen
from lab.maas.simulator import EVENTS, serving

API_KEY = settings.MAAS_API_KEY


@dataclasses.dataclass(frozen=True)
class FakeInstance:
    """A machine in use."""

    id: str


class FakeCloud:
    """The cloud's side of the switch: a set of machines that have power."""

    def __init__(self, *names: str) -> None:
        self.in_use = [FakeInstance(name) for name in names]
        self.powered = set(names)
        self.broken: Exception | None = None
        self.meeting: threading.Barrier | None = None

    def instances(self) -> list[FakeInstance]:
        """Return the machines in use."""
        return self.in_use

    def is_on(self, instance_id: str) -> bool:
        """Return whether a machine has power."""
        return instance_id in self.powered

    def power_off(self, instance_id: str) -> None:
        """Cut a machine off, when all of a ``meeting`` are about to be, or raise ``broken``."""
        if self.meeting:
            self.meeting.wait()
        if self.broken:
            raise self.broken
        self.powered.discard(instance_id)

    def power_on(self, instance_id: str) -> None:
        """Give a machine power."""
        self.powered.add(instance_id)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        """Return the body's value."""
        return json.loads(self.text)


@dataclasses.dataclass(frozen=True)
class Maas:
    """A running simulator and how to talk to it."""

    url: str
    cloud: FakeCloud
    knobs: Control
    home: pathlib.Path

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the records of some kinds from the event log."""
        lines = (self.home / EVENTS).read_text().splitlines()
        return [record for record in map(json.loads, lines) if record["event"] in kinds]

    def get(self, path: str, *, key: str | None = API_KEY) -> Answer:
        """Read, with a key or without."""
        return self.call("GET", path, header=oauth_header(key) if key else None)

    def post(self, path: str, *, key: str = API_KEY, **form: str) -> Answer:
        """Act."""
        return self.call("POST", path, header=oauth_header(key), form=form)

    def call(
        self, method: str, path: str, *, header: str | None, form: dict[str, str] | None = None
    ) -> Answer:
        """Send one request; redirects and refusals are answers too."""
        where = urllib.parse.urlsplit(self.url)
        headers = {"Authorization": header} if header else {}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(where.netloc, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, f"{where.path}{path}", body, headers)
            reply = connection.getresponse()
            return Answer(reply.status, reply.read().decode(), dict(reply.headers))


def oauth_header(key: str, **changes: str | None) -> str:
    """Return the header of a key; ``changes`` replace fields, or leave them out if ``None``."""
    consumer, token, secret = key.split(":")
    fields: dict[str, str | None] = {
        "oauth_version": "1.0",
        "oauth_signature_method": "PLAINTEXT",
        "oauth_consumer_key": consumer,
        "oauth_token": token,
        "oauth_signature": f"%26{secret}",
        "oauth_nonce": uuid.uuid4().hex,
        "oauth_timestamp": str(int(time.time())),
        **changes,
    }
    return "OAuth " + ", ".join(f'{k}="{v}"' for k, v in fields.items() if v is not None)


@contextlib.contextmanager
def running(
    home: pathlib.Path, tls: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> Generator[Maas, None, None]:
    """Run a simulator whose hypervisors are deployed and on, with a BMC of no delay."""
    cloud = FakeCloud("node-00", "virt-node-01", "virt-node-02", "virt-node-10")
    with serving(listen(address, 0), cloud, home, tls=tls) as server:
        port = server.server_address[1]
        knobs = Control(home / CONTROL)
        for knob in ("power-latency", "query-latency"):
            knobs.set(knob, 0.0)
        scheme = "https" if tls else "http"
        host = f"[{address}]" if ":" in address else address
        yield Maas(f"{scheme}://{host}:{port}/MAAS", cloud, knobs, home)
