# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The ring: corosync.conf as a function of its members, its key, and its daemon."""

import dataclasses
import pathlib
import re

from instance_ha import command, files, systemd

CONF = pathlib.Path("/etc/corosync/corosync.conf")
AUTHKEY = pathlib.Path("/etc/corosync/authkey")
CFGTOOL = "/usr/sbin/corosync-cfgtool"
CMAPCTL = "/usr/sbin/corosync-cmapctl"
QUORUMTOOL = "/usr/sbin/corosync-quorumtool"
SERVICE = "corosync"

_HEADER = "# Written by the hacluster charm; changes are overwritten.\n"

# corosync refuses to start with this. The distribution's file would make a cluster of one member
# named node1, which then stays in the cluster's configuration for good (LP: #1874719).
SAFE_CONF = _HEADER + "totem {\n    version: 2\n}\n"


@dataclasses.dataclass(frozen=True, order=True)
class Node:
    """A full member of the ring."""

    id: int
    name: str
    """As ``uname -n`` says, which is what Pacemaker calls it."""
    address: str
    more: tuple[str, ...] = ()
    """Addresses of further links, in the order of the links; knet only."""


@dataclasses.dataclass(frozen=True)
class Ring:
    """All that corosync.conf depends on."""

    name: str
    transport: str
    """``knet``, ``udpu`` or ``udp``."""
    nodes: frozenset[Node]
    debug: bool = False
    netmtu: int | None = None
    """Bytes; knet finds it out by itself if it is not told."""
    multicast: str = ""
    """Address, for udp only."""
    multicast_port: int | None = None
    token: int = 1000
    """Milliseconds without the token after which a member is suspected to be lost."""
    consensus: int | None = None
    """Milliseconds more in which the others agree on it; ``None`` is what corosync advises."""
    two_node: bool = False
    """Whether one member of two goes on alone when the other is lost."""


def render(ring: Ring) -> str:
    """Return corosync.conf for a ring (see corosync.conf(5) and votequorum(5))."""
    # corosync wants all members to have the same number of links.
    links = min((len(node.more) for node in ring.nodes), default=0)
    further = links if ring.transport == "knet" else 0
    nodes = "\n".join(_node(node, further) for node in sorted(ring.nodes))
    two = ["two_node: 1"] if ring.two_node and len(ring.nodes) == 2 else []
    sections = [
        _section("totem", _totem(ring)),
        _section("quorum", ["provider: corosync_votequorum", *two]),
        f"nodelist {{\n{nodes}\n}}",
        _section(
            "logging",
            [
                "to_stderr: no",
                "to_logfile: no",
                "to_syslog: yes",
                "timestamp: off",
                f"debug: {'on' if ring.debug else 'off'}",
            ],
        ),
    ]
    return _HEADER + "\n\n".join(sections) + "\n"


def _totem(ring: Ring) -> list[str]:
    # corosync accepts encryption with knet only (totemconfig.c).
    knet = ring.transport == "knet"
    lines = [
        "version: 2",
        f"cluster_name: {ring.name}",
        f"transport: {ring.transport}",
        f"crypto_cipher: {'aes256' if knet else 'none'}",
        f"crypto_hash: {'sha256' if knet else 'none'}",
        f"token: {ring.token}",
        # By default corosync adds so much for every member beyond the second.
        "token_coefficient: 0",
        f"consensus: {ring.consensus or ring.token * 6 // 5}",
        "token_retransmits_before_loss_const: 10",
    ]
    if ring.netmtu:
        lines.append(f"{'knet_mtu' if knet else 'netmtu'}: {ring.netmtu}")
    if ring.transport == "udp":
        # By default corosync takes addresses for IPv4 with this transport, and refuses others (corosync.conf(5)).
        if any(":" in node.address for node in ring.nodes):
            lines.append("ip_version: ipv6")
        interface = ["linknumber: 0", f"mcastaddr: {ring.multicast}"]
        if ring.multicast_port:
            interface.append(f"mcastport: {ring.multicast_port}")
        lines.append("interface {")
        lines += [f"    {line}" for line in interface]
        lines.append("}")
    return lines


def _section(name: str, lines: list[str]) -> str:
    return "\n".join([f"{name} {{", *(f"    {line}" for line in lines), "}"])


def _node(node: Node, further: int) -> str:
    addresses = (node.address, *node.more[:further])
    lines = [f"name: {node.name}", f"nodeid: {node.id}"]
    lines += [f"ring{link}_addr: {address}" for link, address in enumerate(addresses)]
    return "\n".join(["    node {", *(f"        {line}" for line in lines), "    }"])


def transport_of(conf: str) -> str | None:
    """Return the transport that a corosync.conf names; ``None`` if it makes no ring at all."""
    if not re.search(r"^\s*nodelist\s*\{", conf, re.MULTILINE):
        return None
    found = re.search(r"^\s*transport:\s*(\S+)", conf, re.MULTILINE)
    return found[1] if found else "knet"  # corosync 3's default


def nodes_of(conf: str) -> frozenset[Node]:
    """Return the members that a corosync.conf names."""
    blocks = re.findall(r"^\s*node\s*\{(.*?)\}", conf, re.MULTILINE | re.DOTALL)
    return frozenset(filter(None, (_parse_node(block) for block in blocks)))


def _parse_node(block: str) -> Node | None:
    values = dict(re.findall(r"^\s*(\w+):\s*(\S+)", block, re.MULTILINE))
    address = values.get("ring0_addr", "")
    if not (address and values.get("nodeid", "").isdigit()):
        return None
    more = [values[f"ring{link}_addr"] for link in range(1, 8) if f"ring{link}_addr" in values]
    return Node(int(values["nodeid"]), values.get("name", address), address, tuple(more))


def present_nodes() -> frozenset[Node]:
    """Return the members of the ring that this unit was made a member of."""
    return nodes_of(CONF.read_text()) if CONF.is_file() else frozenset()


def is_joined(node_id: int) -> bool:
    """Return whether a member is in contact with this one (cmap_keys(8))."""
    answer = command.attempt(CMAPCTL, "-g", f"runtime.members.{node_id}.status")
    return answer.returncode == 0 and answer.stdout.strip().endswith("= joined")


def is_whole(ring: Ring) -> bool:
    """Return whether all members of a ring are in contact with this one."""
    return all(is_joined(node.id) for node in ring.nodes)


def is_dispensable() -> bool:
    """Return whether the others keep their quorum when this member leaves, or have none (quorumtool(8))."""
    said = command.attempt(QUORUMTOOL, "-s", "-p").stdout
    votes = dict(re.findall(r"^(Total votes|Quorum):\s+(\d+)", said, re.MULTILINE))
    if len(votes) < 2:
        return True  # it is in no ring
    total, quorum = int(votes["Total votes"]), int(votes["Quorum"])
    return total < quorum or total - 1 >= quorum


def present_transport() -> str | None:
    """Return the transport of the ring that this unit was made a member of, if it was."""
    return transport_of(CONF.read_text()) if CONF.is_file() else None


def ensure_safe_conf() -> bool:
    """Make sure that a corosync that somebody starts too early forms no cluster."""
    return False if present_transport() else files.ensure(CONF, SAFE_CONF)


def ensure_ring(ring: Ring, key: bytes, *, take_up: bool = True) -> bool:
    """Write the ring's files, and have a running corosync take up a changed one.

    Args:
        ring: The ring.
        key: Its key.
        take_up: Whether a running corosync may; not while members' files hold different keys.
    """
    changed = files.ensure(AUTHKEY, key, mode=0o400)
    changed |= files.ensure(CONF, render(ring))
    if changed and take_up and systemd.read(SERVICE)[SERVICE].is_active:
        reload()
    return changed


def reload() -> None:
    """Have every member of the ring read its own files again, key included; nobody restarts."""
    command.run(CFGTOOL, "-R")


def forget() -> None:
    """Remove what made this machine a member."""
    files.ensure_absent(AUTHKEY)
    files.ensure_absent(CONF)
