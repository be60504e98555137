# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The BMCs put together: socket, switch, log, knobs."""

import contextlib
import pathlib
import socket
import ssl
from collections.abc import Generator, Iterable

from lab import settings
from lab.bmc.redfish import Server
from lab.maas import lifetime
from lab.maas.events import EventLog
from lab.maas.faults import Faults
from lab.maas.machines import Cloud, Record
from lab.maas.power import Switch

PORT = 443
EVENTS = "events.jsonl"


def directory(lab: settings.Lab) -> pathlib.Path:
    """Return where a lab's BMCs keep their log, their control socket and their certificate."""
    return lab.root / "bmc"


@contextlib.contextmanager
def serving(
    listener: socket.socket,
    cloud: Cloud,
    home: pathlib.Path,
    tls: ssl.SSLContext,
    *,
    machines: Iterable[settings.Physical] = settings.INVENTORY,
    failures: tuple[type[Exception], ...] = (),
) -> Generator[Server, None, None]:
    """Run the BMCs in the background until the block ends.

    Args:
        listener: A socket that listens; closed at the end.
        cloud: What they switch.
        home: The directory of the event log and the control socket; made if it is not there.
        tls: What they speak TLS with.
        machines: The machines that have one.
        failures: What the cloud raises when it cannot switch.
    """
    home.mkdir(parents=True, exist_ok=True)
    log, faults = EventLog(home / EVENTS), Faults()
    # The handshake belongs into the connection's thread: who is silent must not stop others.
    listener = tls.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
    records = {each.hostname: Record(each) for each in machines}
    server = Server(listener, records, Switch(cloud, faults, log, failures), log)
    with lifetime.running(server, home, faults, log):
        yield server
