# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""How values stand in databags: as plain text, or as JSON where the other end expects it.

ops would encode every value as JSON; most interfaces of OpenStack's charms hold bare words
("yes", an address), and some of them hold JSON. Which key is which belongs to the interface's
module; these are the two encodings and the forgiving reader.
"""

import ast
import base64
import binascii
import json
from typing import Any


def encode_text(value: object) -> str:
    """Return a value as a bare word; ``None`` becomes the empty string, which deletes the key."""
    return "" if value is None else str(value)


def encode_json(value: object) -> str:
    """Return a value as compact JSON, keys sorted so that equal values are equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def decode(text: str) -> Any:  # noqa: ANN401 (JSON has no narrower type)
    """Return what a databag's text stands for.

    JSON first, then the Python literals that charms of before 2017 wrote, then the bare text. A
    bare text that happens to be JSON (``"3306"``, ``"true"``) is decoded too: models that want
    text declare ``str`` and convert.
    """
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def decode_text(text: str) -> str:
    """Return a databag's text as it stands."""
    return text


def decode_pem(text: str) -> str:
    """Return the PEM text that a databag holds in base64, as most charms write it, or as it is."""
    if text.lstrip().startswith("-----BEGIN"):
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
