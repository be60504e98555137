# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Where certificates and keys lie on this machine, and how a URL names them. Pure."""

from collections.abc import Mapping

from instance_ha.interfaces import mysql_shared

DATABASE_CA = "/etc/masakari/tls/database-ca.pem"
DATABASE_CERTIFICATE = "/etc/masakari/tls/database-cert.pem"
DATABASE_KEY = "/etc/masakari/tls/database-key.pem"
BROKER_CA = "/etc/masakari/tls/broker-ca.pem"
CERTIFICATE = "/etc/apache2/ssl/masakari/certificate.pem"
KEY = "/etc/apache2/ssl/masakari/key.pem"


def client_files() -> tuple[str, ...]:
    """Return the files that the engine and the API read when they connect."""
    return (DATABASE_CA, DATABASE_CERTIFICATE, DATABASE_KEY, BROKER_CA)


def database_parameters(database: mysql_shared.Tls) -> Mapping[str, str]:
    """Return what a database URL says about encryption, to SQLAlchemy and to tooz alike."""
    parameters = {
        "ssl_ca": (database.authority, DATABASE_CA),
        "ssl_cert": (database.certificate, DATABASE_CERTIFICATE),
        "ssl_key": (database.key.get_secret_value(), DATABASE_KEY),
    }
    return {name: path for name, (content, path) in parameters.items() if content}
