# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A database and a user in it (`shared-db`), from a router or from the database itself."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import pydantic

from instance_ha import databag


class Request(pydantic.BaseModel):
    """What a unit asks for, and the address that it will come from."""

    model_config = pydantic.ConfigDict(frozen=True)

    database: str
    username: str
    hostname: str


class Database(pydantic.BaseModel):
    """Where the database is for this unit."""

    model_config = pydantic.ConfigDict(frozen=True)

    db_host: str
    db_port: int = 3306
    password: pydantic.SecretStr
    allowed_units: str
    ssl_ca: str = ""
    ssl_cert: str = ""
    ssl_key: pydantic.SecretStr = pydantic.SecretStr("")
    wait_timeout: int | None = None

    def url(self, request: Request) -> str:
        """Return the part after the scheme: user, password, host, port and database."""
        host = f"[{self.db_host}]" if ":" in self.db_host else self.db_host
        user = f"{quote(request.username, safe='')}:{quote(self.password.get_secret_value(), safe='')}"
        return f"{user}@{host}:{self.db_port}/{request.database}"

    @property
    def tls(self) -> "Tls":
        """What to verify the database with, and to show to it, as PEM; each part may be empty."""
        return Tls(
            authority=databag.decode_pem(self.ssl_ca),
            certificate=databag.decode_pem(self.ssl_cert),
            key=pydantic.SecretStr(databag.decode_pem(self.ssl_key.get_secret_value())),
        )


class Tls(pydantic.BaseModel):
    """A client's side of an encrypted connection to the database."""

    model_config = pydantic.ConfigDict(frozen=True)

    authority: str = ""
    certificate: str = ""
    key: pydantic.SecretStr = pydantic.SecretStr("")


def write(request: Request) -> dict[str, str]:
    """Return the databag content of a request: bare words without prefix."""
    return {key: databag.encode_text(value) for key, value in request.model_dump().items()}


def read(units: Iterable[Mapping[str, str]], unit: str) -> Database | None:
    """Return what the first complete unit of the provider answers to a unit of ours, or ``None``.

    A provider lets in one unit after the other and says whom in ``allowed_units``. While it says
    ``cluster-series-upgrading`` its answers do not count.
    """
    for content in units:
        if databag.decode(content.get("cluster-series-upgrading", "")) is True:
            continue
        known = {field: content[field] for field in Database.model_fields if content.get(field)}
        try:
            database = Database.model_validate(known)
        except pydantic.ValidationError:
            continue
        if unit in database.allowed_units.split():
            return database
    return None
