# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Passwords that a charm made up, kept on its machine (these applications have one unit each)."""

import json
import pathlib
import secrets

from lab_charm import files

_PATH = "/var/lib/lab-charm/{application}-passwords.json"


def password(application: str, user: str) -> str:
    """Return the password that an application gave to a user, made up at the first request."""
    path = _PATH.format(application=application)
    known: dict[str, str] = {}
    if pathlib.Path(path).exists():
        known = json.loads(pathlib.Path(path).read_text())
    if user not in known:
        known[user] = secrets.token_hex(16)
        files.ensure(path, json.dumps(known, sort_keys=True), mode=0o600)
    return known[user]
