# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Secrets: their identities, their revisions, and who may read them."""

import os

from lab.juju import moment
from lab.juju.assets import Secret, SecretRevision
from lab.juju.entities import Unit
from lab.juju.errors import JujuError, NotFoundError
from lab.juju.model import Model

_XID_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
_XID_BYTES = 12


def fresh_id() -> str:
    """Return an id of 20 characters, in the alphabet of Juju's (github.com/rs/xid)."""
    number = int.from_bytes(os.urandom(_XID_BYTES), "big") << 4
    return "".join(_XID_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))


def revise(secret: Secret, content: dict[str, str], expires: str = "") -> None:
    """Add a revision, unless the content is what it was (state/secrets.go, UpdateSecret)."""
    if secret.revisions and secret.revisions[secret.latest].content == content:
        return
    number = secret.latest + 1 if secret.revisions else 1
    secret.revisions[number] = SecretRevision(dict(content), expires=expires)
    secret.updated = moment.now()


def readable(model: Model, unit: Unit, secret: Secret) -> bool:
    """Return whether a unit may read a secret: an owner's unit, or one that was granted it."""
    if secret.owner in (f"application:{unit.app}", f"unit:{unit.name}"):
        return True
    return unit.name in secret.grants or unit.app in secret.grants


def find(model: Model, reference: str) -> Secret:
    """Return a secret by the name that a user gave it, or by its URI."""
    identifier = model.secret_names.get(reference) or reference.removeprefix("secret:")
    identifier = identifier.rpartition("/")[2]
    if identifier not in model.secrets:
        raise NotFoundError("secret", reference)
    return model.secrets[identifier]


def find_owned_by_user(model: Model, reference: str) -> Secret:
    """Return a secret that an operator may change: charms' own are theirs alone."""
    secret = find(model, reference)
    if secret.owner != "model":
        raise JujuError(f'secret "{reference}" is owned by {secret.owner}: permission denied')
    return secret


def name_of(model: Model, secret: Secret) -> str:
    """Return the name that a user gave to a secret, if any."""
    return next((n for n, i in model.secret_names.items() if i == secret.id), "")


def prune(model: Model, secret: Secret) -> None:
    """Remove the revisions that nobody follows and that are not the newest (``--auto-prune``)."""
    followed = {
        u.tracked[secret.id].revision for u in model.units.values() if secret.id in u.tracked
    }
    for number in list(secret.revisions):
        if number != secret.latest and number not in followed:
            del secret.revisions[number]
