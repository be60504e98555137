# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""When each state of an instance and of a notification was first seen, straight from the databases.

Asking the APIs costs a small machine so much that it would slow down what is measured; one session with
the database costs next to nothing, and sees states that last a tenth of a second.
"""

from __future__ import annotations

import dataclasses
import subprocess
import threading
import time
from collections.abc import Iterator

from lab.machines.cloud import Cloud

INTERVAL = 0.2
"""Seconds between looks."""

_QUERIES = (
    "select 'instance', uuid, concat_ws('|', ifnull(host, ''), vm_state, ifnull(task_state, ''))"
    " from nova.instances where deleted = 0",
    "select 'notification', notification_uuid, concat_ws('|', type, status)"
    " from masakari.notifications where deleted = 0",
    # The newest of an instance: a second attempt of the engine's has another row.
    "select 'move', concat_ws('/', notification_uuid, instance_uuid), status"
    " from masakari.vmoves where id in (select max(id) from masakari.vmoves where deleted = 0"
    " group by notification_uuid, instance_uuid)",
    "select 'service', host, concat_ws('|', disabled, forced_down) from nova.services"
    " where deleted = 0 and topic = 'compute'",
)
_CLIENT = ("mariadb", "--batch", "--skip-column-names", "--unbuffered")
# A server that is away for a while ends the client, whose questions then wait for the next one.
_PATIENT = ("bash", "-c", 'until "$@"; do sleep 1; done 2> /dev/null', "recorder", *_CLIENT)


@dataclasses.dataclass(frozen=True)
class Change:
    """A state that something was first seen in, and when (seconds since the epoch).

    Attributes:
        kind: ``instance`` (``host|vm_state|task_state``), ``notification`` (``type|status``),
            ``move`` (its status), ``service`` (``disabled|forced_down``).
        name: Which one; a move's is ``notification/instance``.
    """

    at: float
    kind: str
    name: str
    state: str


class Recorder:
    """A thread that reads the databases until it is stopped.

    Args:
        cloud: The machines.
        machine: The one that has the database server.
    """

    def __init__(self, cloud: Cloud, machine: str) -> None:
        self._argv = cloud.command(machine, _PATIENT)
        self._states: dict[tuple[str, str], str] = {}
        self._changes: list[Change] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._threads = [
            threading.Thread(target=work, name="recorder", daemon=True)
            for work in (self._ask, self._read)
        ]

    def __enter__(self) -> Recorder:
        self._process = subprocess.Popen(
            self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self._process is not None
        self._process.wait()

    def state(self, kind: str, name: str) -> str:
        """Return the newest state of something; empty if it was never seen."""
        with self._lock:
            return self._states.get((kind, name), "")

    def changes(self, kind: str, since: float = 0.0) -> tuple[Change, ...]:
        """Return the changes of one kind since a time, oldest first."""
        with self._lock:
            return tuple(one for one in self._changes if one.kind == kind and one.at >= since)

    def _ask(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        # The client ends with its input.
        with self._process.stdin as client:
            while not self._stop.wait(INTERVAL):
                client.write(";\n".join((*_QUERIES, "")))
                client.flush()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for change in parse(answers):
                self._note(change)

    def _note(self, change: Change) -> None:
        with self._lock:
            if self._states.get((change.kind, change.name)) != change.state:
                self._states[change.kind, change.name] = change.state
                self._changes.append(change)


def parse(lines: Iterator[str]) -> Iterator[Change]:
    """Yield what the lines of the database's client say, seen at the time they are read."""
    for line in lines:
        kind, name, state = line.rstrip("\n").split("\t")
        yield Change(time.time(), kind, name, state)
