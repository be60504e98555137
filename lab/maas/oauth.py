# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""OAuth 1.0 with PLAINTEXT signatures, as MAAS checks it.

Source: OAuth Core 1.0a (sections 5.4, 8, 9.4), django-piston's oauth module, which MAAS carries,
and MAAS' own middleware for the texts. The secret travels in the signature as it is.
"""

import dataclasses
import re
import urllib.parse
from collections.abc import Mapping

REALM = 'OAuth realm="OAuth"'
THRESHOLD = 300
"""Seconds by which the client's clock may differ."""

_REQUIRED = (
    "oauth_consumer_key",
    "oauth_token",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_nonce",
)
_FIELD = re.compile(r'\s*([a-z_]+)\s*=\s*"([^"]*)"\s*(?:,|$)')


@dataclasses.dataclass(frozen=True)
class User:
    """Who an API key belongs to."""

    name: str
    admin: bool = False


@dataclasses.dataclass(frozen=True)
class Key:
    """An API key, written ``consumer:token:secret``."""

    consumer: str
    token: str
    secret: str = dataclasses.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Return the key that a text of three parts stands for."""
        consumer, token, secret = text.split(":")
        return cls(consumer, token, secret)


class Refusal(Exception):
    """Why a request is not let in: the HTTP status and the body."""

    def __init__(self, status: int, body: str):
        super().__init__(body)
        self.status = status
        self.body = body


class Doorkeeper:
    """Lets requests in by their Authorization header, each nonce once."""

    def __init__(self, users: Mapping[Key, User]) -> None:
        self._users = users
        self._nonces: set[tuple[str, str, str]] = set()

    def admit(self, header: str | None, now: float, *, revoked: bool = False) -> User:
        """Return the user of a request.

        Args:
            header: The Authorization header; ``None`` if there is none.
            now: Seconds since the epoch, against which the client's timestamp is held.
            revoked: Every key has been deleted from MAAS.

        Raises:
            Refusal: With what MAAS answers.
        """
        fields = parse_header(header)
        missing = [name for name in _REQUIRED if name not in fields]
        if missing:
            raise Refusal(401, f"Authorization Error: 'Missing parameter: {missing[0]}'")
        if fields["oauth_signature_method"] != "PLAINTEXT":
            method = fields["oauth_signature_method"]
            raise _error(
                f"Signature method {method} not supported try one of the following: PLAINTEXT"
            )
        found = None if revoked else self._key(fields["oauth_consumer_key"])
        if found is None:
            raise Refusal(401, "Authorization Error: Invalid API key.")
        if found.token != fields["oauth_token"]:
            raise _error(f"Invalid access token: {fields['oauth_token']}")
        self._check_moment(fields, now)
        if fields["oauth_signature"] != f"&{found.secret}":
            raise _error("Invalid signature.")
        return self._users[found]

    def _key(self, consumer: str) -> Key | None:
        return next((key for key in self._users if key.consumer == consumer), None)

    def _check_moment(self, fields: Mapping[str, str], now: float) -> None:
        try:
            timestamp = int(fields["oauth_timestamp"])
        except ValueError:
            raise Refusal(400, "Invalid timestamp") from None
        if abs(now - timestamp) > THRESHOLD:
            raise _error(
                f"Expired timestamp: given {timestamp} and now {int(now)} has a greater"
                f" difference than threshold {THRESHOLD}"
            )
        use = (fields["oauth_consumer_key"], fields["oauth_token"], fields["oauth_nonce"])
        if use in self._nonces:
            raise _error(f"Nonce already used: {fields['oauth_nonce']}")
        self._nonces.add(use)


def parse_header(header: str | None) -> dict[str, str]:
    """Return the fields of an Authorization header of type OAuth, decoded; none of another's."""
    kind, _, rest = (header or "").partition(" ")
    if kind.lower() != "oauth":
        return {}
    return {name: urllib.parse.unquote(value) for name, value in _FIELD.findall(rest)}


def _error(text: str) -> Refusal:
    return Refusal(401, f"Authorization Error: '{text}'")
