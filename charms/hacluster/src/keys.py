# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The cluster's two keys: made once by the leader, kept as a Juju secret, read by every unit."""

import base64
import dataclasses
import hashlib
import secrets

import ops

import granted
from config import Config
from instance_ha.interfaces import pacemaker_remote

LABEL = "cluster-keys"
_BYTES = 256  # twice what corosync asks for at the least
_URI = "keys-secret"  # in the application's databag of `hanode`
_LOADED = "keys-loaded"
_COROSYNC, _PACEMAKER = "corosync-key", "pacemaker-key"

# SHA-256 of the key that the predecessor's option corosync_key had by default.
_PUBLIC = "79271bd1cace632f998426d86453439325ed0139a85ab99ffc73dab4f7573fa8"


@dataclasses.dataclass(frozen=True)
class Keys:
    """The bytes of the keys; never shown."""

    corosync: bytes = dataclasses.field(repr=False)
    pacemaker: bytes = dataclasses.field(repr=False)

    @property
    def id(self) -> str:
        """What tells these keys from others without giving them away."""
        return hashlib.sha256(self.corosync + b"/" + self.pacemaker).hexdigest()[:16]

    @property
    def pacemaker_id(self) -> str:
        """What a remote says that has this key."""
        return pacemaker_remote.key_id(self.pacemaker)

    @property
    def are_public(self) -> bool:
        """Whether one of them is the predecessor's default, which everybody can read."""
        return _PUBLIC in {
            hashlib.sha256(key).hexdigest() for key in (self.corosync, self.pacemaker)
        }


def read(model: ops.Model, relation: ops.Relation, *, follow: bool) -> Keys | None:
    """Return the keys, ``None`` as long as the leader has made none.

    Args:
        model: Juju's.
        relation: The peers'.
        follow: As for ``granted.content``.
    """
    uri = relation.data[relation.app].get(_URI)
    if not uri:
        return None
    found = granted.content(model, uri, follow=follow)
    return Keys(base64.b64decode(found[_COROSYNC]), base64.b64decode(found[_PACEMAKER]))


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


def loaded(relation: ops.Relation) -> str:
    """Return the id of the keys that the ring runs with; empty if they were never replaced."""
    return relation.data[relation.app].get(_LOADED, "")


def set_loaded(app: ops.Application, relation: ops.Relation, id_: str) -> None:
    """Write down which keys the ring runs with."""
    relation.data[app][_LOADED] = id_


def renew(model: ops.Model, relation: ops.Relation, config: Config, present: Keys) -> Keys:
    """Replace the keys: by those of the options if they are others, else by new ones.

    Returns:
        The new ones. Whoever reads the secret gets them from the end of this hook on.
    """
    corosync = _other(config.corosync_key, present.corosync)
    pacemaker = _other(config.pacemaker_key, present.pacemaker)
    new = Keys(corosync or secrets.token_bytes(_BYTES), pacemaker or secrets.token_bytes(_BYTES))
    content = {_COROSYNC: _encode(new.corosync), _PACEMAKER: _encode(new.pacemaker)}
    model.get_secret(id=relation.data[relation.app][_URI]).set_content(content)
    return new


def _other(option: object, present: bytes) -> bytes | None:
    given = _given(option)
    key = base64.b64decode(given) if given else None
    return None if key == present else key


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
