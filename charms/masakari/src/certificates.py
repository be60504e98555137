# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What the unit serves with and whom it trusts, from the relation ``certificates`` or from the options."""

import socket

import ops

import relations
from config import Config
from instance_ha import status
from instance_ha.interfaces import tls_certificates
from trust import Serving

NAME = "certificates"


def publish(model: ops.Model, config: Config) -> None:
    """Ask for a certificate for every name and address under which clients may come."""
    if model.relations[NAME]:
        content = tls_certificates.write(_request(model, config))
        for relation in model.relations[NAME]:
            relation.data[model.unit].update(content)


def serving(model: ops.Model, config: Config) -> Serving | None:
    """Return what the API serves with; ``None`` is plain HTTP.

    Raises:
        NotReadyError: The authority has not answered yet.
    """
    found = offered(model, config)
    if found is None and model.relations[NAME]:
        raise status.waiting(f"'{NAME}' incomplete")
    return found


def offered(model: ops.Model, config: Config) -> Serving | None:
    """Return what there is to serve with: the options win, as with the predecessors."""
    if config.ssl_cert and config.ssl_key:
        return Serving(config.ssl_cert, config.ssl_key.get_secret_value())
    if not model.relations[NAME]:
        return None
    request = _request(model, config)
    for relation in model.relations[NAME]:
        if found := tls_certificates.read(relations.contents(relation), request):
            return Serving(found.certificate, found.key.get_secret_value())
    return None


def authorities(model: ops.Model, config: Config) -> list[str]:
    """Return the authorities to trust beside the distribution's, as PEM."""
    related = (
        tls_certificates.authorities(relations.contents(relation))
        for relation in model.relations[NAME]
    )
    return [text for text in (config.ssl_ca, *related) if text]


def _request(model: ops.Model, config: Config) -> tls_certificates.Request:
    own = relations.addresses(model)
    names = (config.os_public_hostname, config.os_internal_hostname, config.os_admin_hostname)
    addresses = (own.private, own.public, own.internal, own.admin, *map(str, config.vip))
    fqdn = socket.getfqdn()
    return tls_certificates.Request(
        unit=model.unit.name,
        common_name=fqdn,
        sans=tuple(one for one in (fqdn, *names, *addresses) if one),
    )
