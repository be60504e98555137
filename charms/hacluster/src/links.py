# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The addresses of this member on the links of the ring."""

import ipaddress
from collections.abc import Iterator

import ops

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Bindings without a relation behind them. An operator who binds neither has both in the space of
# everything that is not bound, and means nothing by it.
_FURTHER = ("ring0", "ring1")


def addresses(model: ops.Model, relation: ops.Relation, *, ipv6: bool) -> list[str]:
    """Return the address of each link, the one of the peers' binding first; none if it has none.

    Further links are those of ``ring0`` and ``ring1`` if these are in different networks, and in
    other networks than the links before them.

    Args:
        model: Juju's.
        relation: The peers'.
        ipv6: Whether to prefer IPv6. Only further links may be of the other family.
    """
    family = 6 if ipv6 else 4
    first = next((each for each in _usable(model, relation) if each[0].version == family), None)
    if first is None:
        return []
    found = [first]
    further = [each for name in _FURTHER if (each := _preferred(model, name, family))]
    if len({network for _, network in further}) == len(_FURTHER):
        found += [each for each in further if each[1] != first[1]]
    return [str(address) for address, _ in found]


def _preferred(model: ops.Model, name: str, family: int) -> tuple[Address, str] | None:
    usable = list(_usable(model, name))
    return next((each for each in usable if each[0].version == family), next(iter(usable), None))


def _usable(model: ops.Model, key: str | ops.Relation) -> Iterator[tuple[Address, str]]:
    """Yield addresses and what tells their networks apart."""
    try:
        binding = model.get_binding(key)
        interfaces = binding.network.interfaces if binding else []
    except ops.ModelError:
        return  # the binding is younger than the application's last refresh
    for interface in interfaces:
        address = ipaddress.ip_address(str(interface.address)) if interface.address else None
        if address is not None and not address.is_link_local:
            yield address, str(interface.subnet or interface.name)
