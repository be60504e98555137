# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A small authority made of openssl: its own certificate, and those that it signs."""

import dataclasses
import hashlib
import ipaddress
import json
import pathlib
import shutil
from collections.abc import Mapping

from lab_charm import command, files

DIRECTORY = pathlib.Path("/var/lib/lab-charm/vault")
_OPENSSL = "openssl"
_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
# What strict verifiers want to see (Python 3.13's default context is one).
_AUTHORITY = """\
[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = Lab authority
[extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""
_SERVER = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""


@dataclasses.dataclass(frozen=True)
class Request:
    """What a unit asks for."""

    unit: str
    common_name: str
    sans: tuple[str, ...]

    @classmethod
    def from_databag(cls, databag: Mapping[str, str]) -> "Request | None":
        """Return the request in a unit's databag, once it is complete."""
        unit, name = databag.get("unit_name", ""), databag.get("common_name", "")
        if not (unit and name):
            return None
        return cls(unit, name, tuple(json.loads(databag.get("sans") or "[]")))

    @property
    def alternatives(self) -> str:
        """The names and addresses as openssl's configuration has them."""
        return ", ".join(
            f"{'IP' if _is_address(one) else 'DNS'}:{one}"
            for one in dict.fromkeys((self.common_name, *self.sans))
        )

    @property
    def digest(self) -> str:
        """What tells one request from another."""
        return hashlib.sha256(repr((self.common_name, self.sans)).encode()).hexdigest()


@dataclasses.dataclass(frozen=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str = dataclasses.field(repr=False)


def certificate() -> str:
    """Return the authority's own certificate, made at the first call."""
    path = DIRECTORY / "ca.crt"
    if not path.exists():
        DIRECTORY.mkdir(parents=True, mode=0o700, exist_ok=True)
        files.ensure(str(DIRECTORY / "ca.cnf"), _AUTHORITY)
        command.run(
            *(_OPENSSL, "req", "-x509", *_NEW_KEY, "-days", "3650"),
            *("-config", str(DIRECTORY / "ca.cnf"), "-keyout", str(DIRECTORY / "ca.key")),
            *("-out", str(path)),
        )
    return path.read_text()


def issue(request: Request) -> Issued:
    """Return the certificate of a request; an equal request gets the same one."""
    base = DIRECTORY / "issued" / f"{request.unit.replace('/', '_')}-{request.digest[:16]}"
    key, signed = base.with_suffix(".key"), base.with_suffix(".crt")
    if not signed.exists():
        base.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        ask, names = base.with_suffix(".csr"), base.with_suffix(".cnf")
        files.ensure(str(names), _SERVER.format(names=request.alternatives))
        subject = f"/CN={request.common_name[:64]}"
        command.run(
            *(_OPENSSL, "req", "-new", *_NEW_KEY, "-subj", subject),
            *("-keyout", str(key), "-out", str(ask)),
        )
        command.run(
            *(_OPENSSL, "x509", "-req", "-in", str(ask), "-days", "365", "-CAcreateserial"),
            *("-CA", str(DIRECTORY / "ca.crt"), "-CAkey", str(DIRECTORY / "ca.key")),
            *("-extfile", str(names), "-out", str(signed)),
        )
    return Issued(signed.read_text(), key.read_text())


def forget() -> None:
    """Forget what was issued, so that everything is issued anew."""
    shutil.rmtree(DIRECTORY / "issued", ignore_errors=True)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
