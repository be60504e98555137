# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Which requests are answered, so that a hook that brings nothing new costs nothing.

Without it every hook of this busy machine would log in and look up each user, role and endpoint.
"""

import hashlib
import json
import pathlib
from collections.abc import Mapping

import ops

from lab_charm import files

_DIRECTORY = pathlib.Path("/var/lib/lab-charm/keystone-served")
# Juju's own keys change with a machine's addresses and ask for nothing.
_OF_JUJU = {"private-address", "ingress-address", "egress-subnets"}


def is_answered(
    relation: ops.Relation, request: Mapping[str, str], reply: Mapping[str, str]
) -> bool:
    """Return whether this very request was served and our reply still stands."""
    note = _DIRECTORY / str(relation.id)
    return "auth_host" in reply and note.exists() and note.read_text() == _digest(request)


def remember(relation: ops.Relation, request: Mapping[str, str]) -> None:
    """Note that a request was served."""
    files.ensure(str(_DIRECTORY / str(relation.id)), _digest(request))


def _digest(request: Mapping[str, str]) -> str:
    asked = {key: value for key, value in request.items() if key not in _OF_JUJU}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
