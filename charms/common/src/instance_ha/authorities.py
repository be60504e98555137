# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Authorities that the whole machine trusts, beside those of the distribution."""

import pathlib
import re
from collections.abc import Iterable

from instance_ha import command, files

UPDATE = "/usr/sbin/update-ca-certificates"
_DIRECTORY = pathlib.Path("/usr/local/share/ca-certificates")
_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----\n.+?-----END CERTIFICATE-----\n?", re.DOTALL
)


def split(text: str) -> list[str]:
    """Return each certificate of a PEM text once, in order."""
    found = (match[0].rstrip("\n") + "\n" for match in _CERTIFICATE.finditer(text))
    return list(dict.fromkeys(found))


def ensure(owner: str, texts: Iterable[str]) -> bool:
    """Trust exactly these authorities in the name of an owner. Return whether anything changed.

    Args:
        owner: Whose files they are; other owners' authorities are left alone.
        texts: Certificates as PEM, any number in each.
    """
    wanted = dict.fromkeys(one for text in texts for one in split(text))
    # One certificate a file: update-ca-certificates takes no notice of further ones when it hashes.
    paths = {_DIRECTORY / f"{owner}-{number}.crt": one for number, one in enumerate(wanted)}
    changed = False
    for path, one in paths.items():
        changed |= files.ensure(path, one)
    for path in sorted(_DIRECTORY.glob(f"{owner}-*.crt")):
        if path not in paths:
            changed |= files.ensure_absent(path)
    if changed:
        command.run(UPDATE, "--fresh")
    return changed
