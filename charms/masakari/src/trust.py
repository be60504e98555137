# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Certificates and keys on this machine: what the API serves with, what database and broker are verified with."""

import dataclasses
import pathlib
from collections.abc import Iterable

import credentials
from instance_ha import authorities, command, files
from instance_ha.interfaces import mysql_shared

A2ENMOD = "/usr/sbin/a2enmod"

_APACHE_SSL = pathlib.Path("/etc/apache2/mods-enabled/ssl.load")
_OWNER = "masakari-charm"
# What the predecessor brought into the machine's trust, under its own name.
_PREDECESSORS = ("masakari.crt", "masakari-chain.crt")
_TRUSTED = pathlib.Path("/usr/local/share/ca-certificates")


@dataclasses.dataclass(frozen=True)
class Serving:
    """What the API serves with, as PEM."""

    certificate: str
    key: str = dataclasses.field(repr=False)


def is_serving() -> bool:
    """Return whether there is a certificate with which the API serves."""
    return pathlib.Path(credentials.CERTIFICATE).exists()


def ensure_serving(serving: Serving | None) -> bool:
    """Write the API's certificate and key, or remove them. Return whether anything changed."""
    if serving is None:
        changed = files.ensure_absent(credentials.CERTIFICATE)
        return files.ensure_absent(credentials.KEY) or changed
    # Apache reads both as root, before it becomes somebody else.
    changed = files.ensure(credentials.KEY, serving.key, mode=0o600)
    changed |= files.ensure(credentials.CERTIFICATE, serving.certificate)
    if not _APACHE_SSL.exists():
        command.run(A2ENMOD, "--quiet", "ssl")
        changed = True
    return changed


def ensure_clients(database: mysql_shared.Tls, broker_authority: str) -> bool:
    """Write what connections to database and broker need. Return whether anything changed."""
    wanted = {
        credentials.DATABASE_CA: database.authority,
        credentials.DATABASE_CERTIFICATE: database.certificate,
        credentials.DATABASE_KEY: database.key.get_secret_value(),
        credentials.BROKER_CA: broker_authority,
    }
    changed = False
    for path, content in wanted.items():
        if content:
            changed |= files.ensure(path, content, mode=0o640, group="masakari")
        else:
            changed |= files.ensure_absent(path)
    return changed


def ensure_authorities(texts: Iterable[str]) -> bool:
    """Make the machine trust these authorities, and not the predecessor's copies. Return whether that changed."""
    changed = False
    for name in _PREDECESSORS:
        changed |= files.ensure_absent(_TRUSTED / name)
    return authorities.ensure(_OWNER, texts) or changed


def remove() -> None:
    """Take away keys and trust that we brought."""
    ensure_serving(None)
    ensure_clients(mysql_shared.Tls(), "")
    authorities.ensure(_OWNER, ())
