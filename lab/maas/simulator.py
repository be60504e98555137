# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A simulator put together: sockets, API, switch, log, knobs."""

import contextlib
import pathlib
import socket
import ssl
from collections.abc import Generator, Iterable, Mapping

from lab import settings
from lab.maas import lifetime
from lab.maas.api import USERS, Api
from lab.maas.context import Context
from lab.maas.events import EventLog
from lab.maas.faults import Faults
from lab.maas.machines import Cloud, Inventory
from lab.maas.oauth import Doorkeeper, Key, User
from lab.maas.power import Switch
from lab.maas.server import Server

PORT = 5240
EVENTS = "events.jsonl"


def directory(lab: settings.Lab) -> pathlib.Path:
    """Return where a lab's simulator keeps its log and its control socket."""
    return lab.root / "maas"


@contextlib.contextmanager
def serving(
    listener: socket.socket,
    cloud: Cloud,
    home: pathlib.Path,
    *,
    machines: Iterable[settings.Physical] = settings.INVENTORY,
    users: Mapping[Key, User] = USERS,
    failures: tuple[type[Exception], ...] = (),
    tls: ssl.SSLContext | None = None,
) -> Generator[Server, None, None]:
    """Run a simulator in the background until the block ends.

    Args:
        listener: A socket that listens; closed at the end.
        cloud: What the switch switches.
        home: The directory of the event log and the control socket; made if it is not there.
        machines: The machines that MAAS knows.
        users: Who the API keys belong to.
        failures: What the cloud raises when it cannot switch.
        tls: With it, https is spoken.
    """
    if tls is not None:
        # The handshake belongs into the connection's thread: who is silent must not stop others.
        listener = tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
    home.mkdir(parents=True, exist_ok=True)
    log = EventLog(home / EVENTS)
    faults = Faults()
    inventory = Inventory(machines, cloud)
    switch = Switch(cloud, faults, log, failures)
    api = Api(Context(inventory, switch, log, faults, Doorkeeper(users)))
    server = Server(listener, api, log)
    with lifetime.running(server, home, faults, log):
        yield server
