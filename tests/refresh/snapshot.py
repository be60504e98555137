# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What must not change while charms are refreshed: daemons, keys, the ring, what resources have done."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from lab.story.cluster import Cluster

KEYS = ("/etc/corosync/authkey", "/etc/pacemaker/authkey")
_DAEMONS = {"member": ("corosync", "pacemaker", "haproxy"), "host": ("pacemaker_remote",)}
# What leaves a trace that something began or ended; "monitor" tells of neither.
_CHANGES = frozenset({"start", "stop", "promote", "demote", "migrate_to", "migrate_from"})
_PATIENCE = 30.0

Facts = dict[tuple[str, str], str]
"""Machine (or node) and what is told of it → what was seen."""


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """A cluster at one moment."""

    when: str
    daemons: Facts
    """Process ids."""
    keys: Facts
    """Checksums."""
    modes: Facts
    """Of the keys' files, with their owners."""
    foreign: Facts
    """Whether hosts run Corosync, which has no business there."""
    ring: Facts
    """Its id and its transport, as each member says."""
    operations: Facts
    """The newest beginning or end of each resource on each node, other than fencing devices."""
    configuration: ET.Element

    def device(self, name: str) -> dict[str, str] | None:
        """Return the type and the parameters of a resource; nothing if there is none."""
        found = self.configuration.find(f".//resources/primitive[@id='{name}']")
        if found is None:
            return None
        pairs = found.iterfind("instance_attributes/nvpair")
        said = {pair.get("name", ""): pair.get("value", "") for pair in pairs}
        return {"type": found.get("type", ""), **said}

    def locations(self) -> dict[str, ET.Element]:
        """Return the constraints that say where something may run."""
        return {
            each.get("id", ""): each
            for each in self.configuration.iterfind("constraints/rsc_location")
        }


def take(cluster: Cluster, when: str) -> Snapshot:
    """Look at every machine."""
    daemons: Facts = {}
    keys: Facts = {}
    modes: Facts = {}
    foreign: Facts = {}
    ring: Facts = {}
    for kind, machines in (("member", cluster.members), ("host", cluster.hosts)):
        for machine in machines:
            for service in _DAEMONS[kind]:
                daemons[machine, service] = _pid(cluster, machine, service)
            for path in KEYS if kind == "member" else KEYS[1:]:
                keys[machine, path] = _ask(cluster, machine, "sha256sum", path).split()[0]
                modes[machine, path] = _ask(cluster, machine, "stat", "--format=%a %U:%G", path)
    for host in cluster.hosts:
        state = ("systemctl", "show", "--property=ActiveState", "--value", "corosync")
        foreign[host, "corosync"] = _ask(cluster, host, *state)
    for member in cluster.members:
        ring[member, "id"] = ring_id(_ask(cluster, member, "corosync-quorumtool", "-s"))
        transport = _ask(cluster, member, "corosync-cmapctl", "-g", "totem.transport")
        ring[member, "transport"] = transport.rpartition("= ")[2]
    root = ET.fromstring(_ask(cluster, cluster.members[0], "cibadmin", "--query"))
    configuration = root.find("configuration")
    assert configuration is not None
    done = dict(operations(root))
    return Snapshot(when, daemons, keys, modes, foreign, ring, done, configuration)


def ring_id(text: str) -> str:
    """Return the ring's id, given what ``corosync-quorumtool -s`` prints."""
    (line,) = (line for line in text.splitlines() if line.startswith("Ring ID:"))
    return line.partition(":")[2].strip()


def operations(cib: ET.Element) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the newest change of each resource on each node, as the cluster's history has it."""
    for node in cib.iterfind("status/node_state"):
        for resource in node.iterfind("lrm/lrm_resources/lrm_resource"):
            if resource.get("class") == "stonith":
                continue
            for done in resource.iterfind("lrm_rsc_op"):
                if done.get("operation") in _CHANGES:
                    told = ("operation", "call-id", "last-rc-change", "rc-code")
                    key = (node.get("uname", ""), f"{resource.get('id')} {done.get('id')}")
                    yield key, " ".join(done.get(word, "") for word in told)


def _pid(cluster: Cluster, machine: str, service: str) -> str:
    return _ask(cluster, machine, "systemctl", "show", "--property=MainPID", "--value", service)


def _ask(cluster: Cluster, machine: str, *argv: str) -> str:
    # "env" finds the program; a unit of systemd has no PATH to speak of.
    found = cluster.run(machine, "/usr/bin/env", *argv, timeout=_PATIENCE)
    assert found is not None, f"{machine} does not answer: {' '.join(argv)}"
    return found.strip()
