# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A cluster as its members see it, and as the host beneath them does."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from lab.machines.cloud import Cloud
from lab.machines.errors import CloudError
from lab.settings import INVENTORY, Lab
from lab.story.timeline import Moment, parse_time

_CRM_MON = ("/usr/sbin/crm_mon", "--one-shot", "--output-as=xml", "--include=fencing")
_PATIENCE = 10.0
_TAGS = {machine.hostname: machine.tags for machine in INVENTORY}


@dataclasses.dataclass(frozen=True)
class Node:
    """A member, or a host that the members watch."""

    name: str
    online: bool
    unclean: bool
    is_host: bool

    @property
    def machine(self) -> str:
        """The machine's name; hosts are known by their full one."""
        return self.name.partition(".")[0]


@dataclasses.dataclass(frozen=True)
class Status:
    """What one member says."""

    quorate: bool
    coordinator: str
    """The machine that decides for all; empty if none does."""
    nodes: dict[str, Node]
    """By the machine's name."""
    running: dict[str, tuple[str, ...]]
    """Resource → the machines that run it."""
    fences: tuple[Moment, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether everybody is there."""
        return self.quorate and all(n.online and not n.unclean for n in self.nodes.values())


class Cluster:
    """Asks the members, one after the other if need be."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @property
    def members(self) -> list[str]:
        """The machines that are members."""
        return self._tagged("lxd")

    @property
    def hosts(self) -> list[str]:
        """The machines that they watch."""
        return self._tagged("remote")

    def _tagged(self, tag: str) -> list[str]:
        known = (machine.id for machine in self.cloud.instances())
        return sorted(name for name in known if tag in _TAGS.get(name, ()))

    def run(self, member: str, *argv: str, timeout: float = _PATIENCE) -> str | None:
        """Run a program in a machine, and return what it prints; nothing if it does not work."""
        try:
            done = self.cloud.run(member, argv, timeout=timeout)
        except (CloudError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None

    def status(self, member: str | None = None) -> Status | None:
        """Return what a member says of the cluster, or the first with quorum."""
        found = [parse(text) for text in self._texts([member] if member else self.members)]
        return next((one for one in found if one.quorate), found[0] if found else None)

    def _texts(self, members: list[str]) -> Iterator[str]:
        for member in members:
            if text := self.run(member, *_CRM_MON):
                yield text

    def configuration(self) -> str:
        """Return the configuration part of the CIB."""
        for member in self.members:
            found = self.run(member, "/usr/sbin/cibadmin", "--query", "--scope", "configuration")
            if found:
                return found
        raise CloudError("no member tells the configuration")

    def confirmed(self, host: str) -> float:
        """Return when the cluster last took a host for switched off; 0 if it is back since."""
        for member in self.members:
            text = self.run(member, "/usr/sbin/cibadmin", "--query", "--local")
            if text:
                states = ET.fromstring(text).iterfind("status/node_state")
                noted = (s for s in states if s.get("uname", "").partition(".")[0] == host)
                return max((float(s.get("node_fenced") or 0) for s in noted), default=0.0)
        return 0.0


def parse(text: str) -> Status:
    """Return what crm_mon's XML says."""
    root = ET.fromstring(text)
    nodes = [
        Node(
            each.get("name", ""),
            each.get("online") == "true",
            each.get("unclean") == "true",
            each.get("type") == "remote",
        )
        for each in root.iterfind("nodes/node")
    ]
    quorum = root.find("summary/current_dc")
    return Status(
        quorum is not None and quorum.get("with_quorum") == "true",
        "" if quorum is None else quorum.get("name", ""),
        {node.machine: node for node in nodes},
        dict(_running(root)),
        tuple(_fences(root)),
    )


def _running(root: ET.Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    places: dict[str, list[str]] = {}
    for resource in root.iter("resource"):
        where = [node.get("name", "").partition(".")[0] for node in resource.iterfind("node")]
        places.setdefault(resource.get("id", ""), []).extend(where)
    yield from ((name, tuple(sorted(where))) for name, where in places.items())


def _fences(root: ET.Element) -> Iterator[Moment]:
    for event in root.iterfind("fence_history/fence_event"):
        completed = event.get("completed")
        if completed:
            target = event.get("target", "").partition(".")[0]
            what = f"{event.get('action')} of {target}: {event.get('status')}"
            yield Moment(_seconds(completed), event.get("delegate") or "cluster", what)


def _seconds(text: str) -> float:
    # "2026-11-22 19:25:52.225701Z"; before Pacemaker 3 without the fraction, or " +00:00" for the Z.
    return parse_time(text.replace(" ", "T", 1).replace(" ", ""))


class AddressWatch:
    """Which machines hold a virtual address, looked at from outside several times a second."""

    INTERVAL = 0.25

    def __init__(
        self, lab: Lab, cluster: Cluster, address: str, proc: Path = Path("/proc")
    ) -> None:
        self._lab = lab
        self._cluster = cluster
        self._table, self._entry = _kept(address)
        self._proc = proc
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="addresses", daemon=True)
        self.moves: list[Moment] = []
        self.doubles: list[Moment] = []

    def __enter__(self) -> AddressWatch:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join()

    def holders(self) -> list[str]:
        """Return the machines that have the address on a NIC now."""
        return [name for name in self._cluster.members if self._holds(name)]

    def _holds(self, machine: str) -> bool:
        init = self._cluster.cloud.first_process(machine)
        try:
            table = (self._proc / f"{init}/net/{self._table}").read_text() if init else ""
            cards = (self._proc / f"{init}/root/sys/class/net").glob("eth*/operstate")
            # What a machine has whose cards are all down answers nobody.
            if not any(card.read_text().strip() == "up" for card in cards):
                return False
        except OSError:
            return False
        return re.search(self._entry, table) is not None

    def _run(self) -> None:
        before: list[str] | None = None
        while not self._stopped.wait(self.INTERVAL):
            holders = self.holders()
            if holders != before:
                moment = Moment(
                    time.time(), "watch", f"the address is on {' and '.join(holders) or 'nobody'}"
                )
                self.moves.append(moment)
                before = holders
                if len(holders) > 1:
                    self.doubles.append(moment)


def _kept(address: str) -> tuple[str, str]:
    """Return where the kernel tells of an address that is its own (below /proc/PID/net), and how."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6:
        return "if_inet6", f"{int(parsed):032x} "
    # A leaf of the table: the address, then what it is on the next line.
    return "fib_trie", rf"\|-- {re.escape(address)}\n\s+/32 host LOCAL"
