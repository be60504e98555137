# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""A client of Keystone v3 and what its catalogue lists, over the standard library.

The charm's Python cannot import the distribution's openstacksdk, and a call of the ``openstack``
program costs three seconds; one of these costs thirty milliseconds.
"""

import json
import pathlib
import ssl
import time
import urllib.error
import urllib.request
from typing import Any

from lab_charm import tls


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    if pathlib.Path(tls.AUTHORITY).exists():
        context.load_verify_locations(tls.AUTHORITY)
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )


class ApiError(Exception):
    """An OpenStack service refused or could not be reached; ``code`` is 0 for the latter."""

    def __init__(self, message: str, code: int):
        super().__init__(message)
        self.code = code


class Session:
    """A login, and requests in its name."""

    def __init__(
        self, auth_url: str, user: str, password: str, project: str, domain: str = "Default"
    ):
        self.auth_url = auth_url.rstrip("/")
        named = {"name": user, "password": password, "domain": {"name": domain}}
        identity = {"methods": ["password"], "password": {"user": named}}
        scope = {"project": {"name": project, "domain": {"name": domain}}}
        body = {"auth": {"identity": identity, "scope": scope}}
        headers, answer = _request(
            "POST", f"{self.auth_url}/auth/tokens", {}, json.dumps(body).encode()
        )
        self._headers = {"X-Auth-Token": headers["X-Subject-Token"]}
        self._catalogue: list[dict[str, Any]] = answer["token"]["catalog"]

    def endpoint(self, kind: str) -> str:
        """Return the public URL of the service of a type."""
        for service in self._catalogue:
            if service["type"] == kind:
                for endpoint in service["endpoints"]:
                    if endpoint["interface"] == "public":
                        return str(endpoint["url"]).rstrip("/")
        raise ApiError(f"the catalogue has no {kind}", 404)

    def get(self, url: str) -> Any:
        """Return what is at a URL."""
        return _request("GET", url, self._headers, None)[1]

    def send(self, method: str, url: str, body: object = None) -> Any:
        """Change something and return the answer."""
        content = None if body is None else json.dumps(body).encode()
        return _request(method, url, self._headers, content)[1]

    def upload(self, url: str, content: bytes) -> None:
        """Put raw bytes."""
        _request(
            "PUT", url, {**self._headers, "Content-Type": "application/octet-stream"}, content
        )


def wait_answer(url: str, timeout: float) -> bool:
    """Wait until a URL answers with anything but a server error. Return whether it came to that."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            _request("GET", url, {}, None, timeout=10)
        except ApiError as error:
            if 0 < error.code < 500:
                return True
            if time.monotonic() > deadline:
                return False
        else:
            return True
        time.sleep(0.3)


def _request(
    method: str, url: str, headers: dict[str, str], content: bytes | None, timeout: float = 60
) -> tuple[Any, Any]:
    sent = {"Content-Type": "application/json", **headers}
    # Every URL comes from Keystone or from this charm.
    request = urllib.request.Request(url, data=content, method=method, headers=sent)  # noqa: S310
    try:
        with _opener().open(request, timeout=timeout) as response:
            text = response.read()
            answered = response.headers
    except urllib.error.HTTPError as error:
        # 300 is how nova and glance list their versions.
        said = error.read().decode(errors="replace")[:400]
        raise ApiError(f"{method} {url}: {error.code} {said}", error.code) from None
    except (urllib.error.URLError, OSError) as error:
        raise ApiError(f"{method} {url}: {error}", 0) from None
    is_json = "json" in (answered.get("Content-Type") or "")
    return answered, json.loads(text) if text and is_json else None
