# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The little of MAAS's API that finding machines takes (API 2.0; stdlib only)."""

import dataclasses
import json
import secrets
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

_TIMEOUT = 10.0  # seconds for one answer; this asks only what MAAS's database knows
_PER_REQUEST = 50  # names, so that the request line stays within what proxies accept


class MaasError(Exception):
    """MAAS cannot be asked, or refuses; the message says which, and never holds the key."""


@dataclasses.dataclass(frozen=True)
class Key:
    """An API key: ``consumer:token:secret``."""

    consumer: str
    token: str
    secret: str = dataclasses.field(repr=False)

    @staticmethod
    def parse(text: str) -> "Key":
        """Return the key that a text holds.

        Raises:
            ValueError: The text is no key.
        """
        parts = text.strip().split(":")
        if len(parts) != 3 or not all(parts):
            raise ValueError("must have three parts, consumer:token:secret")
        return Key(*parts)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where MAAS is, and how to be let in."""

    url: str
    key: Key
    ca: str | None = None
    """Certificates in PEM of the only authorities to trust; ``None`` for those of the machine."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """What the cluster needs to know of a machine."""

    system_id: str
    fqdn: str
    uuid: str
    """The mainboard's; empty if MAAS does not know it."""
    power_type: str
    locked: bool
    owner: str = ""
    """The user that it is deployed to."""


def find(place: Place, names: Iterable[str]) -> tuple[Machine, ...]:
    """Return the machines of these short host names, as far as the key's user may see them.

    Raises:
        MaasError: MAAS cannot be asked, or refuses.
    """
    wanted = sorted(set(names))
    found: list[Machine] = []
    for start in range(0, len(wanted), _PER_REQUEST):
        query = urllib.parse.urlencode(
            [("hostname", name) for name in wanted[start : start + _PER_REQUEST]]
        )
        found += [_machine(item) for item in _get(place, f"machines/?{query}")]
    return tuple(found)


def _machine(item: Any) -> Machine:  # noqa: ANN401 (JSON)
    try:
        return Machine(
            system_id=str(item["system_id"]),
            fqdn=str(item["fqdn"]),
            uuid=str(item.get("hardware_uuid") or "").lower(),
            power_type=str(item.get("power_type") or ""),
            locked=bool(item.get("locked")),
            owner=str(item.get("owner") or ""),
        )
    except (KeyError, TypeError, AttributeError):
        raise MaasError("the answer is not MAAS's") from None


def _get(place: Place, path: str) -> list[Any]:
    request = urllib.request.Request(f"{_api(place.url)}/{path}")  # noqa: S310 (config allows http(s) only)
    request.add_header("Authorization", _authorization(place.key))
    request.add_header("Accept", "application/json")
    trust = ssl.create_default_context(cadata=place.ca)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT, context=trust) as response:  # noqa: S310 (see above)
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise MaasError(_explain(error)) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            why = error.reason.verify_message
            raise MaasError(f"its certificate is not trusted ({why}); see maas_ca") from None
        raise MaasError(f"unreachable: {error.reason}") from None
    except OSError as error:
        raise MaasError(f"unreachable: {error}") from None
    except ValueError:
        raise MaasError("the answer is not MAAS's") from None
    if not isinstance(answer, list):
        raise MaasError("the answer is not MAAS's")
    return answer  # pyright: ignore[reportUnknownVariableType] (JSON)


def _api(url: str) -> str:
    base = url.rstrip("/")
    return base if base.endswith("/api/2.0") else f"{base}/api/2.0"


def _explain(error: urllib.error.HTTPError) -> str:
    said = error.read(200).decode(errors="replace").strip().splitlines()
    detail = f" ({said[0]})" if said and not said[0].startswith("<") else ""
    if error.code in (401, 403):
        return f"the API key is refused{detail}"
    if error.code in (301, 404, 410):
        return f"no API at maas_url (HTTP {error.code})"
    return f"HTTP {error.code}{detail}"


def _authorization(key: Key) -> str:
    # OAuth 1.0 PLAINTEXT, RFC 5849 section 3.4.4; MAAS's keys have no consumer secret.
    fields = {
        "oauth_version": "1.0",
        "oauth_signature_method": "PLAINTEXT",
        "oauth_consumer_key": key.consumer,
        "oauth_token": key.token,
        "oauth_signature": f"&{key.secret}",
        "oauth_nonce": secrets.token_hex(16),
        "oauth_timestamp": str(int(time.time())),
    }
    pairs = (f'{name}="{urllib.parse.quote(value, safe="")}"' for name, value in fields.items())
    return "OAuth " + ", ".join(pairs)
