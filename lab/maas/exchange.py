# Copyright 2026 The instance-ha developers
# SPDX-License-Identifier: Apache-2.0

"""Requests and replies without the wire."""

import dataclasses
import json
from collections.abc import Mapping, Sequence


@dataclasses.dataclass(frozen=True)
class Request:
    """What a client asks. ``query`` and ``form`` hold every value of every name."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict[str, list[str]])
    form: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict[str, list[str]])
    authorization: str | None = dataclasses.field(default=None, repr=False)
    client: str = ""

    @property
    def op(self) -> str | None:
        """The operation, which MAAS takes from the query or from the body."""
        return self.value("op")

    def value(self, name: str) -> str | None:
        """Return the first value of a name, from the query or from the body."""
        for source in (self.query, self.form):
            if source.get(name):
                return source[name][0]
        return None


@dataclasses.dataclass(frozen=True)
class Reply:
    """What a client gets."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def as_json(value: object, status: int = 200) -> Reply:
    """Return a reply that carries a value; ``None`` is the four letters ``null``."""
    return Reply(status, json.dumps(value).encode(), "application/json; charset=utf-8")


def as_text(text: str, status: int, **headers: str) -> Reply:
    """Return a reply in words, which is how MAAS refuses."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, text.encode(), headers=named)
