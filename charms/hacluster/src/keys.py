# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster's two keys: made once by the leader, kept as a Juju secret, read by every unit."""

import base64
import dataclasses
import secrets

import ops

from config import Config

LABEL = "cluster-keys"
_BYTES = 256  # twice what corosync asks for at the least
_URI = "keys-secret"  # in the application's databag of `hanode`
_COROSYNC, _PACEMAKER = "corosync-key", "pacemaker-key"


@dataclasses.dataclass(frozen=True)
class Keys:
    """The bytes of the keys; never shown."""

    corosync: bytes = dataclasses.field(repr=False)
    pacemaker: bytes = dataclasses.field(repr=False)


def read(model: ops.Model, relation: ops.Relation) -> Keys | None:
    """Return the keys, ``None`` as long as the leader has made none."""
    uri = relation.data[relation.app].get(_URI)
    if not uri:
        return None
    content = model.get_secret(id=uri).get_content(refresh=True)
    return Keys(base64.b64decode(content[_COROSYNC]), base64.b64decode(content[_PACEMAKER]))


def ensure(
    app: ops.Application, relation: ops.Relation, config: Config, present: Keys | None = None
) -> None:
    """Make the keys if there are none yet; the leader's work.

    What the operator set becomes the keys of a new cluster. Later changes of those options do not
    reach a cluster that has formed: members with different keys could not talk to each other.

    Args:
        app: This application.
        relation: The peers'.
        config: The operator's wishes.
        present: Keys that this unit has been made a member with, by the predecessor: its cluster
            keeps them, or every remote would be lost at once.
    """
    if relation.data[app].get(_URI):
        return
    if present is None:
        corosync = _given(config.corosync_key)
        pacemaker = _given(config.pacemaker_key) or corosync  # the predecessor's fallback
        content = {_COROSYNC: corosync or _generate(), _PACEMAKER: pacemaker or _generate()}
    else:
        content = {_COROSYNC: _encode(present.corosync), _PACEMAKER: _encode(present.pacemaker)}
    secret = app.add_secret(
        content, label=LABEL, description="Keys of the ring and of the remotes"
    )
    relation.data[app][_URI] = secret.id or ""


def differ(keys: Keys, config: Config) -> bool:
    """Return whether options ask for other keys than the cluster was formed with."""
    corosync, pacemaker = _given(config.corosync_key), _given(config.pacemaker_key)
    return bool(
        (corosync and base64.b64decode(corosync) != keys.corosync)
        or (pacemaker and base64.b64decode(pacemaker) != keys.pacemaker)
    )


def _given(option: object) -> str | None:
    value = getattr(option, "get_secret_value", lambda: None)()
    return str(value) if value else None


def _generate() -> str:
    return _encode(secrets.token_bytes(_BYTES))


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()
