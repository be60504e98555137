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


def content(model: ops.Model, uri: str, *, follow: bool) -> dict[str, str]:
    """Return what a secret holds now.

    Args:
        model: Juju's.
        uri: The secret's.
        follow: Whether this unit is to hear of what comes after it, and of nothing before (`secret-changed`). Not
            where the content is only looked at: it may be newer than what the same hook has put to use.
    """
    secret = model.get_secret(id=uri)
    return secret.get_content(refresh=True) if follow else secret.peek_content()


def ring_key(
    model: ops.Model, option: str, given: pydantic.SecretStr | None, *, follow: bool
) -> pydantic.SecretStr | None:
    """Return a key of the cluster's that an option holds, or the secret that it names.

    Args:
        model: Juju's.
        option: Its name.
        given: What it holds.
        follow: As for ``content``.

    Raises:
        NotReadyError: The secret cannot be read, or holds no key.
    """
    if given is None or not given.get_secret_value().startswith(SECRET):
        return given
    found = _content(model, option, given.get_secret_value(), follow=follow)
    try:
        return check_key(pydantic.SecretStr(found.get(_KEY, "")))
    except ValueError as error:
        raise blocked(f"{option}: the secret's {_KEY} {error}") from None


def access(model: ops.Model, options: Config, *, follow: bool) -> Access:
    """Return what gives access to power switches.

    Args:
        model: Juju's.
        options: Those that hold it, or name secrets.
        follow: As for ``content``.

    Raises:
        NotReadyError: Something of it cannot be read, or cannot be what it should be.
    """
    return Access(
        maas_key=_maas_key(model, options, follow=follow),
        maas_ca=_maas_ca(options),
        bmcs=_bmcs(model, options, follow=follow),
    )


def _maas_key(model: ops.Model, options: Config, *, follow: bool) -> str | None:
    if options.maas_credentials is None:
        return None
    given = options.maas_credentials.get_secret_value()
    if not given.startswith(SECRET):
        return given
    found = _content(model, "maas_credentials", given, follow=follow)
    if _API_KEY not in found:
        raise blocked(f"maas_credentials: the secret has no {_API_KEY}")
    return found[_API_KEY]


def _maas_ca(options: Config) -> str | None:
    if options.maas_ca is not None:
        try:
            ssl.create_default_context(cadata=options.maas_ca)
        except ssl.SSLError:
            raise blocked("maas_ca: not a certificate") from None
    return options.maas_ca


def _bmcs(model: ops.Model, options: Config, *, follow: bool) -> dict[str, bmc.Bmc]:
    if options.bmc_credentials is None:
        return {}
    found = _content(model, "bmc_credentials", options.bmc_credentials, follow=follow)
    if _BMCS not in found:
        raise blocked(f"bmc_credentials: the secret has no {_BMCS}")
    try:
        return bmc.parse(found[_BMCS])
    except bmc.BmcError as error:
        raise blocked(f"bmc_credentials: {error}") from None


def _content(model: ops.Model, option: str, uri: str, *, follow: bool) -> dict[str, str]:
    try:
        return content(model, uri, follow=follow)
    except (ops.SecretNotFoundError, ops.ModelError):
        raise blocked(f"{option}: grant the secret to this application") from None
