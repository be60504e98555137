# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""What options give access to: Juju secrets that they name, and certificates."""

import ssl

import ops
import pydantic

import bmc
from access import Access
from config import SECRET, Config, check_key
from instance_ha.status import blocked

_API_KEY = "api-key"
_KEY = "key"
_BMCS = "credentials"


def ring_key(
    model: ops.Model, option: str, given: pydantic.SecretStr | None
) -> pydantic.SecretStr | None:
    """Return a key of the cluster's that an option holds, or the secret that it names.

    Raises:
        NotReadyError: The secret cannot be read, or holds no key.
    """
    if given is None or not given.get_secret_value().startswith(SECRET):
        return given
    content = _content(model, option, given.get_secret_value())
    try:
        return check_key(pydantic.SecretStr(content.get(_KEY, "")))
    except ValueError as error:
        raise blocked(f"{option}: the secret's {_KEY} {error}") from None


def access(model: ops.Model, options: Config) -> Access:
    """Return what gives access to power switches.

    Raises:
        NotReadyError: Something of it cannot be read, or cannot be what it should be.
    """
    return Access(
        maas_key=_maas_key(model, options),
        maas_ca=_maas_ca(options),
        bmcs=_bmcs(model, options),
    )


def _maas_key(model: ops.Model, options: Config) -> str | None:
    if options.maas_credentials is None:
        return None
    given = options.maas_credentials.get_secret_value()
    if not given.startswith(SECRET):
        return given
    content = _content(model, "maas_credentials", given)
    if _API_KEY not in content:
        raise blocked(f"maas_credentials: the secret has no {_API_KEY}")
    return content[_API_KEY]


def _maas_ca(options: Config) -> str | None:
    if options.maas_ca is not None:
        try:
            ssl.create_default_context(cadata=options.maas_ca)
        except ssl.SSLError:
            raise blocked("maas_ca: not a certificate") from None
    return options.maas_ca


def _bmcs(model: ops.Model, options: Config) -> dict[str, bmc.Bmc]:
    if options.bmc_credentials is None:
        return {}
    content = _content(model, "bmc_credentials", options.bmc_credentials)
    if _BMCS not in content:
        raise blocked(f"bmc_credentials: the secret has no {_BMCS}")
    try:
        return bmc.parse(content[_BMCS])
    except bmc.BmcError as error:
        raise blocked(f"bmc_credentials: {error}") from None


def _content(model: ops.Model, option: str, uri: str) -> dict[str, str]:
    try:
        return model.get_secret(id=uri).get_content(refresh=True)
    except (ops.SecretNotFoundError, ops.ModelError):
        raise blocked(f"{option}: grant the secret to this application") from None
