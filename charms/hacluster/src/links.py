# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The addresses of this member on the links of the ring."""

import ipaddress
import re
from collections.abc import Iterator, Set

import ops

from instance_ha.interfaces import hacluster

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_VIRTUAL = frozenset({"IPaddr", "IPaddr2", "IPv6addr"})  # agents of resource-agents
_PARAMETER = re.compile(r"\b(?:ip|ipv6addr)\s*=\s*[\"']?([0-9A-Fa-f.:]+)")

# Bindings without a relation behind them. An operator who binds neither has both in the space of
# everything that is not bound, and means nothing by it.
_FURTHER = ("ring0", "ring1")


def addresses(
    model: ops.Model,
    relation: ops.Relation,
    *,
    ipv6: bool,
    present: str = "",
    virtual: Set[Address] = frozenset(),
) -> list[str]:
    """Return the address of each link, the one of the peers' binding first; none if it has none.

    Further links are those of ``ring0`` and ``ring1`` if these are in different networks, and in
    other networks than the links before them.

    Args:
        model: Juju's.
        relation: The peers'.
        ipv6: Whether to prefer IPv6. Only further links may be of the other family.
        present: The first link's address so far; it stays that for as long as it is there, in whatever order
            Juju tells of a machine's addresses.
        virtual: Addresses that the cluster moves about. Juju tells of one as of any other of the machine.
    """
    family = 6 if ipv6 else 4
    usable = [each for each in _usable(model, relation, virtual) if each[0].version == family]
    usable.sort(key=lambda each: str(each[0]) != present)
    if not usable:
        return []
    found = [usable[0]]
    further = [each for name in _FURTHER if (each := _preferred(model, name, family, virtual))]
    if len({network for _, network in further}) == len(_FURTHER):
        found += [each for each in further if each[1] != found[0][1]]
    return [str(address) for address, _ in found]


def virtual_addresses(request: hacluster.Request | None) -> frozenset[Address]:
    """Return the addresses that a principal has the cluster move about."""
    if request is None:
        return frozenset()
    agents = ((name, agent.rpartition(":")[2]) for name, agent in request.resources.items())
    names = [name for name, agent in agents if agent in _VIRTUAL]
    return frozenset(
        address for name in names for address in _parse(request.resource_params.get(name, ""))
    )


def _parse(text: str) -> Iterator[Address]:
    for word in _PARAMETER.findall(text):
        try:
            yield ipaddress.ip_address(word)
        except ValueError:
            continue  # a name, or a crmsh expression


def _preferred(
    model: ops.Model, name: str, family: int, virtual: Set[Address]
) -> tuple[Address, str] | None:
    usable = list(_usable(model, name, virtual))
    return next((each for each in usable if each[0].version == family), next(iter(usable), None))


def _usable(
    model: ops.Model, key: str | ops.Relation, virtual: Set[Address]
) -> Iterator[tuple[Address, str]]:
    """Yield addresses and what tells their networks apart."""
    try:
        binding = model.get_binding(key)
        interfaces = binding.network.interfaces if binding else []
    except ops.ModelError:
        return  # the binding is younger than the application's last refresh
    for interface in interfaces:
        address = ipaddress.ip_address(str(interface.address)) if interface.address else None
        if address is not None and not address.is_link_local and address not in virtual:
            yield address, str(interface.subnet or interface.name)
