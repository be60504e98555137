# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0
"""The lab's network: a namespace with one bridge per space, a namespace per machine, veths between.

Nothing is ever added to the host's own namespace, so labs may use the same addresses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab import kinds
from lab.machines import host
from lab.machines.locks import hold
from lab.settings import PREFIX_LENGTH, PREFIX_LENGTH_6, SPACES, Lab, Space

_NAMESPACES = Path("/run/netns")

# Addresses are the lab's own, so that nobody need look for another who has one.
_IPV6 = f"/{PREFIX_LENGTH_6} dev {{}} nodad"
# A card that is switched off loses its addresses of IPv6, and networkd, which would bring them back, is not
# here: it is to keep them, as it keeps those of IPv4.
_KEEP = "echo 1 > /proc/sys/net/ipv6/conf/all/keep_addr_on_down"


@dataclasses.dataclass(frozen=True)
class Port:
    """One end of a machine's cable: the one in the switch."""

    number: int
    space: Space

    @property
    def name(self) -> str:
        """The interface in the switch's namespace."""
        return f"m{self.number}-{self.space.nic}"

    @property
    def mac(self) -> str:
        """The address of the other end; always the same, so that no peer caches a wrong one."""
        return f"52:54:00:77:{SPACES.index(self.space):02x}:{self.number:02x}"


def ports(number: int) -> list[Port]:
    """Return the ports of the machine with this host number."""
    return [Port(number, space) for space in SPACES]


def switch_commands(*, ipv6: bool = False) -> Iterator[str]:
    """Yield what makes the bridges, in the words of ip(8)'s batch mode."""
    yield "link set lo up"
    for index, space in enumerate(SPACES):
        yield (
            f"link add {space.name} address 52:54:00:77:{index:02x}:01 "
            "type bridge stp_state 0 forward_delay 0 mcast_snooping 0"
        )
        yield f"address add {space.gateway}/{PREFIX_LENGTH} dev {space.name}"
        if ipv6:
            yield f"address add {space.gateway6}{_IPV6.format(space.name)}"
        yield f"link set {space.name} up"


def plug_commands(number: int, namespace: str, dead: Iterable[str] = ()) -> Iterator[str]:
    """Yield what connects a machine, run in the switch's namespace.

    Args:
        number: The machine's host number.
        namespace: The machine's namespace.
        dead: Spaces whose cable carries nothing, because the NIC of a container's host is down.
    """
    for port in ports(number):
        nic = port.space.nic
        yield (
            f"link add {port.name} type veth peer name {nic} address {port.mac} netns {namespace}"
        )
        state = "down" if port.space.name in dead else "up"
        yield f"link set {port.name} master {port.space.name} {state}"


def address_commands(number: int, *, ipv6: bool = False) -> Iterator[str]:
    """Yield what configures a machine's NICs, run in its own namespace."""
    yield "link set lo up"
    for space in SPACES:
        yield f"address add {space.address(number)}/{PREFIX_LENGTH} dev {space.nic}"
        if ipv6:
            yield f"address add {space.address6(number)}{_IPV6.format(space.nic)}"
        yield f"link set {space.nic} up"


def ensure_switch(lab: Lab) -> None:
    """Make the lab's bridges unless they are there. The MAAS simulator needs them to listen."""
    with hold(lab.root / "switch.lock"):
        _make_switch(lab)


def _make_switch(lab: Lab) -> None:
    if exists(lab.switch) and host.succeeds(
        "ip", "-n", lab.switch, "link", "show", SPACES[-1].name
    ):
        return
    remove_namespace(lab.switch)
    host.run("ip", "netns", "add", lab.switch)
    batch(lab.switch, switch_commands(ipv6=kinds.of(lab).ipv6))


def plug(lab: Lab, hostname: str, number: int, dead: Iterable[str] = ()) -> None:
    """Give a machine its namespace and its cables."""
    namespace = lab.namespace(hostname)
    host.run("ip", "netns", "add", namespace)
    batch(lab.switch, plug_commands(number, namespace, dead))
    ipv6 = kinds.of(lab).ipv6
    if ipv6:
        host.run("ip", "netns", "exec", namespace, "sh", "-c", _KEEP)
    batch(namespace, address_commands(number, ipv6=ipv6))


def unplug(lab: Lab, numbers: Iterable[int]) -> None:
    """Pull every cable of these machines, at once."""
    names = [port.name for number in numbers for port in ports(number)]
    # -force: a cable that is out already must not keep the others in.
    host.succeeds(
        "ip", "-n", lab.switch, "-force", "-batch", "-",
        stdin="".join(f"link del {name}\n" for name in names),
    )  # fmt: skip


def set_nic(namespace: str, space: Space, *, up: bool) -> None:
    """Switch a NIC on or off, as its machine would see it."""
    host.run("ip", "-n", namespace, "link", "set", space.nic, _state(up))


def set_port(lab: Lab, port: Port, *, up: bool) -> None:
    """Switch the far end of a cable on or off: the machine sees its carrier go."""
    host.run("ip", "-n", lab.switch, "link", "set", port.name, _state(up))


def is_nic_up(namespace: str, space: Space) -> bool:
    """Return whether a NIC is switched on."""
    return "UP" in host.run("ip", "-n", namespace, "-br", "link", "show", space.nic).split("<")[-1]


def exists(namespace: str) -> bool:
    """Return whether a namespace of this name is there."""
    return (_NAMESPACES / namespace).exists()


def remove_namespace(namespace: str) -> None:
    """Remove a namespace if it is there."""
    if exists(namespace):
        host.succeeds("ip", "netns", "del", namespace)


def namespaces(lab: Lab) -> list[str]:
    """Return the namespaces of the lab's machines, for when nobody remembers the machines."""
    if not _NAMESPACES.is_dir():
        return []
    return [path.name for path in sorted(_NAMESPACES.glob(f"{lab.switch}-*"))]


def batch(namespace: str, commands: Iterable[str]) -> None:
    """Run several commands of ip(8) in a namespace with one process."""
    host.run("ip", "-n", namespace, "-batch", "-", stdin="\n".join([*commands, ""]))


def _state(up: bool) -> str:
    return "up" if up else "down"
