# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""The API of MAAS over HTTP: one connection per call, each with its time limits."""

import dataclasses
import http.client
import os
import ssl
import time
import urllib.parse
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fence_agent.errors import OptionError
from fence_maas_agent.answers import Answer, MaasError, value_of


@dataclasses.dataclass(frozen=True)
class Api:
    """Where MAAS is and how to be let in."""

    url: str
    key: str = dataclasses.field(repr=False)
    ca: str = ""
    connect_timeout: float = 10.0
    answer_timeout: float = 30.0

    def machines(
        self, *, ids: Sequence[str] = (), hostnames: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return machines by system_id or host name; all that the key may see without either.

        Raises:
            MaasError: MAAS refused or could not be reached.
        """
        query = [("id", each) for each in ids] + [("hostname", each) for each in hostnames]
        found = self._call("GET", "machines/", query)
        if not isinstance(found, list):
            raise MaasError("the answer of MAAS is no list of machines")
        return [_mapping(each) for each in cast("list[Any]", found)]

    def machine(self, system_id: str) -> dict[str, Any]:
        """Return one machine, with the power state that MAAS remembers.

        Raises:
            MaasError: MAAS refused or could not be reached.
        """
        return _mapping(self._call("GET", f"machines/{_quoted(system_id)}/"))

    def power_state(self, system_id: str) -> str:
        """Return what the machine's BMC says now: on, off, unknown or error.

        Raises:
            MaasError: MAAS refused or could not be reached.
        """
        path = f"machines/{_quoted(system_id)}/"
        answer = _mapping(self._call("GET", path, [("op", "query_power_state")]))
        return str(answer.get("state", "unknown"))

    def power(self, system_id: str, action: str, comment: str) -> bool:
        """Switch a machine on or off; return whether MAAS can switch it at all.

        Raises:
            MaasError: MAAS refused or could not be reached.
        """
        form = {"comment": comment}
        if action == "off":
            form["stop_mode"] = "hard"
        path = f"machines/{_quoted(system_id)}/"
        return self._call("POST", path, [("op", f"power_{action}")], form) is not None

    def user(self) -> dict[str, Any]:
        """Return who the API key belongs to.

        Raises:
            MaasError: MAAS refused or could not be reached.
        """
        return _mapping(self._call("GET", "users/", [("op", "whoami")]))

    def _call(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
    ) -> Any:
        target = f"{self.url}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        url = urllib.parse.urlsplit(target)
        connection = self._connection(url)
        body = urllib.parse.urlencode(form) if form is not None else None
        headers = {"Authorization": authorization(self.key, time.time(), uuid.uuid4().hex)}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        sent = False
        try:
            connection.connect()
            connection.sock.settimeout(self.answer_timeout)
            sent = True
            connection.request(method, f"{url.path}?{url.query}", body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except ssl.SSLCertVerificationError as error:
            raise MaasError(
                f"the certificate of MAAS is not trusted: {error.verify_message}"
            ) from None
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise MaasError(f"MAAS cannot be reached: {reason}", retry=True, open=sent) from None
        finally:
            connection.close()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return value_of(Answer(response.status, text, headers))

    def _connection(self, url: urllib.parse.SplitResult) -> http.client.HTTPConnection:
        # No proxies: what the environment names is meant for others, and would get the key.
        host = url.hostname or ""
        # Always said, because without one the end of an IPv6 address would be taken for it.
        port = url.port or (80 if url.scheme == "http" else 443)
        if url.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.connect_timeout)
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError) as error:
            raise OptionError(
                f"cannot use ssl_ca {self.ca}: {os.strerror(error.errno or 0)}"
            ) from None
        return http.client.HTTPSConnection(
            host, port, timeout=self.connect_timeout, context=context
        )


def api_url(text: str) -> str:
    """Return the address of API 2.0, whichever part of it was given.

    Raises:
        OptionError: It is no http or https address.
    """
    url = urllib.parse.urlsplit(text.strip())
    if url.scheme not in ("http", "https") or not url.hostname:
        raise OptionError(f"url {text or '(none)'} is no http or https address")
    if url.username or url.password:
        raise OptionError(
            "url holds a user or a password; the API key belongs into credentials_file"
        )
    path = url.path.partition("/api/")[0].rstrip("/") or "/MAAS"
    return f"{url.scheme}://{url.netloc}{path}/api/2.0/"


def authorization(key: str, now: float, nonce: str) -> str:
    """Return the header of a request: OAuth 1.0 with a PLAINTEXT signature, all that MAAS takes."""
    consumer, token, secret = key.split(":")
    fields = {
        "oauth_version": "1.0",
        "oauth_signature_method": "PLAINTEXT",
        "oauth_consumer_key": consumer,
        "oauth_token": token,
        "oauth_signature": f"&{secret}",
        "oauth_nonce": nonce,
        "oauth_timestamp": str(int(now)),
    }
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in fields.items())


def _mapping(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MaasError("the answer of MAAS is not what was asked for")
    return cast("dict[str, Any]", value)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
