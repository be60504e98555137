# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which secret hooks a unit has to run (pure); after worker/uniter/secrets/resolver.go."""

from collections.abc import Iterator

from lab.juju.assets import Secret
from lab.juju.entities import Hook, Unit
from lab.juju.model import Model


def due(model: Model, unit: Unit) -> Iterator[Hook]:
    """Yield secret-changed for followers, then secret-remove for owners."""
    for identifier, tracked in unit.tracked.items():
        secret = model.secrets.get(identifier)
        if secret and secret.latest > max(tracked.revision, tracked.notified):
            yield Hook(
                "secret-changed",
                "secret-changed",
                secret=secret.id,
                revision=secret.latest,
                label=tracked.label or _owner_label(model, unit, secret),
            )
    for secret in model.secrets.values():
        if manages(model, unit, secret):
            yield from _obsolete(model, unit, secret)


def manages(model: Model, unit: Unit, secret: Secret) -> bool:
    """Return whether a unit may change a secret: its own, or its application's if it leads."""
    if secret.owner == f"application:{unit.app}":
        return model.applications[unit.app].leader == unit.name
    return secret.owner == f"unit:{unit.name}"


def _obsolete(model: Model, unit: Unit, secret: Secret) -> Iterator[Hook]:
    """Yield secret-remove for each old revision that nobody follows any more."""
    followed = {
        other.tracked[secret.id].revision
        for other in model.units.values()
        if secret.id in other.tracked
    }
    for revision in sorted(secret.revisions):
        known = unit.obsolete.get(secret.id, [])
        if revision < secret.latest and revision not in followed and revision not in known:
            yield Hook(
                "secret-remove",
                "secret-remove",
                secret=secret.id,
                revision=revision,
                label=secret.label,
            )


def _owner_label(model: Model, unit: Unit, secret: Secret) -> str:
    own = (f"application:{unit.app}", f"unit:{unit.name}")
    return secret.label if secret.owner in own else ""
