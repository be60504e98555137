# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A certificate for a lab charm's servers, over the relation certificates where there is one."""

import dataclasses
import json
import socket
from collections.abc import Iterable

import ops

from lab_charm import files, ready

AUTHORITY = "/etc/ssl/lab-ca.pem"
"""Whom the lab's programs on this machine trust, if there is TLS."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate, its key and its authority, as PEM."""

    certificate: str
    authority: str
    key: str = dataclasses.field(repr=False)


def obtain(charm: ops.CharmBase, bindings: Iterable[str]) -> Pair | None:
    """Ask for a certificate for the unit's addresses and return it; ``None`` where there is no authority.

    Raises:
        NotReadyError: The authority has not answered yet.
    """
    fqdn, unit = socket.getfqdn(), charm.unit.name.replace("/", "_")
    names = {fqdn, "127.0.0.1"}
    for name in bindings:
        binding = charm.model.get_binding(name)
        names |= {str(binding.network.ingress_address)} if binding else set()
    for relation in charm.model.relations["certificates"]:
        relation.data[charm.unit].update(
            {
                "unit_name": unit,
                "common_name": fqdn,
                "certificate_name": unit,
                "sans": json.dumps(sorted(names)),
            }
        )
        for other in relation.units:
            said = relation.data[other]
            if key := said.get(f"{unit}.server.key"):
                pair = Pair(said[f"{unit}.server.cert"], said["ca"], key)
                files.ensure(AUTHORITY, pair.authority)
                return pair
        raise ready.waiting("Waiting for a certificate")
    return None


def write(pair: Pair, directory: str, group: str) -> bool:
    """Write certificate and key where the programs of a group read them. Return whether they changed."""
    changed = files.ensure(f"{directory}/lab-tls.key", pair.key, mode=0o640, group=group)
    return files.ensure(f"{directory}/lab-tls.crt", pair.certificate) or changed
